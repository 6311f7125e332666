"""Products of the Jacobian of any score with directions."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from estimators.score.spectrum import Score

#: Of x (n, r), sigma (n,) and directions v (n, r): J v or J^T v (n, r), J the score's Jacobian.
Product = Callable[[Tensor, Tensor, Tensor], Tensor]

# Half the width of a finite difference, relative to sigma. Blurred densities change over lengths of
# sigma and more, so that some 0.1^2 / 6 of the change is truncated. Rounding of float32 adds less,
# for points of size 1 and sigma from 0.01.
STEP = 0.1


def jacobian_products(score: Score, points: Tensor, sigma: float) -> tuple[Product, ...]:
    """Return products with the Jacobian J of a score, and with its transpose, as far as possible.

    By automatic differentiation, forward (J v) and reverse (J^T v), whichever works: both, or one.
    Where neither does, because ``score`` leaves torch or detaches a part of itself, it is a
    symmetric finite difference along v (J v), of two calls of ``score`` 2 * ``STEP`` * sigma apart.

    Whether a product works is tried at up to 8 of ``points`` at noise level ``sigma``, against
    finite differences: derivatives of a score that detaches something are wrong and raise nothing.
    An error of the score itself is raised by the finite differences.
    """
    x = points[:8]
    level = torch.full_like(x[:, 0], sigma)
    own = torch.Generator().manual_seed(0)
    v = torch.randn(x.shape, generator=own).to(x)
    difference: Product = partial(_difference, score)
    expected = (v * difference(x, level, v)).sum(1)
    scale = v.square().sum(1).double() / sigma**2
    products: list[Product] = []
    for product in (partial(_forward, score), partial(_reverse, score)):
        try:
            value = (v * product(x, level, v)).sum(1)
        except Exception:  # whatever a callable of someone else's raises on tensors of autograd
            continue
        if bool(((value - expected).abs() <= 0.05 * expected.abs() + 1e-3 * scale).all()):
            products.append(product)
    return tuple(products) or (difference,)


def apply(
    product: Product, points: Tensor, sigma: float, directions: Tensor, numbers: int
) -> Tensor:
    """Return products at points (m, r) with K directions at each (m, K, r): (m, K, r) float64."""
    count, each, rank = directions.shape
    size = max(1, numbers // rank)
    out = torch.empty(count * each, rank, dtype=torch.float64, device=points.device)
    flat = directions.reshape(-1, rank)
    for start in range(0, len(out), size):
        v = flat[start : start + size].to(points)
        at = points[torch.arange(start, start + len(v), device=points.device) // each]
        out[start : start + len(v)] = product(at, torch.full_like(at[:, 0], sigma), v)
    return out.reshape(count, each, rank)


def point_blocks(count: int, each: int, numbers: int) -> Iterator[slice]:
    """Yield slices of ``count`` points, each of at most ``numbers`` numbers, ``each`` a point."""
    size = max(1, numbers // each)
    for start in range(0, count, size):
        yield slice(start, min(start + size, count))


def probing(points: Tensor, probes: int | None, generator: torch.Generator) -> Tensor:
    """Return directions at points (m, r): all r axes, or random ones (m, probes, r)."""
    if probes is None:
        return torch.eye(points.shape[1]).to(points).expand(len(points), -1, -1)
    return rademacher(points, probes, generator)


def rademacher(points: Tensor, probes: int, generator: torch.Generator) -> Tensor:
    """Draw random signs (m, probes, r) for points (m, r)."""
    # Drawn point by point, so that they are the same however the points are cut into blocks.
    shape, device = (probes, points.shape[1]), points.device
    bits = [torch.randint(2, shape, generator=generator, device=device) for _ in points]
    return torch.stack(bits).to(points) * 2 - 1


def _forward(score: Score, x: Tensor, sigma: Tensor, v: Tensor) -> Tensor:
    with warnings.catch_warnings():
        # The first use in a process compiles decompositions by a way that torch itself deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        product: Tensor = torch.func.jvp(lambda at: score(at, sigma), (x,), (v,))[1]
    return product.double()


def _reverse(score: Score, x: Tensor, sigma: Tensor, v: Tensor) -> Tensor:
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        values = score(at, sigma)
        return torch.autograd.grad(values, at, v.to(values))[0].double()


def _difference(score: Score, x: Tensor, sigma: Tensor, v: Tensor) -> Tensor:
    length = v.norm(dim=1, keepdim=True)
    step = STEP * sigma[:, None]
    along = step * v / length.clamp(min=torch.finfo(v.dtype).tiny)
    change = score(x + along, sigma).double() - score(x - along, sigma).double()
    return change * (length / (2 * step))
