"""Linear estimators: principal components of the whole sample, or of neighbourhoods."""

from __future__ import annotations

import attrs
import numpy as np

from estimators.aggregation import aggregate_pointwise
from estimators.base import Array, Estimate, Estimator
from estimators.catalogue import register
from estimators.neighbors import query_neighbors
from estimators.points import subsample_rows
from estimators.scikit_dimension import UsesScikitDimension, scikit_dimension
from manifolds.parameters import choice, number, whole_number


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
        500, "points at which it is evaluated, with neighbours from all; None for all", none=True
    )
    random_state: int = whole_number(0, "seed of the queries", least=0)

    def warm_up(self) -> None:
        import sklearn.neighbors  # noqa: F401
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: F401

    def needed_points(self) -> int:
        return self.neighbors + 1

    def estimate(self, points: Array) -> Estimate:
        from threadpoolctl import threadpool_limits

        query = subsample_rows(len(points), self.queries, self.random_state)
        neighborhoods = query_neighbors(points, query, self.neighbors)
        # In blocks of some 4 MiB: they stay in the processor's cache. One thread: several lose more
        # by waiting for each other at each of these small matrices than they gain.
        size = self.neighbors * points.shape[1]
        blocks = np.array_split(neighborhoods, 1 + len(query) * size // 500_000)
        with threadpool_limits(1, user_api="blas"):
            spectra = np.concatenate([_spectra(points[rows]) for rows in blocks])
        pointwise = (spectra > self.threshold * spectra[:, -1:]).sum(axis=1).astype(np.float64)
        return aggregate_pointwise("LocalPCA", pointwise, query=query)


def _spectra(neighborhoods: Array) -> Array:
    """Return covariance eigenvalues of neighbourhoods (m, k, D), times k - 1, smallest first.

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
    weakness="it counts directions of the linear span, of which curved sets have many; those of "
    "least and equal variance pass for noise",
    version=2,
    seconds=0.2,
    source="Minka 2000; sklearn.decomposition.PCA(n_components='mle')",
    published={"version": "sklearn"},
)
@attrs.define(kw_only=True, slots=False)
class PPCA(Estimator):
    """Probabilistic PCA: the number of components of largest evidence.

    Of points with a covariance of rank r, it compares q = 0 to r - 1 components with noise of equal
    variance in the other r - q directions. Directions without variance say nothing: the answer is
    that of the r others alone. Points of q = 0, equal in all directions, fill their span, as do
    those of q = r - 1: noise in one direction is as free as a component, and the model is that of
    any covariance. Both count as r.

    'sklearn' compares q = 1 to D - 1 in all D coordinates, as published: it says 1 of points that
    are equal in all directions, and the rank where one direction has no variance.
    """

    version: str = choice("span", "'span', or 'sklearn' in all coordinates", ("span", "sklearn"))

    def warm_up(self) -> None:
        import scipy.special  # noqa: F401
        import sklearn.decomposition  # noqa: F401

    def estimate(self, points: Array) -> Estimate:
        n, ambient = points.shape
        if ambient == 1:
            return Estimate(1.0)
        # In units of the sample, scale does not matter.
        centred = points - points.mean(axis=0)
        centred /= np.sqrt(np.square(centred).sum(axis=1).mean())
        if self.version == "sklearn":
            return Estimate(_components_of_scikit_learn(centred))
        variances = np.linalg.svd(centred, compute_uv=False) ** 2 / n
        variances = variances[variances > _NO_VARIANCE]
        rank = len(variances)
        if rank >= n - 1:
            raise ValueError(
                f"PPCA needs more points than coordinates ({ambient}), or than the directions that "
                f"they vary in, but {n} points of X vary in {rank}"
            )
        best = int(np.argmax(log_evidence(variances, n)))
        return Estimate(float(rank if best in (0, rank - 1) else best))


# Share of the total variance below which there is none, as in scikit-learn.
_NO_VARIANCE = 1e-15


def _components_of_scikit_learn(centred: Array) -> float:
    from sklearn.decomposition import PCA

    n, ambient = centred.shape
    if n < ambient:
        raise ValueError(
            f"PPCA needs at least as many points as coordinates ({ambient}) with "
            f"version='sklearn', but X has {n}"
        )
    with np.errstate(all="ignore"):
        return float(PCA(n_components="mle", svd_solver="full").fit(centred).n_components_)


def log_evidence(variances: Array, n: int) -> Array:
    """Return the Laplace approximation of the log evidence of 0 to r - 1 components: (r,).

    ``variances`` (r,) are those of n points along their principal axes, largest first, none zero.
    Up to a constant (Minka 2000, equation 30), with v the mean of the last r - q variances l,

        log p(U) - n/2 (log l_1 + ... + log l_q) - n (r - q)/2 log v + (m + q)/2 log 2 pi
        - 1/2 log |A| - q/2 log n,    m = r q - q (q + 1)/2,

    where log |A| sums log (1/l'_j - 1/l_i) (l_i - l_j) n over i <= q, j > i, and l'_j is l_j up
    to q and v beyond.
    """
    from scipy.special import gammaln

    rank = len(variances)
    q = np.arange(rank)
    left = rank - q
    noise = np.cumsum(variances[::-1])[::-1] / left
    prior = _sum_before(gammaln(left / 2) - left / 2 * np.log(np.pi) - np.log(2))
    # Equal variances have no distinct axes: their difference is one of rounding.
    tiny = np.finfo(np.float64).eps
    apart = np.maximum(variances[:, None] - variances, tiny * variances[:, None])
    inverse = np.maximum(1 / variances - 1 / variances[:, None], tiny / variances)
    own = _sum_before(np.triu(np.log(apart), 1).sum(axis=1)) + _sum_before(
        np.triu(np.log(inverse), 1).sum(axis=0)
    )
    mixed = [
        (rank - i) * np.log(np.maximum(1 / noise[i] - 1 / variances[:i], tiny / noise[i])).sum()
        for i in q
    ]
    m = rank * q - q * (q + 1) / 2
    return np.asarray(
        prior
        - n / 2 * (_sum_before(np.log(variances)) + left * np.log(noise))
        + (m + q) / 2 * np.log(2 * np.pi)
        - (own + np.array(mixed) + m * np.log(n)) / 2
        - q / 2 * np.log(n)
    )


def _sum_before(terms: Array) -> Array:
    """Return for each term the sum of those before it."""
    return np.concatenate([[0.0], np.cumsum(terms)[:-1]])
