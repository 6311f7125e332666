"""Neighbourhoods of uniform points in a ball, drawn from their exact distribution.

A ball of n points need not be simulated to see the neighbours of one of its points: of n - 1
uniform points, the volumes nearer than the neighbours are the smallest of n - 1 uniform numbers,
and each direction is uniform over those that stay within the ball. The cost depends neither on n
nor, beyond k, on the dimension; the edge of the ball, where most points of many dimensions are, is
exact. Volumes are logarithms, which no dimension overflows.
"""

from __future__ import annotations

import numpy as np

from estimators.base import Array

# Centres of equal share by radius, neighbourhoods drawn at each, and quantiles at each of the
# volume of k + 1 neighbours and of the share of it within the nearest one.
_CENTRES, _DRAWS, _OUTER_QUANTILES, _INNER_QUANTILES = 100, 50, 15, 40
# Cells of the grids on which volumes are integrated.
_CELLS = 800


def draw_neighborhoods(dimension: int, n: int, k: int, random_state: int) -> tuple[Array, Array]:
    """Draw ratios r_1 / r_{k+1} (q,) and unit vectors to k neighbours (m, k, at most k + 1).

    Of points drawn from ``n`` uniform ones in a ball. The ratios are at quantiles, so that means
    over them have next to no noise. The vectors are in a frame of their neighbourhood, which does
    not change their angles.
    """
    from scipy.stats import beta

    rng = np.random.default_rng(random_state)
    centres = ((np.arange(_CENTRES) + rng.random(_CENTRES)) / _CENTRES) ** (1 / dimension)
    angle_grid, log_share = _direction_shares(dimension)
    # The k smallest of n - 1 uniform numbers, from sums of exponential ones.
    sums = rng.standard_exponential((_CENTRES, _DRAWS, k)).cumsum(axis=2)
    rest = rng.standard_gamma(n - k, (_CENTRES, _DRAWS, 1))
    log_volumes = np.log(sums / (sums[:, :, -1:] + rest))
    outer_volume = np.log(beta.ppf(_midpoints(_OUTER_QUANTILES), k + 1, n - 1 - k))
    # The least of k uniform numbers.
    inner_share = np.log(-np.expm1(np.log1p(-_midpoints(_INNER_QUANTILES)) / k))
    ratios, angles = [], []
    for centre, volume in zip(centres, log_volumes, strict=True):
        log_radius, log_volume = _volumes(dimension, n, centre, log_share)
        outer = np.interp(outer_volume, log_volume, log_radius)[:, None]
        inner = np.interp(outer_volume[:, None] + inner_share, log_volume, log_radius)
        ratios.append(np.exp(inner - outer).ravel())
        limit = _largest_angle(centre, np.exp(np.interp(volume, log_volume, log_radius)))
        if dimension == 1:
            # Inwards, or to either side where both are within the ball.
            angles.append(np.where((limit >= np.pi) & (rng.random(limit.shape) < 0.5), np.pi, 0.0))
        else:
            share = np.log(rng.random(limit.shape)) + np.interp(limit, angle_grid, log_share)
            angles.append(np.interp(share, log_share, angle_grid))
    polar = np.concatenate(angles)[:, :, None]
    across = _isotropic_vectors(len(polar), k, dimension - 1, rng)
    return np.concatenate(ratios), np.concatenate([np.cos(polar), np.sin(polar) * across], axis=2)


def _midpoints(count: int) -> Array:
    return (np.arange(count) + 0.5) / count


def _direction_shares(dimension: int) -> tuple[Array, Array]:
    """Return angles from a fixed direction, and the log share of all directions within each.

    In one dimension that share is one half up to the opposite direction.
    """
    angle = np.linspace(0, np.pi, 4 * _CELLS + 1)
    if dimension == 1:
        return angle, np.log(np.where(angle < np.pi, 0.5, 1.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        density = (dimension - 2) * np.log(np.sin(angle)) if dimension > 2 else 0 * angle
    share = _log_integral(density, angle[1])
    return angle, share - share[-1]


def _volumes(dimension: int, n: int, centre: float, log_share: Array) -> tuple[Array, Array]:
    """Return log radii, and the log share of the unit ball within each of a point in it.

    Down to volumes of a hundred-thousandth of the nearest neighbour's.
    """
    log_radius = np.linspace(-np.log(1e5 * n) / dimension, np.log1p(centre), _CELLS)
    limit = _largest_angle(centre, np.exp(log_radius))
    inside = np.interp(limit, np.linspace(0, np.pi, len(log_share)), log_share)
    if dimension == 1:
        inside = np.log(np.where(limit < np.pi, 0.5, 1.0))
    start = dimension * log_radius[0] + inside[0]
    density = np.log(dimension) + dimension * log_radius + inside
    return log_radius, np.logaddexp(start, _log_integral(density, log_radius[1] - log_radius[0]))


def _largest_angle(centre: float, radius: Array) -> Array:
    """Return the largest angle from the inward direction at which a step stays in the unit ball."""
    cosine = (centre**2 + radius**2 - 1) / (2 * centre * radius)
    return np.arccos(np.clip(cosine, -1, 1))


def _log_integral(log_density: Array, width: float) -> Array:
    """Return the log integral up to each grid point of a density that is exponential in cells."""
    low, high = log_density[:-1], log_density[1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        step = np.abs(high - low)
        mean = np.maximum(low, high) + np.where(
            step < 1e-6, -step / 2, np.log(-np.expm1(-step)) - np.log(step)
        )
    mean[np.isinf(step)] = -np.inf
    return np.concatenate([[-np.inf], np.logaddexp.accumulate(mean + np.log(width))])


def _isotropic_vectors(m: int, k: int, dimension: int, rng: np.random.Generator) -> Array:
    """Return unit vectors (m, k, at most k) with inner products as of uniform ones.

    Gaussian vectors in the frame that their first ones span: triangular, with lengths of
    chi-distributed remainders on the diagonal (Bartlett's decomposition).
    """
    size = min(k, dimension)
    vectors = np.tril(rng.standard_normal((m, k, size)))
    diagonal = np.arange(size)
    vectors[:, diagonal, diagonal] = np.sqrt(rng.chisquare(dimension - diagonal, (m, size)))
    return vectors / np.linalg.norm(vectors, axis=2, keepdims=True) if size else vectors
