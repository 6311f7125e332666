"""DANCo: angle and norm concentration of neighbourhoods, compared with balls."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import attrs
import numpy as np

from estimators.ball_distribution import draw_neighborhoods
from estimators.base import Array, Estimate, Estimator, Indices
from estimators.catalogue import register
from estimators.neighbors import query_neighbors
from estimators.points import subsample_points, subsample_rows
from estimators.scikit_dimension import UsesCompiledCode, scikit_dimension
from manifolds.parameters import flag, whole_number

# The range of the calibration table of scikit-dimension.
_TABLE_NEIGHBORS, _TABLE_POINTS, _TABLE_DIMENSIONS = 10, 5000, 100


@attrs.frozen
class Concentration:
    """Statistics of neighbourhoods that DANCo compares.

    ``rate`` is the maximum likelihood estimate of d for r_1 / r_{k+1}; ``direction`` and
    ``length`` are the means over points of the direction and the length of the mean resultant of
    the angles between two neighbours, those of the von Mises distribution that fits best.
    """

    rate: float
    direction: float
    length: float


@register(
    "danco",
    family="angles",
    weakness="its references are balls of one density: uneven density makes it read too little",
    deterministic=False,
    version=2,
    seconds=0.4,
    source="Ceruti et al. 2014",
    published={"neighbors": 10},
)
@attrs.define(kw_only=True, slots=False)
class DANCo(Estimator):
    """Angle and norm concentration, compared with balls of each dimension.

    The estimate minimises the sum of two Kullback-Leibler divergences: of the distributions of
    r_1 / r_{k+1}, and of the von Mises distributions of the angles between neighbours, in the
    sample and in as many uniform points of a ball. It lies between 1 and D, and is a fraction, for
    which the statistics of balls are interpolated between integer dimensions; with
    ``fractional=False`` it is the best integer, as published.

    The reference of a ball is the exact distribution of its neighbourhoods instead of one sample.
    The concentration of the von Mises distribution is taken from the mean length of the
    resultants, where the publication has the mean of the concentrations: that one is infinite on a
    line, and with one far point in the sample it is that point's. The direction of a resultant is
    arctan2(sine, cosine): see results/reported/scikit-dimension for the fault of arctan.
    """

    reads_distances: ClassVar[bool] = True
    neighbors: int = whole_number(10, "neighbourhood size k", least=3)
    fractional: bool = flag(True, "a fraction between the whole dimensions, or the best of them")
    points: int | None = whole_number(
        5000,
        "points at which it is evaluated, with neighbours from all; None for all",
        least=20,
        none=True,
    )
    random_state: int = whole_number(0, "seed of the query points and of the references", least=0)

    def warm_up(self) -> None:
        import scipy.interpolate
        import scipy.optimize
        import scipy.stats  # noqa: F401
        import sklearn.neighbors  # noqa: F401

    def needed_points(self) -> int:
        return max(20, self.neighbors + 2)

    def estimate(self, points: Array) -> Estimate:
        n, ambient = points.shape
        query = subsample_rows(n, self.points, self.random_state)
        ratios, cosines = _neighborhood_statistics(points, query, self.neighbors)
        tied = ratios >= 1 - 1e-12
        if tied.any():
            raise ValueError(
                f"DANCo: the first {self.neighbors + 1} neighbours of {int(tied.sum())} points are "
                "all at the same distance"
            )
        sample = _concentration(ratios, cosines, self.neighbors)

        def divergence(dimension: int) -> float:
            return _divergence(sample, self._reference(dimension, n), self.neighbors)

        dimension: float = _minimize(divergence, min(ambient, max(1, round(sample.rate))), ambient)
        if self.fractional:
            dimension = self._minimum_between(sample, int(dimension), n, ambient)
        return Estimate(dimension, details={"points_used": np.array(len(query))})

    def _reference(self, dimension: int, n: int) -> Concentration:
        return _reference(dimension, n, self.neighbors, self.random_state)

    def _minimum_between(self, sample: Concentration, best: int, n: int, ambient: int) -> float:
        """Return the minimum of the divergence near ``best``, by interpolated statistics."""
        from scipy.interpolate import PchipInterpolator
        from scipy.optimize import minimize_scalar

        integers = np.arange(max(1, best - 2), min(ambient, best + 2) + 1)
        if len(integers) == 1:
            return float(best)
        values = [attrs.astuple(self._reference(int(m), n)) for m in integers]
        curve = PchipInterpolator(integers, values)
        return float(
            minimize_scalar(
                lambda m: _divergence(sample, Concentration(*curve(m)), self.neighbors),
                bounds=(max(integers[0], best - 1), min(integers[-1], best + 1)),
                method="bounded",
                options={"xatol": 1e-4},
            ).x
        )


def _neighborhood_statistics(points: Array, query: Indices, k: int) -> tuple[Array, Array]:
    """Return ratios r_1 / r_{k+1} (m,) and cosines of pairs of neighbours (m, k (k - 1) / 2)."""
    indices = query_neighbors(points, query, k + 1)
    ratios, cosines = [], []
    # In blocks of some 32 MiB.
    for part in np.array_split(
        np.arange(len(query)), 1 + indices.size * points.shape[1] // 4_000_000
    ):
        vectors = points[indices[part]] - points[query[part], None]
        length = np.linalg.norm(vectors, axis=2)
        ratios.append(length[:, 0] / length[:, -1])
        cosines.append(_cosines(vectors[:, :k] / length[:, :k, None]))
    return np.concatenate(ratios), np.concatenate(cosines)


def _cosines(vectors: Array) -> Array:
    """Return inner products of pairs of unit vectors (m, k, D): shape (m, k (k - 1) / 2)."""
    first, second = np.triu_indices(vectors.shape[1], 1)
    inner = vectors @ vectors.transpose(0, 2, 1)
    return np.clip(inner[:, first, second], -1, 1)


def _concentration(ratios: Array, cosines: Array, k: int) -> Concentration:
    # The angles lie between 0 and pi, so that their sines are not negative.
    cosine, sine = cosines.mean(axis=1), np.sqrt(1 - cosines**2).mean(axis=1)
    return Concentration(
        _rate(np.log(ratios), k),
        float(np.arctan2(sine, cosine).mean()),
        float(np.hypot(sine, cosine).mean()),
    )


def _rate(log_ratios: Array, k: int) -> float:
    """Return the maximum likelihood d of r_1 / r_{k+1}, density k d r^{d-1} (1 - r^d)^{k-1}."""
    from scipy.optimize import brentq

    def slope(d: float) -> float:
        within = np.expm1(d * log_ratios)
        return float(1 / d + np.mean(log_ratios * (1 + (k - 1) * (1 + within) / within)))

    # E log r = -H_k / d, so that d of the mean is not far off.
    low = high = -_harmonic(k) / float(log_ratios.mean())
    while slope(low) < 0:
        low /= 2
    while slope(high) > 0:
        high *= 2
    return float(brentq(slope, low, high, rtol=1e-6)) if low < high else low


def _harmonic(k: int) -> float:
    return float((1 / np.arange(1, k + 1)).sum())


@lru_cache(maxsize=4096)
def _reference(dimension: int, n: int, k: int, random_state: int) -> Concentration:
    """Return the statistics of ``n`` uniform points in a ball."""
    ratios, vectors = draw_neighborhoods(dimension, n, k, random_state)
    return _concentration(ratios, _cosines(vectors), k)


def _divergence(sample: Concentration, ball: Concentration, k: int) -> float:
    """Return the Kullback-Leibler divergence of a ball from the sample: distances plus angles."""
    from scipy.special import gammaln, ive

    # With u = r^d uniform under the sample's distribution, E log(1 - u^q) as a series of positive
    # terms: the published sum of binomials alternates, and is lost to rounding from k = 40.
    q = ball.rate / sample.rate
    power = q * np.arange(1, 4001)
    beyond = (gammaln(1 + power) + gammaln(k + 1) - gammaln(1 + k + power)) - np.log(power / q)
    distances = -np.log(q) + (q - 1) * _harmonic(k) + (k - 1) * (np.exp(beyond).sum() - 1 / k)
    # Bessel functions divided by exp(tau), which overflows from tau = 710.
    own, other = _tau(sample.length), _tau(ball.length)
    ratio = ive(1, own) / ive(0, own)
    angles = (
        np.log(ive(0, other) / ive(0, own))
        + (other - own)
        + ratio * (own - other * np.cos(sample.direction - ball.direction))
    )
    return float(distances + angles)


def _tau(length: float) -> float:
    """Return the concentration of the von Mises distribution of that length (Fisher 1993)."""
    if length < 0.53:
        return 2 * length + length**3 + 5 * length**5 / 6
    if length < 0.85:
        return -0.4 + 1.39 * length + 0.43 / (1 - length)
    return 1 / (length**3 - 4 * length**2 + 3 * length)


def _minimize(value: Callable[[int], float], start: int, largest: int) -> int:
    """Return the integer from 1 to ``largest`` of least value, which falls and then rises."""
    best, step = start, max(1, start // 8)
    while step:
        near = [m for m in (best - step, best + step) if 1 <= m <= largest]
        lowest = min([best, *near], key=value)
        step = 2 * step if lowest != best else step // 2
        best = lowest
    return best


@register(
    "danco-skdim",
    superseded="danco",
    family="angles",
    weakness="it turns mean directions of angles round: too much by one or two",
    deterministic=False,
    seconds=0.4,
    source="Ceruti et al. 2014; skdim.id.DANCo (DANCoFit), its fault included",
    cannot={
        "check_more_coordinates": "the curve of its references runs through balls of all "
        "dimensions up to the ambient one, so that further coordinates move the answer by 1e-4",
    },
    published={"points": 2500},
)
@attrs.define(kw_only=True, slots=False)
class DANCoSkdim(UsesCompiledCode):
    """DANCo as in scikit-dimension, which takes directions by arctan: to compare with its numbers.

    Where the sum of cosines is negative, arctan(sum of sines / sum of cosines) is the opposite of
    the mean direction of the angles. Of a 10-sphere it says 11 or 12. Its table of references is of
    k = 10, at most 5000 points and dimensions up to 100.
    """

    points: int | None = whole_number(
        _TABLE_POINTS, "most points used", least=20, most=_TABLE_POINTS
    )
    random_state: int = whole_number(0, "seed of the points used", least=0)

    def needed_points(self) -> int:
        return 20

    def estimate(self, points: Array) -> Estimate:
        used = subsample_points(points, self.points, self.random_state)
        largest = min(points.shape[1], _TABLE_DIMENSIONS)
        with scikit_dimension() as skdim:
            danco = skdim.DANCo(k=_TABLE_NEIGHBORS, D=largest, ver="DANCoFit")
            dimension = float(danco.fit(used).dimension_)
        if dimension >= _TABLE_DIMENSIONS < points.shape[1]:
            warnings.warn(
                f"DANCoSkdim: the answer is the largest of its table, {_TABLE_DIMENSIONS}",
                stacklevel=3,
            )
        return Estimate(dimension, details={"points_used": np.array(len(used))})
