"""One graph of nearest neighbours per sample, shared by all estimators that need one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from estimators import graph_files
from estimators.graph_files import Graph
from estimators.points import Array, Indices

#: Neighbours of each point in a graph: the most that an estimator needs by default, so that the
#: first one builds the graph for all others.
GRAPH_NEIGHBORS = 100


class TwoNeighborOrders:
    """Mixin of the estimators with the orders of two neighbours, a nearer and a farther one."""

    near: int
    far: int

    def __attrs_post_init__(self) -> None:
        if self.far <= self.near:
            raise ValueError(f"'far' must be above 'near' ({self.near}), not {self.far}")


@dataclass
class _Shared:
    """The last graph of this process, the folder of shared graphs, and times since the last pop.

    ``saved`` are the seconds that it took to build a graph that was reused, ``overhead`` those of
    waiting for it, reading and writing; ``built`` is True if a graph was built here.
    """

    graph: Graph | None = None
    folder: Path | None = None
    built: bool = False
    saved: float = 0.0
    overhead: float = 0.0


_shared = _Shared()


def share(folder: Path | None) -> None:
    """Share graphs through files in ``folder`` with the other processes that use it, from now on.

    The folder is created when the first graph is saved. Its files may be removed at any time, and
    are never removed here. None ends the sharing beyond this process.
    """
    _shared.folder = folder


def neighbor_graph(points: Array, k: int) -> tuple[Array, Indices]:
    """Return distances and row numbers of the ``k`` nearest neighbours of each point, in order.

    Both are (n, k) and read-only; a point is not its own neighbour. The graph of the last sample
    is cached, with at least ``GRAPH_NEIGHBORS`` neighbours, and reused for the same points. Raises
    ValueError where there are not more than ``k`` points.
    """
    _check(points, k)
    digest = graph_files.digest(points)
    graph = _cached_graph(digest, k) or _build_once(
        points, digest, min(max(k, GRAPH_NEIGHBORS), len(points) - 1)
    )
    return graph.distances[:, :k], graph.indices[:, :k]


def query_neighbors(points: Array, query: Indices, k: int) -> Indices:
    """Return row numbers of the ``k`` nearest neighbours of the points ``query``, without them.

    Shape (m, k). Raises ValueError where there are not more than ``k`` points.
    """
    return query_graph(points, query, k)[1]


def query_graph(points: Array, query: Indices, k: int) -> tuple[Array, Indices]:
    """Return distances and row numbers of the ``k`` nearest neighbours of the points ``query``.

    Both are (m, k); a point is not its own neighbour. They are rows of the graph where there is
    one already, or where ``query`` are all points. Raises ValueError where there are not more than
    ``k`` points.
    """
    _check(points, k)
    if len(query) >= len(points):
        distances, indices = neighbor_graph(points, k)
        return distances[query], indices[query]
    # Alone, an estimator would search for the neighbours of these points only.
    return nearest_neighbors(points, query, k)


def nearest_neighbors(points: Array, query: Indices, k: int) -> tuple[Array, Indices]:
    """Return what ``query_graph`` does, but build no graph where ``query`` are all points."""
    _check(points, k)
    graph = _cached_graph(graph_files.digest(points), k, len(query) / len(points))
    if graph is None:
        return _search(points, query, k)
    return graph.distances[query, :k], graph.indices[query, :k]


def clear() -> None:
    """Clear the graph that this process caches."""
    _shared.graph = None


def pop_saved_seconds() -> float:
    """Return and reset the seconds that reused graphs have saved since the last call.

    Added to the time of a fit, they give what it would have taken alone. Time spent on waiting for
    another process and on files is subtracted, so that the result may be a little below zero.
    """
    saved = _shared.saved - _shared.overhead
    _shared.saved, _shared.overhead, _shared.built = 0.0, 0.0, False
    return saved


def _check(points: Array, k: int) -> None:
    if k >= len(points):
        raise ValueError(
            f"{k} neighbours need at least {k + 1} points, but there are {len(points)}"
        )


def _cached_graph(digest: str, k: int, part: float = 1.0) -> Graph | None:
    """Return the graph of points with at least k neighbours, if there is one.

    ``part`` is the share of its rows that is used.
    """
    graph = _shared.graph
    if graph is None or graph.digest != digest or graph.k < k:
        if _shared.folder is None:
            return None
        start = time.perf_counter()
        graph = graph_files.load(_shared.folder, digest, k)
        _shared.overhead += time.perf_counter() - start
        if graph is None:
            return None
        _shared.graph = graph
    if not _shared.built:
        _shared.saved = max(_shared.saved, part * graph.seconds)
    return graph


def _build_once(points: Array, digest: str, k: int) -> Graph:
    """Build and save the graph of points, or wait for the process that is building it."""
    folder = _shared.folder
    if folder is None:
        return _build(points, digest, k)
    start = time.perf_counter()
    with graph_files.lock(folder, digest):
        _shared.overhead += time.perf_counter() - start
        graph = _cached_graph(digest, k)
        if graph is None:
            graph = _build(points, digest, k)
            start = time.perf_counter()
            graph_files.save(folder, graph)
            _shared.overhead += time.perf_counter() - start
        return graph


def _build(points: Array, digest: str, k: int) -> Graph:
    start = time.perf_counter()
    distances, indices = _search(points, None, k)
    graph = Graph(digest, distances, indices, time.perf_counter() - start)
    _shared.graph, _shared.built = graph, True
    return graph


def _search(points: Array, query: Indices | None, k: int) -> tuple[Array, Indices]:
    from sklearn.neighbors import NearestNeighbors

    centred = points - points.mean(axis=0)
    search = NearestNeighbors(n_neighbors=k).fit(centred)
    if query is None:
        distances, indices = search.kneighbors()
        return _recompute_small(points, np.arange(len(points)), distances, indices)
    # The query points are among those searched: each finds itself first.
    distances, indices = search.kneighbors(centred[query], n_neighbors=k + 1)
    itself = indices == query[:, None]
    itself[~itself.any(axis=1), -1] = True
    shape = len(query), k
    return _recompute_small(
        points, query, distances[~itself].reshape(shape), indices[~itself].reshape(shape)
    )


def _recompute_small(
    points: Array, rows: Indices, distances: Array, indices: Indices
) -> tuple[Array, Indices]:
    """Return distances (m, k) from ``points[rows]`` to full accuracy, sorted, and their indices.

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
