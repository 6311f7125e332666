"""Local Hessian spectral dimension (Osada 2026, arXiv 2605.01221)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from estimators.score.jacobian import (
    Product,
    apply,
    jacobian_products,
    point_blocks,
    probing,
)
from estimators.score.spectrum import NUMBERS_AT_ONCE, Score

POWER = 4
#: Least cut-off: it passes half of a direction in which the data are twice as wide as the noise. No
#: lower one is sought, because a spectrum is empty between wide and thin tangent directions too.
LEAST_CUTOFF = 0.2


def lhsd_curve(
    score: Score,
    points: Tensor,
    sigmas: Sequence[float],
    *,
    steps: int,
    probes: int,
    generator: torch.Generator,
    exact_up_to: int,
    cutoff: float | None = None,
    numbers: int = NUMBERS_AT_ONCE,
) -> Tensor:
    """Return the dimension at each noise level and point: (S, m) float64.

    Osada 2026 (arXiv 2605.01221), the number of directions in which the blurred log-density is
    nearly straight:

        d = tr f(H),   H = -grad s(x, sigma),   f(lam) = 1 / (1 + (|lam| / (c / sigma^2))^4),

    at the points x (m, r), in units of length like ``sigmas``. H is made symmetric. The spectrum is
    that of ``curvatures``. Along a normal of the manifold lam is 1 / sigma^2, so that f passes
    1 / (1 + c^-4) of pure noise; of many normals that adds up. So f is taken less that part, in
    proportion to what is left: pure noise counts nothing, and neither do directions that x leaves
    out, along which there is nothing else.

    There is no public code. The paper sets c where little of the spectrum is in transition from
    f = 1 to f = 0; that is done here by ``least_mass_cutoff``, for each sigma over all points,
    unless ``cutoff`` gives c.
    """
    nodes, weights = curvatures(
        score,
        points,
        sigmas,
        steps=steps,
        probes=probes,
        generator=generator,
        exact_up_to=exact_up_to,
        numbers=numbers,
    )
    curve = torch.empty(len(sigmas), len(points), dtype=torch.float64)
    for row in range(len(sigmas)):
        c = least_mass_cutoff(nodes[row], weights[row]) if cutoff is None else cutoff
        noise = 1 / (1 + c**-POWER)
        curve[row] = (weights[row] * (_passed(nodes[row], c) - noise)).sum(1) / (1 - noise)
    return curve


@torch.no_grad()
def curvatures(
    score: Score,
    points: Tensor,
    sigmas: Sequence[float],
    *,
    steps: int,
    probes: int,
    generator: torch.Generator,
    exact_up_to: int,
    numbers: int = NUMBERS_AT_ONCE,
) -> tuple[Tensor, Tensor]:
    """Return spectra of -sigma^2 (J + J^T) / 2 as nodes and weights: (S, m, n) each, float64.

    J is the Jacobian of the score at points (m, r). A sum over its eigenvalues is one over nodes
    with weights, which add up to r. Where r <= ``exact_up_to``, these are the n = r eigenvalues.
    Beyond, stochastic Lanczos quadrature (Ubaru, Chen & Saad 2017) with n = ``probes`` * ``steps``
    nodes: ``steps`` steps from each of ``probes`` Rademacher vectors, independent at each point and
    the same at all noise levels, all points and probes at once, with full reorthogonalisation.

    Where ``jacobian_products`` has but one of J v and J^T v, the steps follow that one and H is
    made symmetric in their space; the score of a density is a gradient, and makes no difference.
    """
    rank = points.shape[1]
    exact = rank <= exact_up_to
    products = jacobian_products(score, points, max(sigmas))
    steps = min(steps, rank)
    each = rank if exact else probes * steps
    nodes = torch.empty(len(sigmas), len(points), each, dtype=torch.float64)
    weights = torch.ones_like(nodes)
    for block in point_blocks(len(points), each * rank, numbers):
        x = points[block]
        start = probing(x, None if exact else probes, generator)
        for row, sigma in enumerate(sigmas):
            if exact:
                jacobians = apply(products[0], x, sigma, start, numbers)
                values = torch.linalg.eigvalsh(-(jacobians + jacobians.mT) / 2)
            else:
                values, parts = _lanczos(products, x, sigma, start, steps, numbers)
                weights[row, block] = parts.flatten(1).cpu() * (rank / probes)
            nodes[row, block] = sigma**2 * values.flatten(1).cpu()
    return nodes, weights


def least_mass_cutoff(nodes: Tensor, weights: Tensor) -> float:
    """Return the cut-off c in a spectrum of sigma^2 lam, nodes and weights (m, n), over m points.

    The mass in transition at c is d tr f / d log c = sum 4 f (1 - f), summed over points: each
    direction adds a hump about its own sigma^2 |lam|, with a width of a factor 2. c is where it is
    least between ``LEAST_CUTOFF`` and 1, which is pure noise.
    """
    cutoffs = torch.logspace(math.log10(LEAST_CUTOFF), 0, 61, dtype=torch.float64)
    passed = (_passed(nodes, c) for c in cutoffs.tolist())
    mass = torch.stack([(weights * part * (1 - part)).sum() for part in passed])
    return float(cutoffs[mass.argmin()])


def _passed(nodes: Tensor, c: float) -> Tensor:
    """Return the filter f at sigma^2 lam."""
    return 1 / (1 + (nodes.abs() / c) ** POWER)


def _lanczos(
    products: Sequence[Product],
    points: Tensor,
    sigma: float,
    start: Tensor,
    steps: int,
    numbers: int,
) -> tuple[Tensor, Tensor]:
    """Return nodes and weights (m, K, steps) of -J from vectors (m, K, r); weights add up to 1."""
    basis = torch.zeros(*start.shape[:2], steps, start.shape[2]).to(start.double())
    images = torch.zeros_like(basis)
    q = start.double() / start.shape[2] ** 0.5
    for step in range(steps):
        basis[:, :, step] = q
        parts = [apply(product, points, sigma, q, numbers) for product in products]
        images[:, :, step] = -torch.stack(parts).mean(0)
        if step + 1 == steps:
            break
        q = images[:, :, step]
        size = q.norm(dim=-1, keepdim=True)
        for _ in range(2):
            q = q - ((basis @ q[..., None]).mT @ basis).squeeze(-2)
        left = q.norm(dim=-1, keepdim=True)
        # An invariant space is complete: what is left is rounding, and not to be followed.
        q = torch.where(left > 1e-5 * size, q / left, 0.0)
    projected = basis @ images.mT
    nodes, vectors = torch.linalg.eigh((projected + projected.mT) / 2)
    return nodes, vectors[..., 0, :].square()
