"""Spectra of scores around points (Stanczuk et al. 2024, arXiv 2212.12611, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Score = Callable[[Tensor, Tensor], Tensor]

ROWS_AT_ONCE = 16384


def singular_values(matrices: Tensor) -> Tensor:
    """Descending singular values (..., D) of matrices (..., K, D), K >= D.

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
    centre: bool = True,
) -> Tensor:
    """Singular values of K = ``per_dimension`` * D scores around each point: (S, m, D).

    For points (m, D) and each sigma the scores are taken at point + sigma * eps. The values are
    in units of sqrt(K) / sigma, the size of pure noise, so that a direction of which nothing but
    noise is known has a value near 1 (exactly: the Marchenko-Pastur law between
    1 - sqrt(D / K) and 1 + sqrt(D / K)) and a tangent direction one near 0, at every sigma.
    ``centre`` subtracts the mean score, which on a curved manifold is the drift of curvature
    along the normal and not a spread.
    """
    count, ambient = points.shape
    samples = per_dimension * ambient
    together = max(1, ROWS_AT_ONCE // samples)
    spectra = torch.empty(len(sigmas), count, ambient, dtype=torch.float64)
    for row, sigma in enumerate(sigmas):
        for start in range(0, count, together):
            block = points[start : start + together]
            noise = torch.randn(
                len(block), samples, ambient, generator=generator, device=points.device
            )
            x = (block[:, None] + sigma * noise).reshape(-1, ambient)
            scores = score(x, torch.full_like(x[:, 0], sigma)).reshape(noise.shape)
            if centre:
                scores = scores - scores.mean(1, keepdim=True)
            values = singular_values(scores * (sigma / samples**0.5))
            spectra[row, start : start + together] = values.cpu()
    return spectra


def largest_gap(spectra: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    """Dimension and size of the largest gap in descending spectra (..., D).

    The dimension is the number of values below the gap, between 1 and D. D itself is read where
    every value is further below ``floor``, the least value that pure noise has, than any two
    neighbours are apart: then no direction is normal.
    """
    ambient = spectra.shape[-1]
    top = torch.full_like(spectra[..., :1], floor)
    gaps = torch.cat([top, spectra[..., :-1]], -1) - spectra
    size, position = gaps.max(-1)
    return ambient - position, size
