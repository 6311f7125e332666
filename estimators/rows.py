"""Selection of the rows of a sample that an estimate uses: no copies, and no far outliers.

Rows that repeat others, exactly or nearly (up to rounding, say), put neighbours at distances
that say nothing of the manifold; one outlier decides a mean or a covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estimators.neighbors import nearest_neighbors
from estimators.points import Array, Indices

#: Of fewer points than this only exact duplicates are detected.
MIN_POINTS = 40
#: Points whose neighbours are inspected, and how many neighbours of each.
INSPECTED, NEIGHBORS = 500, 30
#: A row is far if its distance from the centre is this many times that of the row before it in
#: order of that distance; at most ``FAR_SHARE`` of the rows are.
FAR, FAR_SHARE = 5.0, 0.01
#: log(r_{j+1} / r_j), in units of 1 / d, from which the nearest j neighbours are copies. By chance
#: it is that of one point in 1700, since d is estimated from 20 neighbours: (1 + 9/20)^-20.
COPY_STEP = 9.0
#: Where d is not known so well, r_2 / r_1 from which the nearest neighbour is a copy: where it
#: is this many times as frequent as on a curve, on which it is above c for a share 1 / c of points.
MORE_OFTEN = 20.0
#: Share of the points that must have copies, and how many must.
COPIES_SHARE, MIN_COPIES = 0.01, 5
#: Most neighbours that may be copies of a point.
MOST_COPIES = 9
#: A point is isolated if its nearest neighbour is this many times farther away than the tenth
#: neighbour of that one.
ISOLATED = 5.0


@dataclass(frozen=True)
class Neighbors:
    """Distances and row numbers (m, k) of the nearest neighbours of points ``rows`` (m,)."""

    rows: Indices
    distances: Array
    indices: Indices


@dataclass(frozen=True)
class RowSelection:
    """Rows of a sample of n points to work on, and what was left out.

    ``used`` are those rows, ascending; ``place`` (n,) is for each row the position in ``used`` of
    the point that represents it, or -1 where there is none. ``duplicates`` rows repeat others
    exactly, ``copies`` nearly, and ``far`` ones are left out. ``neighbors`` are those of some of
    the rows used, None of fewer than ``MIN_POINTS``.
    """

    used: Indices
    place: Indices
    duplicates: int
    copies: tuple[int, ...]
    far: tuple[int, ...]
    neighbors: Neighbors | None

    def warnings(self, names: Sequence[str] = ()) -> list[str]:
        """Return a message for each reason why rows, which may have names, are not used."""
        n, messages = len(self.place), []

        def format_rows(rows: tuple[int, ...]) -> str:
            return format_list(
                "image" if names else "row", [names[r] if names else r for r in rows]
            )

        if self.duplicates:
            messages.append(
                f"{self.duplicates} of {n} points are duplicates of others; each distinct point "
                "was used once"
            )
        if self.copies:
            messages.append(
                f"{len(self.copies)} of {n} points are near-copies of others, much nearer than "
                f"neighbours are ({format_rows(self.copies)}); each point was used once"
            )
        if self.far:
            verb = "is" if len(self.far) == 1 else "are"
            messages.append(
                f"{format_rows(self.far)} of {n} points {verb} far from all others (at more than "
                f"{FAR:g} times the distance of any other from the middle) and not used"
            )
        return messages


def select_rows(points: Array) -> RowSelection:
    """Return the rows of points (n, D) to work on."""
    used, place = distinct_rows(points)
    duplicates = len(points) - len(used)
    far = far_rows(points[used] if duplicates else points)
    if len(far):
        used, place = _restrict(np.delete(np.arange(len(used)), far), used, place)
    copies: Indices = used[:0]
    neighbors = None
    if len(used) >= MIN_POINTS:
        distinct = points if len(used) == len(points) else points[used]
        neighbors = sample_neighbors(distinct)
        first_rows = first_of_copies(distinct, neighbors)
        copies = used[first_rows != np.arange(len(first_rows))]
        if len(copies):
            first, position = np.unique(first_rows, return_inverse=True)
            place = np.where(place >= 0, position.ravel()[place], -1)
            used = used[first]
            neighbors = sample_neighbors(points[used]) if len(used) >= MIN_POINTS else None
    left_out = np.flatnonzero(place < 0)
    return RowSelection(
        used, place, duplicates, tuple(copies.tolist()), tuple(left_out.tolist()), neighbors
    )


def _restrict(near: Indices, used: Indices, place: Indices) -> tuple[Indices, Indices]:
    """Return ``used`` and ``place`` restricted to the positions ``near`` in ``used``."""
    position = np.full(len(used), -1)
    position[near] = np.arange(len(near))
    return used[near], position[place]


def distinct_rows(points: Array) -> tuple[Indices, Indices]:
    """Return the first row of each distinct point, in order, and for each row its place in them.

    Rows are compared only where a random projection of them ties: sorting whole rows of a
    sample without duplicates would cost more than most neighbour estimators.
    """
    n = len(points)
    order = np.arange(n)
    projected = points @ np.random.default_rng(0).standard_normal(points.shape[1])
    ranked = np.argsort(projected, kind="stable")
    scale = np.abs(projected).max() or 1.0
    near = np.diff(projected[ranked]) <= 1e-12 * scale
    if not near.any():
        return order, order
    suspects = np.unique(np.concatenate([ranked[:-1][near], ranked[1:][near]]))
    _, inverse = np.unique(points[suspects], axis=0, return_inverse=True)
    firsts = np.full(inverse.max() + 1, n)
    np.minimum.at(firsts, inverse.ravel(), suspects)
    representative = order.copy()
    representative[suspects] = firsts[inverse.ravel()]
    first, position = np.unique(representative, return_inverse=True)
    return first, position.ravel()


def far_rows(points: Array) -> Indices:
    """Return rows of distinct points (n, D) that are far from all others, ascending.

    In order of the distance from the medians of the coordinates, those from the first one on that
    is ``FAR`` times as far as the one before, of the last ``FAR_SHARE`` of the rows.
    """
    n = len(points)
    if n < MIN_POINTS:
        return np.empty(0, dtype=np.int64)
    middle = np.median(points[:: -(-n // 500)], axis=0)
    radius = np.linalg.norm(points - middle, axis=1)
    last = np.argsort(radius, kind="stable")[-max(1, int(FAR_SHARE * n)) - 1 :]
    jumps = np.flatnonzero(radius[last[1:]] > FAR * radius[last[:-1]])
    return np.sort(last[1 + jumps[0] :]) if len(jumps) else np.empty(0, dtype=np.int64)


def first_of_copies(points: Array, neighbors: Neighbors) -> Indices:
    """Return for each of distinct points (n, D) the first row of its near-copies: (n,).

    Points are near-copies whose distance is so far below that of their next neighbours that no
    smooth density gives it: on a manifold of any dimension d >= 1, log(r_{j+1} / r_j) is
    exponential with rate j d (Facco et al. 2017). All rows are searched where some,
    ``neighbors``, have them more often than by chance.
    """
    n = len(points)
    own = np.arange(n)
    threshold = CopyThreshold.of(neighbors.distances)
    if threshold is None:
        return own
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    distances, indices = nearest_neighbors(points, own, neighbors.distances.shape[1])
    rank = np.arange(indices.shape[1])
    row, column = np.nonzero(rank < threshold.copies(distances)[:, None])
    pairs = coo_array((np.ones(len(row)), (row, indices[row, column])), shape=(n, n))
    groups = connected_components(pairs, directed=False)[1]
    first = np.full(groups.max() + 1, n)
    np.minimum.at(first, groups, own)
    return first[groups]


@dataclass(frozen=True)
class CopyThreshold:
    """Step between neighbours from which the nearer ones are copies.

    ``units`` is log(r_{j+1} / r_j) in units of 1 / d, ``least`` is log(r_2 / r_1).
    """

    units: float
    least: float

    @classmethod
    def of(cls, distances: Array) -> CopyThreshold | None:
        """Return the threshold for a sample of which points have neighbours at distances (m, k).

        None where copies are no more frequent than chance allows.
        """
        m = len(distances)
        needed = max(MIN_COPIES, COPIES_SHARE * m)
        logs = np.log(distances)
        by_dimension = np.count_nonzero(_copies(logs, COPY_STEP, np.inf)) >= needed
        steps = np.sort(logs[:, 1] - logs[:, 0])[::-1]
        number = np.arange(1, m + 1)
        frequent = (number >= needed) & (number / m >= MORE_OFTEN * np.exp(-steps))
        if not by_dimension and not frequent.any():
            return None
        return cls(
            COPY_STEP if by_dimension else np.inf,
            float(steps[frequent].min()) if frequent.any() else np.inf,
        )

    def copies(self, distances: Array) -> Indices:
        """Return how many of the nearest neighbours, at distances (m, k), are copies: (m,)."""
        return _copies(np.log(distances), self.units, self.least)


def _copies(logs: Array, units: float, least: float) -> Indices:
    """Return how many of the nearest neighbours are copies (m,), of logarithms of distances."""
    most, k = MOST_COPIES, logs.shape[1]
    steps = np.diff(logs[:, : most + 1], axis=1)
    order = np.arange(1, most + 1)
    # Each step has the mean 1 / (j d). On a coiled curve far neighbours are on other turns, and
    # show a larger d than near ones, of which the largest step is left out.
    far = (logs[:, -1] - logs[:, most]) / np.sum(1 / np.arange(most + 1, k))
    scaled = np.sort(steps * order, axis=1)[:, :-1]
    unit = np.maximum(far, scaled.mean(axis=1))[:, None]
    jumps = (steps > units * unit) & (far[:, None] > 0)
    jumps[:, 0] |= steps[:, 0] >= least
    return np.where(jumps, order, 0).max(axis=1)


def isolated_rows(points: Array, query: Indices) -> Indices:
    """Return which of the rows ``query`` (m,) of points (n, D) are isolated, ascending.

    Such a point is, as far as the sample shows, a component by itself.
    """
    if len(points) < MIN_POINTS:
        return np.empty(0, dtype=np.int64)
    distances, indices = nearest_neighbors(points, query, 10)
    # That neighbour and its nine nearest are then all at about the same distance.
    candidate = distances[:, -1] <= (1 + 1 / ISOLATED) * distances[:, 0]
    if not candidate.any():
        return np.empty(0, dtype=np.int64)
    others, where = np.unique(indices[candidate, 0], return_inverse=True)
    tenth = nearest_neighbors(points, others, 10)[0][where.ravel(), -1]
    return query[candidate][distances[candidate, 0] > ISOLATED * tenth]


def sample_neighbors(points: Array) -> Neighbors:
    """Return the neighbours of at most ``INSPECTED`` of the points (n, D), always the same ones."""
    n = len(points)
    rows = np.arange(n)
    if n > INSPECTED:
        rows = np.sort(np.random.default_rng(0).choice(n, INSPECTED, replace=False))
    return Neighbors(rows, *nearest_neighbors(points, rows, min(NEIGHBORS, n - 1)))


def format_list(noun: str, items: Sequence[object]) -> str:
    """Return "row 5", or "rows 5, 7, 9, 12, 13, ..."."""
    some = ", ".join(map(str, items[:5])) + (", ..." if len(items) > 5 else "")
    return f"{noun}{'s' if len(items) > 1 else ''} {some}"
