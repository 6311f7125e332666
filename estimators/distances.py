"""Estimators from distributions of nearest-neighbour distances, on the shared graph."""

from __future__ import annotations

from typing import ClassVar

import attrs
import numpy as np

from estimators.aggregation import aggregate_pointwise
from estimators.base import Array, Estimate
from estimators.catalogue import register
from estimators.neighbors import TwoNeighborOrders, neighbor_graph
from estimators.scikit_dimension import UsesScikitDimension, scikit_dimension
from manifolds.parameters import choice, number, whole_number

_AGGREGATES = ("pooled", "mean", "median")
_WEAKNESS = "few points in many dimensions are all far apart: it underestimates from d = 10 on"
_OVER_POINTS = "over points: 'pooled' averages what has no bias, 'mean' and 'median' the estimates"


class _OnGraph(UsesScikitDimension):
    """Base of the estimators with a neighbourhood size: they need one point more than that."""

    reads_distances: ClassVar[bool] = True
    neighbors: int

    def needed_points(self) -> int:
        return self.neighbors + 1


@register(
    "mle",
    family="neighbours",
    weakness=_WEAKNESS,
    scope="local",
    neighbors=True,
    seconds=0.3,
    source="Levina & Bickel 2005; MacKay & Ghahramani 2005 (harmonic mean); skdim.id.MLE",
    published={"neighbors": [5, 20], "aggregate": "mle"},
)
@attrs.define(kw_only=True, slots=False)
class MLE(_OnGraph):
    """Maximum likelihood of neighbour distances: 1 / mean of log(r_k / r_j) over j < k."""

    neighbors: int = whole_number(20, "neighbourhood size k", least=2)
    aggregate: str = choice(
        "mle", "mean over points: 'mle' is the harmonic one", ("mle", "mean", "median")
    )

    def estimate(self, points: Array) -> Estimate:
        graph = neighbor_graph(points, self.neighbors)
        with scikit_dimension() as skdim:
            # scikit-dimension's own parameter K is without effect; the graph sets k.
            fitted = skdim.MLE().fit(points, precomputed_knn_arrays=graph)
        return aggregate_pointwise("MLE", fitted.dimension_pw_, self.aggregate)


@register(
    "mom",
    family="neighbours",
    weakness=_WEAKNESS,
    scope="local",
    neighbors=True,
    seconds=0.2,
    version=2,
    source="Amsaleg et al. 2018 (method of moments); skdim.id.MOM",
    published={"aggregate": "mean"},
)
@attrs.define(kw_only=True, slots=False)
class MOM(_OnGraph):
    """Method of moments: m / (r_k - m) with m the mean distance of the k neighbours.

    'pooled' averages the moment itself, m / r_k, over the points: of its k distances k - 1 have the
    mean d / (d + 1), in units of the last one.
    """

    neighbors: int = whole_number(100, "neighbourhood size k", least=2)
    aggregate: str = choice("pooled", _OVER_POINTS, _AGGREGATES)

    def estimate(self, points: Array) -> Estimate:
        graph = neighbor_graph(points, self.neighbors)
        with scikit_dimension() as skdim:
            fitted = skdim.MOM().fit(points, precomputed_knn_arrays=graph)
        return aggregate_pointwise("MOM", fitted.dimension_pw_, self.aggregate, pooled=self._pooled)

    def _pooled(self, inverse: Array) -> float:
        """Return the dimension of the mean of m / r_k, which is 1 / (1 + 1/d) at a point."""
        nearer = (self.neighbors * np.mean(1 / (1 + inverse)) - 1) / (self.neighbors - 1)
        return float(nearer / (1 - nearer))


@register(
    "tle",
    family="neighbours",
    weakness=_WEAKNESS,
    scope="local",
    neighbors=True,
    seconds=1.6,
    version=2,
    source="Amsaleg et al. 2019 (tight local estimator); skdim.id.TLE",
    published={"aggregate": "mean"},
)
@attrs.define(kw_only=True, slots=False)
class TLE(_OnGraph):
    """Tight local estimator: pools the distances between all pairs in a neighbourhood.

    Of uniform points, each distance that it uses is u^(1/d) in units of the radius, u uniform, but
    for those of the k-th neighbour, which sets the radius: they are 1. Of k x k terms k (k - 1)
    thus have the mean 1/d and the others are zero, and 1 / estimate has the mean (1 - 1/k) / d,
    which 'pooled' inverts. The mean of the estimates is 6 % above d on lines, planes and rolls.
    """

    neighbors: int = whole_number(20, "neighbourhood size k", least=3)
    aggregate: str = choice("pooled", _OVER_POINTS, _AGGREGATES)

    def estimate(self, points: Array) -> Estimate:
        graph = neighbor_graph(points, self.neighbors)
        # Its cut-off for tiny distances is absolute: lengths are put in units of the sample's.
        unit = float(np.median(graph[0][:, -1]))
        with scikit_dimension() as skdim:
            fitted = skdim.TLE().fit(
                points / unit, precomputed_knn_arrays=(graph[0] / unit, graph[1])
            )
        return aggregate_pointwise("TLE", fitted.dimension_pw_, self.aggregate, pooled=self._pooled)

    def _pooled(self, inverse: Array) -> float:
        return float((1 - 1 / self.neighbors) / inverse.mean())


@register(
    "mada",
    family="neighbours",
    weakness=_WEAKNESS,
    scope="local",
    neighbors=True,
    seconds=0.2,
    version=2,
    source="Farahmand et al. 2007; formula of skdim.id.MADA",
    published={"aggregate": "mean"},
)
@attrs.define(kw_only=True, slots=False)
class MADA(_OnGraph):
    """Manifold-adaptive estimate ln 2 / ln(r_k / r_{k/2}) at each point.

    With j = k/2, (r_j / r_k)^d of uniform points is Beta(j, k - j), so that ln(r_k / r_j) has the
    mean (1/j + ... + 1/(k - 1)) / d, which 'pooled' inverts. The mean of the estimates is 7 % above
    d for k = 20, and is that of a single point where one is far from all others.
    """

    neighbors: int = whole_number(20, "neighbourhood size k", least=2)
    aggregate: str = choice("pooled", _OVER_POINTS, _AGGREGATES)

    def estimate(self, points: Array) -> Estimate:
        # skdim.id.MADA sorts all n x n distances, of which it uses these two alone.
        distances, _ = neighbor_graph(points, self.neighbors)
        with np.errstate(divide="ignore"):
            pointwise = np.log(2) / np.log(distances[:, -1] / distances[:, self.neighbors // 2 - 1])
        return aggregate_pointwise("MADA", pointwise, self.aggregate, pooled=self._pooled)

    def _pooled(self, inverse: Array) -> float:
        expected = (1 / np.arange(self.neighbors // 2, self.neighbors)).sum()
        return float(expected / (np.log(2) * inverse.mean()))


@register(
    "twonn",
    family="neighbours",
    weakness="noise counts in full at the scale of nearest neighbours; too little from d = 15",
    neighbors=True,
    seconds=0.2,
    source="Facco et al. 2017; skdim.id.TwoNN",
)
@attrs.define(kw_only=True, slots=False)
class TwoNN(UsesScikitDimension):
    """Two nearest neighbours: log(r_2 / r_1) is exponential with rate d."""

    reads_distances: ClassVar[bool] = True

    discard_fraction: float = number(
        0.1, "share of the largest ratios that is left out of the fit", below=1.0
    )

    def needed_points(self) -> int:
        return 4

    def estimate(self, points: Array) -> Estimate:
        distances, _ = neighbor_graph(points, 2)
        with scikit_dimension() as skdim:
            twonn = skdim.TwoNN(discard_fraction=self.discard_fraction, dist=True)
            return Estimate(twonn.fit(distances).dimension_)


@register(
    "gride",
    family="neighbours",
    weakness=_WEAKNESS,
    neighbors=True,
    seconds=0.2,
    source="Denti et al. 2022; skdim.id.GRIDE",
    published={"near": 5, "far": 10},
)
@attrs.define(kw_only=True, slots=False)
class GRIDE(TwoNeighborOrders, UsesScikitDimension):
    """Generalised ratios: maximum likelihood of r_far / r_near."""

    reads_distances: ClassVar[bool] = True

    near: int = whole_number(5, "order of the nearer neighbour")
    far: int = whole_number(10, "order of the farther neighbour, above 'near'", least=2)

    def needed_points(self) -> int:
        return max(4, self.far + 1)

    def estimate(self, points: Array) -> Estimate:
        distances, _ = neighbor_graph(points, self.far)
        with scikit_dimension():
            from skdim.id._GRIDE import _gride

            return Estimate(_gride(distances, self.near, self.far)[0])


@register(
    "mind-ml",
    family="neighbours",
    weakness=_WEAKNESS,
    neighbors=True,
    seconds=0.2,
    source="Rozza et al. 2012 (MiND_MLk, MiND_MLi); skdim.id.MiND_ML",
)
@attrs.define(kw_only=True, slots=False)
class MiNDML(_OnGraph):
    """Maximum likelihood of r_1 / r_{k+1}, dimensions up to the ambient one."""

    neighbors: int = whole_number(20, "neighbourhood size k", least=2)
    version: str = choice("MLk", "'MLk' is fractional, 'MLi' a whole number", ("MLk", "MLi"))

    def needed_points(self) -> int:
        return self.neighbors + 2

    def estimate(self, points: Array) -> Estimate:
        distances, _ = neighbor_graph(points, self.neighbors + 1)
        ratios = distances[:, 0] / distances[:, -1]
        tied = ratios > 1 - 1e-12
        if tied.any():
            raise ValueError(
                f"MiNDML: the first {self.neighbors + 1} neighbours of "
                f"{int(tied.sum())} points are all at the same distance"
            )
        with scikit_dimension() as skdim:
            # Its default D = 10 would cap the answer.
            mind = skdim.MiND_ML(k=self.neighbors, D=points.shape[1], ver=self.version)
            whole = mind._MiND_MLi(ratios)
            return Estimate(whole if self.version == "MLi" else mind._MiND_MLk(ratios, whole))
