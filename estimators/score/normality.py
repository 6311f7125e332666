"""Tests of normality: the score of normal points is the linear denoiser, nothing is learned."""

from __future__ import annotations

import numpy as np

from estimators.base import Array

#: Standard errors of each statistic within which points pass for normal.
NORMAL = 4.0
#: Points of which all pairs are compared, and rows of these at once.
COMPARED, _BLOCK = 4000, 500
#: Points, for each direction of their span, from which a distribution can be tested.
POINTS_PER_DIRECTION = 10
#: Variances below this part of the largest are those of directions without any.
_NOTHING = 1e-20


def is_normal(points: Array) -> bool:
    """Return whether points (n, D) pass for normal ones of their covariance.

    They do where their moments of third and of fourth degree do, all of them together, and the
    mean of |z|^4, whitened, alone (Mardia 1970): it is by far the largest on a sphere, where the
    others are small. Few points for their span do not pass.
    """
    z = _whitened(points)
    n, r = z.shape
    if n < POINTS_PER_DIRECTION * r:
        return False
    kurtosis = np.square(np.square(z).sum(1)).mean() - r * (r + 2) * (n - 1) / (n + 1)
    if abs(kurtosis) > NORMAL * np.sqrt(8 * r * (r + 2) / n):
        return False
    # That the covariance is the sample's own shifts them, as it does those of a normal sample.
    like = _whitened(np.random.default_rng(0).standard_normal((n, r)))
    excess = np.subtract(_moments(z[:COMPARED]), _moments(like[:COMPARED])) / np.sqrt(2)
    return bool(np.abs(excess).max() <= NORMAL)


def _whitened(points: Array) -> Array:
    """Return points (n, D) in the principal axes of their span, of unit variance: (n, r)."""
    centred = points - points.mean(0)
    centred /= np.abs(centred).max()
    n, ambient = centred.shape
    if n < ambient:
        # The rows' products have the same variances, and fewer of them.
        values, rows = np.linalg.eigh(centred @ centred.T / n)
        kept = values > _NOTHING**0.5 * values[-1]
        return np.sqrt(n) * rows[:, kept]
    values, axes = np.linalg.eigh(centred.T @ centred / n)
    kept = values > _NOTHING**0.5 * values[-1]
    return np.asarray(centred @ (axes[:, kept] / np.sqrt(values[kept])))


def _moments(z: Array) -> tuple[float, float]:
    """Return the squared lengths of the third and fourth moments of z (n, r), in standard errors.

    Moments are means of Hermite tensors, which vanish for normal points. The squared length is
    estimated without bias, by the mean over pairs of the tensors' inner products, which are
    polynomials of the points' inner product and lengths.
    """
    n, r = z.shape
    square = np.square(z).sum(1)
    third = fourth = 0.0
    for start in range(0, n, _BLOCK):
        a = square[start : start + _BLOCK, None]
        product = z[start : start + _BLOCK] @ z.T
        both = a + square
        cubic = product * (product**2 - 3 * both + 3 * (r + 2))
        quartic = product**2 * (product**2 - 6 * both + 6 * r + 24)
        quartic += 3 * both**2 - (6 * r + 12) * both + 3 * r * r + 6 * r
        own = np.arange(len(a)), start + np.arange(len(a))
        third += cubic.sum() - cubic[own].sum()
        fourth += quartic.sum() - quartic[own].sum()
    ways = r * (r + 1) * (r + 2)
    return (
        float(third / n / np.sqrt(12 * ways)),
        float(fourth / n / np.sqrt(48 * ways * (r + 3))),
    )
