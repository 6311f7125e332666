"""One graph of nearest neighbours a sample, shared by all estimators that need one."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

import numpy as np

from estimators.base import Array, Indices

# Neighbours kept of each point: the most that an estimator asks for by default, so that the
# first one to come builds what all the others need.
_KEPT = 100


@dataclass(frozen=True)
class _Graph:
    digest: bytes
    distances: Array
    indices: Indices
    seconds: float


@dataclass
class _Shared:
    """The last graph of this process, and the time that its reuse saved since last asked."""

    graph: _Graph | None = None
    built: bool = False
    borrowed: float = 0.0


_shared = _Shared()


def neighbor_graph(points: Array, k: int) -> tuple[Array, Indices]:
    """Distances and row numbers of the ``k`` nearest neighbours of each point, nearest first.

    Both are (n, k); a point is not its own neighbour. The graph of the last sample is kept, with
    more neighbours than asked for, and used again for the same points. Raises ValueError where
    there are not more than ``k`` points.
    """
    n = len(points)
    if k >= n:
        raise ValueError(f"{k} neighbours need at least {k + 1} points, but there are {n}")
    digest = hashlib.blake2b(points.tobytes(), digest_size=16).digest()
    graph = _shared.graph
    if graph is None or graph.digest != digest or graph.distances.shape[1] < k:
        start = time.perf_counter()
        distances, indices = _search(points, None, min(max(k, _KEPT), n - 1))
        graph = _Graph(digest, distances, indices, time.perf_counter() - start)
        _shared.graph, _shared.built = graph, True
    elif not _shared.built:
        _shared.borrowed = graph.seconds
    return graph.distances[:, :k], graph.indices[:, :k]


def borrowed_seconds() -> float:
    """Seconds that graphs built before have saved since this was last asked."""
    saved, _shared.borrowed, _shared.built = _shared.borrowed, 0.0, False
    return saved


def query_neighbors(points: Array, query: Indices, k: int) -> Indices:
    """Row numbers of the ``k`` nearest neighbours of the points ``query``, themselves left out.

    Shape (m, k). Raises ValueError where there are not more than ``k`` points.
    """
    if k >= len(points):
        raise ValueError(
            f"{k} neighbours need at least {k + 1} points, but there are {len(points)}"
        )
    return _search(points, query, k)[1]


def _search(points: Array, query: Indices | None, k: int) -> tuple[Array, Indices]:
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=k).fit(points)
    if query is None:
        distances, indices = search.kneighbors()
        return distances, indices
    # The points asked for are among those searched: each finds itself first.
    distances, indices = search.kneighbors(points[query], n_neighbors=k + 1)
    itself = indices == query[:, None]
    itself[~itself.any(axis=1), -1] = True
    return distances[~itself].reshape(len(query), k), indices[~itself].reshape(len(query), k)
