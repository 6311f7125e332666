"""Estimators from how counts and lengths of neighbour graphs grow."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np

from estimators.base import Array, Estimate, Estimator, Indices
from estimators.catalogue import register
from estimators.neighbors import GRAPH_NEIGHBORS, TwoNeighborOrders, query_graph
from estimators.points import subsample_points, subsample_rows
from estimators.scikit_dimension import UsesScikitDimension, scikit_dimension
from manifolds.parameters import number, whole_number


@register(
    "corrint",
    family="neighbours",
    weakness="pairs of near points are few in many dimensions: it reads far too little from d = 10",
    deterministic=False,
    version=2,
    seconds=0.5,
    source="Grassberger & Procaccia 1983; Hino et al. 2017 (radii); as skdim.id.CorrInt",
)
@attrs.define(kw_only=True, slots=False)
class CorrInt(TwoNeighborOrders, Estimator):
    """Correlation integral: slope of log C(r) between two typical neighbour distances.

    C(r) is the share of pairs nearer than r, of some points with all others. Most of its pairs are
    among the nearest neighbours; only those of a point that has all of these within r are counted
    by their distances to all points.
    """

    reads_distances: ClassVar[bool] = True
    near: int = whole_number(10, "the smaller radius is the median distance to this neighbour")
    far: int = whole_number(20, "the larger radius is the median distance to this neighbour")
    points: int | None = whole_number(
        5000, "points whose pairs with all others are counted; None for all", least=10, none=True
    )
    random_state: int = whole_number(0, "seed of the points counted", least=0)

    def warm_up(self) -> None:
        import sklearn.neighbors  # noqa: F401

    def needed_points(self) -> int:
        return self.far + 1

    def estimate(self, points: Array) -> Estimate:
        query = subsample_rows(len(points), self.points, self.random_state)
        neighbors = min(len(points) - 1, max(self.far, GRAPH_NEIGHBORS))
        distances, _ = query_graph(points, query, neighbors)
        radii = np.median(distances[:, [self.near - 1, self.far - 1]], axis=0)
        counts = (distances[:, :, None] < radii).sum(axis=1)
        beyond = (distances[:, -1] < radii[1]) & (neighbors < len(points) - 1)
        if beyond.any():
            counts[beyond] = _count_within(points, query[beyond], radii)
        near, far = counts.sum(axis=0)
        dimension = np.log(far / near) / np.log(radii[1] / radii[0])
        return Estimate(float(dimension), details={"points_used": np.array(len(query))})


def _count_within(points: Array, query: Indices, radii: Array) -> Indices:
    """Count the other points within each of the radii of points ``query``: (m, radii)."""
    from scipy.spatial.distance import cdist

    # In blocks of some 64 MiB.
    blocks = np.array_split(query, 1 + len(query) * len(points) // 8_000_000)
    counts = []
    for rows in blocks:
        distances = cdist(points[rows], points)
        counts.append(np.stack([(distances < radius).sum(axis=1) for radius in radii], axis=1) - 1)
    return np.concatenate(counts)


class _WithoutReplacement(np.random.RandomState):
    """Draws rows once each: repeated rows have a neighbour at distance zero."""

    def randint(self, low, high=None, size=None, dtype=int):  # type: ignore[no-untyped-def]
        return self.choice(np.arange(low, high), size, replace=False)


@register(
    "knn",
    family="neighbours",
    weakness="the length of the graph says little in many dimensions: it scatters",
    deterministic=False,
    seconds=1.1,
    source="Costa & Hero 2004; Carter et al. 2010; skdim.id.KNN",
    cannot={
        "check_permutation": "it rounds to whole numbers, and of a few hundred points other "
        "sub-samples, which another order is, move it by one",
    },
)
@attrs.define(kw_only=True, slots=False)
class KNN(UsesScikitDimension):
    """Growth of the length of the k-nearest-neighbour graph with the number of points."""

    neighbors: int = whole_number(2, "neighbourhood size k")
    power: float = number(2.0, "power gamma of the edge lengths")
    sizes: int = whole_number(8, "number of sub-sample sizes, from an eighth to half", least=2)
    repeats: int = whole_number(10, "sub-samples of each size")
    points: int | None = whole_number(2000, "most points used; None for all", least=16, none=True)
    random_state: int = whole_number(0, "seed of the sub-samples", least=0)

    def needed_points(self) -> int:
        return max(16, 8 * (self.neighbors + 1))

    def estimate(self, points: Array) -> Estimate:
        used = subsample_points(points, self.points, self.random_state)
        # The fit compares powers of lengths: in units of the sample, it does not depend on scale.
        used = used / np.linalg.norm(used - used.mean(0), axis=1).mean()
        sizes = np.linspace(len(used) / 8, len(used) / 2, self.sizes).astype(int)
        with scikit_dimension() as skdim:
            fitted = skdim.KNN(
                k=self.neighbors,
                ps=np.maximum(sizes, self.neighbors + 1),
                M=self.repeats,
                gamma=self.power,
                random_state=_WithoutReplacement(self.random_state),
            ).fit(used)
        return Estimate(fitted.dimension_, details={"points_used": np.array(len(used))})


@register(
    "ph",
    family="topology",
    weakness="its slope settles slowly with n: it reads too little in many dimensions",
    deterministic=False,
    seconds=3.5,
    source="Schweinhart 2020; Jaquette & Schweinhart 2020; skdim.id.PH",
)
@attrs.define(kw_only=True, slots=False)
class PH(UsesScikitDimension):
    """Growth of the total persistence of 0-dimensional homology (spanning-tree length)."""

    power: float = number(1.0, "power alpha of the edge lengths")
    sizes: int = whole_number(10, "number of sub-sample sizes, from a tenth to all", least=2)
    repeats: int = whole_number(5, "sub-samples of each size")
    points: int | None = whole_number(1500, "most points used; None for all", least=20, none=True)
    random_state: int = whole_number(0, "seed of the sub-samples", least=0)

    def needed_points(self) -> int:
        return 30

    def estimate(self, points: Array) -> Estimate:
        used = subsample_points(points, self.points, self.random_state)
        with scikit_dimension() as skdim:
            fitted = skdim.PH(
                alpha=self.power,
                # Over half to all, its default, the slope varies three times as much.
                n_range_min=0.1,
                nsteps=self.sizes,
                subsamples=self.repeats,
                random_state=self.random_state,
            ).fit(used)
        return Estimate(fitted.dimension_, details={"points_used": np.array(len(used))})
