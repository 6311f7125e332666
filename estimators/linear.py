"""Linear estimators: principal components of the whole sample, or of neighbourhoods."""

from __future__ import annotations

import attrs
import numpy as np

from estimators.base import Array, Estimate, Estimator
from estimators.catalogue import register
from estimators.neighbors import query_neighbors
from estimators.readings import combined
from estimators.scikit_dimension import UsesScikitDimension, scikit_dimension
from estimators.subsets import chosen_rows
from manifolds.parameters import number, whole_number


@register(
    "lpca-global",
    family="linear",
    weakness="it counts directions of the linear span that vary most, curved or not",
    seconds=0.2,
    source="Fukunaga & Olsen 1971 on the whole sample, as in Stanczuk et al. 2024; skdim.id.lPCA",
    published={"threshold": 0.05},
)
@attrs.define(kw_only=True, slots=False)
class GlobalPCA(UsesScikitDimension):
    """Number of covariance eigenvalues above a share of the largest, of the whole sample."""

    threshold: float = number(0.05, "share of the largest eigenvalue (alphaFO)", below=1.0)

    def estimate(self, points: Array) -> Estimate:
        if points.shape[1] == 1:
            return Estimate(1.0)
        with scikit_dimension() as skdim:
            return Estimate(
                skdim.lPCA(ver="FO", alphaFO=self.threshold).fit(points - points.mean(0)).dimension_
            )


@register(
    "lpca-local",
    family="linear",
    weakness="neighbourhoods wide for the curvature add directions, thin ones are lost",
    scope="local",
    deterministic=False,
    seconds=0.3,
    source="Fukunaga & Olsen 1971 in neighbourhoods; formula of skdim.id.lPCA",
)
@attrs.define(kw_only=True, slots=False)
class LocalPCA(Estimator):
    """Number of covariance eigenvalues above a share of the largest, in neighbourhoods."""

    neighbors: int = whole_number(100, "neighbourhood size k", least=3)
    threshold: float = number(0.05, "share of the largest eigenvalue (alphaFO)", below=1.0)
    queries: int | None = whole_number(
        500, "points at which it is read, with neighbours from all; None for all", none=True
    )
    random_state: int = whole_number(0, "seed of the queries", least=0)

    def warm_up(self) -> None:
        import sklearn.neighbors  # noqa: F401
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: F401

    def needed_points(self) -> int:
        return self.neighbors + 1

    def estimate(self, points: Array) -> Estimate:
        from threadpoolctl import threadpool_limits

        query = chosen_rows(len(points), self.queries, self.random_state)
        neighborhoods = query_neighbors(points, query, self.neighbors)
        # In blocks of some 4 MiB: they stay in the processor's cache. One thread: several lose more
        # by waiting for each other at each of these small matrices than they gain.
        size = self.neighbors * points.shape[1]
        blocks = np.array_split(neighborhoods, 1 + len(query) * size // 500_000)
        with threadpool_limits(1, user_api="blas"):
            spectra = np.concatenate([_spectra(points[rows]) for rows in blocks])
        pointwise = (spectra > self.threshold * spectra[:, -1:]).sum(axis=1).astype(np.float64)
        return combined("LocalPCA", pointwise, query=query)


def _spectra(neighborhoods: Array) -> Array:
    """Covariance eigenvalues of each neighbourhood (m, k, D), times k - 1, smallest first.

    Shape (m, min(k, D)): no others are above zero. skdim.id.lPCA takes all singular vectors as
    well, which is four times the work for the same count.
    """
    vectors = neighborhoods - neighborhoods.mean(axis=1, keepdims=True)
    transposed = vectors.transpose(0, 2, 1)
    wide = vectors.shape[1] < vectors.shape[2]
    return np.linalg.eigvalsh(vectors @ transposed if wide else transposed @ vectors)


@register(
    "ppca",
    family="linear",
    weakness="it counts all directions of the linear span, of which curved sets have many",
    seconds=0.2,
    source="Minka 2000; sklearn.decomposition.PCA(n_components='mle')",
)
@attrs.define(kw_only=True, slots=False)
class PPCA(Estimator):
    """Probabilistic PCA: the number of components of largest evidence."""

    def warm_up(self) -> None:
        import sklearn.decomposition  # noqa: F401

    def estimate(self, points: Array) -> Estimate:
        from sklearn.decomposition import PCA

        n, ambient = points.shape
        if n < ambient:
            raise ValueError(
                f"PPCA needs at least as many points as coordinates ({ambient}), but X has {n}"
            )
        if ambient == 1:
            return Estimate(1.0)
        # Eigenvalues below 1e-15 count as zero: in units of the sample, scale does not matter.
        centred = points - points.mean(axis=0)
        unit = np.sqrt(np.square(centred).sum(axis=1).mean())
        with np.errstate(all="ignore"):
            fitted = PCA(n_components="mle", svd_solver="full").fit(centred / unit)
        return Estimate(float(fitted.n_components_))
