"""Spectra of scores around points (Stanczuk et al. 2024, arXiv 2212.12611, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

Score = Callable[[Tensor, Tensor], Tensor]
Noise = Literal["balanced", "independent"]

# Numbers of a block of scores: 2^24 float32 are 64 MiB, and there are a few copies of each.
NUMBERS_AT_ONCE = 2**24


def singular_values(matrices: Tensor) -> Tensor:
    """Return the descending singular values (..., D) of matrices (..., K, D), K >= D.

    Through the Gram matrix in float64: it costs one product instead of K x D factorisations, and
    its relative error, the square root of the machine's, is 1e-8 of the largest value.
    """
    matrices = matrices.double()
    gram = matrices.mT @ matrices
    return torch.linalg.eigvalsh(gram).flip(-1).clamp(min=0).sqrt()


@torch.no_grad()
def score_spectra(
    score: Score,
    points: Tensor,
    sigmas: Sequence[float],
    *,
    per_dimension: int,
    generator: torch.Generator,
    noise: Noise = "balanced",
    centre: bool = True,
) -> Tensor:
    """Return singular values of K = ``per_dimension`` * D scores around each point: (S, m, D).

    For points (m, D) and each sigma the scores are taken at point + sigma * eps. The values are
    in units of the size of pure noise, so that a direction of which nothing but noise is known
    has a value near 1 and a tangent direction one near 0, at every sigma.

    ``noise`` is "independent", as in the paper: normal eps, for which the values of pure noise
    have the Marchenko-Pastur distribution between 1 - sqrt(D / K) and 1 + sqrt(D / K), and the
    mean score is subtracted if ``centre``. Or it is "balanced": eps in pairs of opposite sign, of
    which the odd part (s(x + eps) - s(x - eps)) / 2 is read, with directions that are orthogonal
    in blocks of D. Pure noise then has values of exactly 1, and terms even in eps cancel, which
    are the drift of curvature along the normal and its leading effect on the tangent.
    """
    count, ambient = points.shape
    samples = per_dimension * ambient
    if noise == "balanced":
        half = orthogonal_directions(samples // 2, ambient, generator, points)
        size = max(1, NUMBERS_AT_ONCE // (samples * ambient))
    else:
        half = points.new_empty(0)
        size = max(1, NUMBERS_AT_ONCE // (2 * samples * ambient))
    spectra = torch.empty(len(sigmas), count, ambient, dtype=torch.float64)
    for row, sigma in enumerate(sigmas):
        for start in range(0, count, size):
            block = points[start : start + size, None]
            if noise == "balanced":
                plus = _scores(score, block + sigma * half, sigma)
                spread = (plus - _scores(score, block - sigma * half, sigma)) / 2
            else:
                eps = torch.randn(
                    len(block), samples, ambient, generator=generator, device=points.device
                )
                spread = _scores(score, block + sigma * eps, sigma)
                if centre:
                    spread = spread - spread.mean(1, keepdim=True)
            values = singular_values(spread * (sigma / spread.shape[1] ** 0.5))
            spectra[row, start : start + size] = values.cpu()
    return spectra


def _scores(score: Score, x: Tensor, sigma: float) -> Tensor:
    """Return scores of points (..., D) at one noise level: (..., D)."""
    rows = x.reshape(-1, x.shape[-1])
    return score(rows, torch.full_like(rows[:, 0], sigma)).reshape(x.shape)


def orthogonal_directions(
    count: int, ambient: int, generator: torch.Generator, like: Tensor
) -> Tensor:
    """Draw at least ``count`` directions of length sqrt(D), orthogonal in whole blocks of D."""
    blocks = -(-count // ambient)
    normal = torch.randn(blocks, ambient, ambient, generator=generator, device=like.device)
    directions: Tensor = torch.linalg.qr(normal)[0]
    return directions.reshape(-1, ambient).to(like) * ambient**0.5
