"""Estimators from angles, volumes and separability in high dimension."""

from __future__ import annotations

import attrs
import numpy as np

from estimators.aggregation import aggregate_pointwise
from estimators.base import Array, Estimate
from estimators.catalogue import register
from estimators.neighbors import query_neighbors
from estimators.points import subsample_points, subsample_rows
from estimators.scikit_dimension import UsesCompiledCode, UsesScikitDimension, scikit_dimension
from manifolds.parameters import choice, number, whole_number


@register(
    "ess",
    family="angles",
    weakness="neighbourhoods that are wide for the curvature make it read too much",
    scope="local",
    deterministic=False,
    source="Johnsson et al. 2015; formula of skdim.id.ESS",
)
@attrs.define(kw_only=True, slots=False)
class ESS(UsesScikitDimension):
    """Expected simplex skewness: the mean angle between neighbours, seen from their centre."""

    neighbors: int = whole_number(100, "neighbourhood size k", least=3)
    version: str = choice("a", "'a' uses areas, 'b' projections", ("a", "b"))
    queries: int | None = whole_number(
        2000, "points at which it is evaluated, with neighbours from all; None for all", none=True
    )
    random_state: int = whole_number(0, "seed of the queries", least=0)

    def needed_points(self) -> int:
        return self.neighbors + 1

    def estimate(self, points: Array) -> Estimate:
        query = subsample_rows(len(points), self.queries, self.random_state)
        neighborhoods = query_neighbors(points, query, self.neighbors)
        # In blocks of some 32 MiB; skdim.id.ESS takes 46 ms a neighbourhood for the same pairs.
        size = self.neighbors * max(self.neighbors, points.shape[1])
        blocks = np.array_split(neighborhoods, 1 + len(query) * size // 4_000_000)
        with np.errstate(invalid="ignore"):
            skewness = np.concatenate([_skewness(points[rows], self.version) for rows in blocks])
        return aggregate_pointwise(
            "ESS", _dimension_of_skewness(skewness, self.version), query=query
        )


def _skewness(neighborhoods: Array, version: str) -> Array:
    """Return the simplex skewness of each neighbourhood (m, k, D): shape (m,).

    The sum of the areas that pairs of neighbours span with their centre ('a'), or of their absolute
    inner products ('b'), over the sum of the products of their lengths.
    """
    vectors = neighborhoods - neighborhoods.mean(axis=1, keepdims=True)
    inner = vectors @ vectors.transpose(0, 2, 1)
    square = np.einsum("mkk->mk", inner)
    length = np.sqrt(square)
    if version == "a":
        areas = square[:, :, None] * square[:, None, :] - inner**2
        pairs = np.sqrt(np.clip(areas, 0, None)).sum(axis=(1, 2))
    else:
        pairs = np.abs(inner).sum(axis=(1, 2)) - square.sum(axis=1)
    return pairs / (length.sum(axis=1) ** 2 - square.sum(axis=1))


def _dimension_of_skewness(skewness: Array, version: str) -> Array:
    """Return the dimension of balls of that skewness, interpolated between integers."""
    from scipy.special import gammaln

    sign, largest = (1 if version == "a" else -1), 64
    while True:
        m = np.arange(1, largest + 1)
        if version == "a":
            log = 2 * gammaln(m / 2) - gammaln((m + 1) / 2) - gammaln((m - 1) / 2)
        else:
            log = gammaln((m + 2) / 2) - gammaln((m + 1) / 2) + np.log(2 / np.sqrt(np.pi) / m)
        expected = sign * np.exp(log)
        if not expected[-1] < np.nanmax(sign * skewness, initial=-np.inf):
            return np.interp(sign * skewness, expected, m)
        largest *= 2


@register(
    "fishers",
    family="angles",
    weakness="in many dimensions no two points are inseparable, and it finds nothing to count",
    deterministic=False,
    seconds=2.1,
    source="Albergante et al. 2019; skdim.id.FisherS",
)
@attrs.define(kw_only=True, slots=False)
class FisherS(UsesCompiledCode):
    """Fisher separability: how often points are linearly separable from all others."""

    conditional_number: float = number(
        10.0, "principal components below 1 / this of the largest are dropped", above=1.0
    )
    points: int | None = whole_number(10_000, "most points used; None for all", least=10, none=True)
    random_state: int = whole_number(0, "seed of the points used", least=0)

    def needed_points(self) -> int:
        return 10

    def estimate(self, points: Array) -> Estimate:
        used = subsample_points(points, self.points, self.random_state)
        with scikit_dimension() as skdim:
            fitted = skdim.FisherS(conditional_number=self.conditional_number).fit(used)
        # An array, empty where no margin has a dimension.
        dimensions = np.ravel(fitted.dimension_)
        if len(dimensions) == 0 or not np.isfinite(dimensions[0]):
            raise ValueError(
                "FisherS: too few pairs of points are inseparable to read a dimension; it needs "
                "more points or a lower dimension"
            )
        return Estimate(float(dimensions[0]), details={"points_used": np.array(len(used))})
