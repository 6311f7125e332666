"""Dimension as a denoising loss (Yeats et al. 2025, arXiv 2510.12975)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from estimators.score.spectrum import NUMBERS_AT_ONCE, Noise, Score, orthogonal_directions


@torch.no_grad()
def dsm_curve(
    score: Score,
    points: Tensor,
    sigmas: Sequence[float],
    *,
    draws: int,
    generator: torch.Generator,
    noise: Noise = "balanced",
    numbers: int = NUMBERS_AT_ONCE,
) -> Tensor:
    """Return the denoising loss at each noise level and point: (S, m) float64.

    Yeats et al. 2025 (arXiv 2510.12975): of the noise eps, the part along the manifold cannot be
    distinguished from data, and the dimension is a lower bound of

        E |eps - e|^2,   e = -sigma s(x + sigma eps, sigma),

    that the best score attains as sigma goes to 0. Points (m, r) and ``sigmas`` are in the same
    unit of length. Where the score is -x / sigma^2, e is eps: directions outside of the span of
    the data add nothing.

    ``noise`` is "independent", as in the paper: ``draws`` normal eps at each point. Close to a
    d-dimensional manifold the loss is then a mean of chi-squares of d degrees, of deviation
    sqrt(2 d / draws). Or it is "balanced": eps in pairs of opposite sign, with directions that are
    orthogonal in blocks of r and have length sqrt(r). As the mean of eps eps^T over a block is the
    identity, whatever is of second order in eps is exact, which is all of the loss for a normal
    distribution; the pairs remove what is of odd order. Of the fourth order and beyond, which is
    the bias of curvature, the distribution differs from the normal one by a part 2 / r. A block
    takes 2 r draws: from there on ``draws`` is rounded up to whole blocks, which all points share;
    fewer are a separate part of a block at each point (an even number of them, at least two).

    The known mean r of |eps|^2 is no use for "independent" draws: putting it for |eps|^2 in
    |eps|^2 - 2 eps . e + |e|^2 leaves r - |N eps|^2, N the normal projection, whose deviation is
    that of r - d degrees instead of d.
    """
    count, rank = points.shape
    shared: Tensor | None = None
    each = draws
    if noise == "balanced":
        half = -(-draws // 2)
        if half >= rank:
            shared = orthogonal_directions(half, rank, generator, points)
            half = len(shared)
        each = 2 * half
    curve = torch.empty(len(sigmas), count, dtype=torch.float64)
    size = max(1, numbers // (each * rank))
    for start in range(0, count, size):
        x = points[start : start + size, None]
        if shared is not None:
            half_eps = shared.expand(len(x), -1, -1)
        elif noise == "balanced":
            half_eps = torch.cat([_part_of_a_block(each // 2, rank, generator, x) for _ in x])
        else:
            half_eps = torch.cat([_normal(draws, rank, generator, x) for _ in x])
        eps = torch.cat([half_eps, -half_eps], 1) if noise == "balanced" else half_eps
        for row, sigma in enumerate(sigmas):
            curve[row, start : start + size] = _losses(score, x, sigma, eps, numbers).cpu()
    return curve


def _losses(score: Score, x: Tensor, sigma: float, eps: Tensor, numbers: int) -> Tensor:
    """Return means over draws of |eps + sigma s(x + sigma eps)|^2: eps (m, K, r) -> (m,)."""
    noisy = (x + sigma * eps).reshape(-1, eps.shape[-1])
    blocks = torch.split(noisy, max(1, numbers // eps.shape[-1]))
    scores = torch.cat([score(z, torch.full_like(z[:, 0], sigma)) for z in blocks])
    return (eps + sigma * scores.reshape(eps.shape)).double().square().sum(-1).mean(1)


# Both are drawn point by point, so that they are the same however points are cut into blocks.


def _normal(draws: int, rank: int, generator: torch.Generator, like: Tensor) -> Tensor:
    return torch.randn(1, draws, rank, generator=generator, device=like.device).to(like)


def _part_of_a_block(count: int, rank: int, generator: torch.Generator, like: Tensor) -> Tensor:
    """Draw orthogonal directions (1, count, r) of length sqrt(r), count <= r."""
    normal = torch.randn(1, rank, count, generator=generator, device=like.device)
    directions: Tensor = torch.linalg.qr(normal)[0].mT
    return directions.to(like) * rank**0.5
