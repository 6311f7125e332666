"""FLIPD: dimension from the divergence and the length of a score (Kamkari et al. 2024).

Also the products of a score's Jacobian with directions, which other readings need too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor

from estimators.score.spectrum import NUMBERS_AT_ONCE, Score

#: Of x (n, r), sigma (n,) and directions v (n, r): J v or J^T v (n, r), J the score's Jacobian.
Product = Callable[[Tensor, Tensor, Tensor], Tensor]

# Half the width of a finite difference, relative to sigma. Blurred densities change over lengths of
# sigma and more, so that some 0.1^2 / 6 of the change is truncated. Rounding of float32 adds less,
# for points of size 1 and sigma from 0.01.
STEP = 0.1


@torch.no_grad()
def flipd_curve(
    score: Score,
    points: Tensor,
    sigmas: Sequence[float],
    *,
    exact_up_to: int,
    probes: int,
    generator: torch.Generator,
    numbers: int = NUMBERS_AT_ONCE,
) -> Tensor:
    """Dimension at each noise level and point: (S, m) float64.

    Kamkari et al. 2024 (arXiv 2406.03537, Section 3), for noise that is added to unscaled data:

        d = D + sigma^2 (div s(x, sigma) + |s(x, sigma)|^2),

    read at the points x (m, r) themselves, in units of length like ``sigmas``. A direction along
    which the score is -x / sigma^2 adds 1 - 1 + 0: those outside of the span of the data cancel,
    and D may be taken as r.

    The divergence is the exact trace of the Jacobian where r <= ``exact_up_to``. Beyond, it is
    Hutchinson's mean of v . J v over ``probes`` Rademacher directions v, independent at each point
    and the same at all noise levels, with a variance of 2 sum_{i != j} J_ij^2 / probes for a
    symmetric J. Derivatives are those of ``jacobian_products``: automatic, or finite differences
    where ``score`` does not support that.

    About ``numbers`` numbers of a block of scores are held at once; what is drawn, and so the
    result, does not depend on it.
    """
    rank = points.shape[1]
    exact = rank <= exact_up_to
    product = jacobian_products(score, points, max(sigmas))[0]
    each = rank if exact else probes
    curve = torch.empty(len(sigmas), len(points), dtype=torch.float64)
    for block in point_blocks(len(points), each * rank, numbers):
        x = points[block]
        if exact:
            directions = torch.eye(rank).to(x).expand(len(x), -1, -1)
        else:
            directions = rademacher(x, probes, generator)
        for row, sigma in enumerate(sigmas):
            forms = (directions * apply(product, x, sigma, directions, numbers)).sum(-1)
            trace = forms.sum(1) if exact else forms.mean(1)
            square = score(x, torch.full_like(x[:, 0], sigma)).double().square().sum(1)
            curve[row, block] = (rank + sigma**2 * (trace + square)).cpu()
    return curve


def jacobian_products(score: Score, points: Tensor, sigma: float) -> tuple[Product, ...]:
    """Products with the Jacobian J of a score, and with its transpose, as far as it has them.

    Automatic differentiation, forward (J v) and reverse (J^T v), whichever works: both, or one.
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
    found: list[Product] = []
    for product in (partial(_forward, score), partial(_reverse, score)):
        try:
            value = (v * product(x, level, v)).sum(1)
        except Exception:  # whatever a callable of someone else's raises on tensors of autograd
            continue
        if bool(((value - expected).abs() <= 0.05 * expected.abs() + 1e-3 * scale).all()):
            found.append(product)
    return tuple(found) or (difference,)


def apply(
    product: Product, points: Tensor, sigma: float, directions: Tensor, numbers: int
) -> Tensor:
    """Products at points (m, r) with K directions at each (m, K, r): (m, K, r) float64."""
    count, each, rank = directions.shape
    together = max(1, numbers // rank)
    out = torch.empty(count * each, rank, dtype=torch.float64, device=points.device)
    flat = directions.reshape(-1, rank)
    for start in range(0, len(out), together):
        v = flat[start : start + together].to(points)
        at = points[torch.arange(start, start + len(v), device=points.device) // each]
        out[start : start + len(v)] = product(at, torch.full_like(at[:, 0], sigma), v)
    return out.reshape(count, each, rank)


def point_blocks(count: int, each: int, numbers: int) -> Iterator[slice]:
    """Slices of so many of ``count`` points that ``each`` numbers for each are ``numbers``."""
    together = max(1, numbers // each)
    for start in range(0, count, together):
        yield slice(start, min(start + together, count))


def rademacher(points: Tensor, probes: int, generator: torch.Generator) -> Tensor:
    """Random signs (m, probes, r) for points (m, r)."""
    # Drawn point by point, so that they are the same however the points are cut into blocks.
    shape, device = (probes, points.shape[1]), points.device
    bits = [torch.randint(2, shape, generator=generator, device=device) for _ in points]
    return torch.stack(bits).to(points) * 2 - 1


def _forward(score: Score, x: Tensor, sigma: Tensor, v: Tensor) -> Tensor:
    product: Tensor = torch.func.jvp(lambda at: score(at, sigma), (x,), (v,))[1]
    return product.double()


def _reverse(score: Score, x: Tensor, sigma: Tensor, v: Tensor) -> Tensor:
    with torch.enable_grad():
        at = x.detach().requires_grad_()
        found = score(at, sigma)
        return torch.autograd.grad(found, at, v.to(found))[0].double()


def _difference(score: Score, x: Tensor, sigma: Tensor, v: Tensor) -> Tensor:
    length = v.norm(dim=1, keepdim=True)
    step = STEP * sigma[:, None]
    along = step * v / length.clamp(min=torch.finfo(v.dtype).tiny)
    change = score(x + along, sigma).double() - score(x - along, sigma).double()
    return change * (length / (2 * step))
