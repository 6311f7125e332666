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
    digest = hashlib.blake2b(
        np.ascontiguousarray(points).data, digest_size=16, key=repr(points.shape).encode()
    ).digest()
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

    centred = points - points.mean(axis=0)
    search = NearestNeighbors(n_neighbors=k).fit(centred)
    if query is None:
        distances, indices = search.kneighbors()
        return _exact(points, np.arange(len(points)), distances, indices)
    # The points asked for are among those searched: each finds itself first.
    distances, indices = search.kneighbors(centred[query], n_neighbors=k + 1)
    itself = indices == query[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = len(query), k
    return _exact(points, query, distances[~itself].reshape(shape), indices[~itself].reshape(shape))


def _exact(
    points: Array, rows: Indices, distances: Array, indices: Indices
) -> tuple[Array, Indices]:
    """Distances (m, k) from ``points[rows]`` to full accuracy, in order, with their indices.

    In many coordinates the search takes squared distances from |x|^2 - 2 xy + |y|^2, which leaves
    few digits of a small one: those are computed again from the difference of the points.
    """
    centred = points - points.mean(axis=0)
    square = np.einsum("ij,ij->i", centred, centred)
    row, column = np.nonzero(distances**2 < 1e-5 * (square[rows, None] + square[indices]))
    if len(row) == 0:
        return distances, indices
    for part in np.array_split(np.arange(len(row)), 1 + len(row) * points.shape[1] // 4_000_000):
        near = points[indices[row[part], column[part]]]
        distances[row[part], column[part]] = np.linalg.norm(points[rows[row[part]]] - near, axis=1)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(distances, order, axis=1), np.take_along_axis(indices, order, axis=1)
