"""FLIPD: dimension from the divergence and the length of a score (Kamkari et al. 2024)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from estimators.score.jacobian import apply, jacobian_products, point_blocks, probing
from estimators.score.spectrum import NUMBERS_AT_ONCE, Score


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
    """Return the dimension at each noise level and point: (S, m) float64.

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
        directions = probing(x, None if exact else probes, generator)
        for row, sigma in enumerate(sigmas):
            forms = (directions * apply(product, x, sigma, directions, numbers)).sum(-1)
            trace = forms.sum(1) if exact else forms.mean(1)
            square = score(x, torch.full_like(x[:, 0], sigma)).double().square().sum(1)
            curve[row, block] = (rank + sigma**2 * (trace + square)).cpu()
    return curve
