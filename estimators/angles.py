"""Estimators from angles, volumes and separability in high dimension."""

from __future__ import annotations

import attrs
import numpy as np

from estimators.base import Array, Estimate, Estimator
from estimators.catalogue import register
from estimators.neighbors import query_neighbors
from estimators.scikit_dimension import scikit_dimension
from estimators.subsets import chosen_points, chosen_rows
from manifolds.parameters import choice, number, whole_number

# What the calibration table of DANCoFit covers.
_TABLE_NEIGHBORS, _TABLE_POINTS, _TABLE_DIMENSIONS = 10, 5000, 100


@register(
    "ess",
    family="angles",
    scope="local",
    deterministic=False,
    seconds=4.7,
    source="Johnsson et al. 2015; skdim.id.ESS",
)
@attrs.define(kw_only=True, slots=False)
class ESS(Estimator):
    """Expected simplex skewness: the mean angle between neighbours, seen from their centre."""

    neighbors: int = whole_number(100, "neighbourhood size k", least=3)
    version: str = choice("a", "'a' uses areas, 'b' projections", ("a", "b"))
    queries: int | None = whole_number(
        100, "points at which it is read, with neighbours from all; None for all", none=True
    )
    random_state: int = whole_number(0, "seed of the queries and of the simplices", least=0)

    def needed_points(self) -> int:
        return self.neighbors + 1

    def estimate(self, points: Array) -> Estimate:
        query = chosen_rows(len(points), self.queries, self.random_state)
        with scikit_dimension() as skdim:
            pointwise = np.array(
                [
                    skdim.ESS(ver=self.version, random_state=self.random_state)
                    .fit_once(points[rows])
                    .dimension_
                    for rows in query_neighbors(points, query, self.neighbors)
                ]
            )
        return Estimate(float(np.mean(pointwise)), pointwise, query)


@register(
    "danco",
    family="angles",
    deterministic=False,
    seconds=0.2,
    source="Ceruti et al. 2014; skdim.id.DANCo (DANCoFit where its table allows)",
    published={"neighbors": 10},
)
@attrs.define(kw_only=True, slots=False)
class DANCo(Estimator):
    """Angle and norm concentration, compared with balls of each dimension."""

    neighbors: int = whole_number(10, "neighbourhood size k", least=3)
    calibration: str = choice(
        "table",
        "'table' (k = 10, at most 5000 points, dimensions up to 100) or 'simulated' balls",
        ("table", "simulated"),
    )
    points: int | None = whole_number(2000, "most points used; None for all", least=20, none=True)
    random_state: int = whole_number(0, "seed of the points used and of the balls", least=0)

    def __attrs_post_init__(self) -> None:
        if self.calibration != "table":
            return
        if self.neighbors != _TABLE_NEIGHBORS:
            raise ValueError(
                f"'neighbors' must be {_TABLE_NEIGHBORS} with calibration='table', "
                f"not {self.neighbors}"
            )
        if self.points is None or self.points > _TABLE_POINTS:
            raise ValueError(
                f"'points' must be at most {_TABLE_POINTS} with calibration='table', "
                f"not {self.points}"
            )

    def needed_points(self) -> int:
        return max(20, self.neighbors + 2)

    def estimate(self, points: Array) -> Estimate:
        used = chosen_points(points, self.points, self.random_state)
        table = self.calibration == "table"
        with scikit_dimension() as skdim:
            fitted = skdim.DANCo(
                k=self.neighbors,
                D=min(points.shape[1], _TABLE_DIMENSIONS) if table else points.shape[1],
                ver="DANCoFit" if table else "DANCo",
                random_state=self.random_state,
            ).fit(used)
        return Estimate(float(fitted.dimension_), details={"points_used": np.array(len(used))})


@register(
    "fishers",
    family="angles",
    deterministic=False,
    seconds=0.3,
    source="Albergante et al. 2019; skdim.id.FisherS",
)
@attrs.define(kw_only=True, slots=False)
class FisherS(Estimator):
    """Fisher separability: how often points are linearly separable from all others."""

    conditional_number: float = number(
        10.0, "principal components below 1 / this of the largest are dropped", above=1.0
    )
    points: int | None = whole_number(2000, "most points used; None for all", least=10, none=True)
    random_state: int = whole_number(0, "seed of the points used", least=0)

    def needed_points(self) -> int:
        return 10

    def estimate(self, points: Array) -> Estimate:
        used = chosen_points(points, self.points, self.random_state)
        with scikit_dimension() as skdim:
            fitted = skdim.FisherS(conditional_number=self.conditional_number).fit(used)
        dimension = float(np.squeeze(fitted.dimension_))
        if not np.isfinite(dimension):
            raise ValueError(
                "FisherS: no pair of points is inseparable, so there is nothing to read; it needs "
                "more points or a lower dimension"
            )
        return Estimate(dimension, details={"points_used": np.array(len(used))})
