"""Which rows of a sample an estimate uses: each point once, and none that is far from all others.

Rows that repeat others, exactly or nearly (but for rounding, say), put neighbours at distances
that say nothing of the manifold; one row of nonsense decides a mean or a covariance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estimators.neighbors import nearest_of
from estimators.points import Array, Indices

#: Fewer points than this are not judged, but for exact duplicates.
LEAST = 40
#: Points whose neighbours are looked at, and how many of each.
LOOKED_AT, NEIGHBORS = 500, 30
#: A row is far whose distance from the middle is this many times that of the row before it in
#: order of that distance; at most ``FAR_SHARE`` of the rows are.
FAR, FAR_SHARE = 5.0, 0.01
#: log(r_{j+1} / r_j), in units of 1 / d, from which the nearest j neighbours are copies. By chance
#: it is that of one point in 1700, since d is estimated from 20 neighbours: (1 + 9/20)^-20.
COPY = 9.0
#: Where d cannot be known so well, r_2 / r_1 from which the nearest neighbour is a copy: where it
#: is this many times as frequent as on a curve, on which it is above c for a share 1 / c of points.
MORE_OFTEN = 20.0
#: Share of the points that must have copies, and how many must.
COPIES_SHARE, COPIES_LEAST = 0.01, 5
#: Most neighbours that may be copies of a point.
MOST_COPIES = 9
#: A point is isolated whose nearest neighbour is this many times farther away than the tenth
#: neighbour of that one.
ISOLATED = 5.0


@dataclass(frozen=True)
class Neighbors:
    """Distances and row numbers (m, k) of the nearest neighbours of points ``rows`` (m,)."""

    rows: Indices
    distances: Array
    indices: Indices


@dataclass(frozen=True)
class Rows:
    """Rows of a sample of n points.

    ``used`` are those to work on, ascending; ``place`` (n,) says for each row where in ``used`` is
    the point that stands for it, or -1 where there is none. ``duplicates`` rows repeat others
    exactly, ``copies`` nearly, and ``far`` ones are not used. ``neighbors`` are those of some of
    the rows used, None of fewer than ``LEAST``.
    """

    used: Indices
    place: Indices
    duplicates: int
    copies: tuple[int, ...]
    far: tuple[int, ...]
    neighbors: Neighbors | None

    def warnings(self, names: Sequence[str] = ()) -> list[str]:
        """Return a sentence for each reason why rows, which may have names, are not used."""
        n, found = len(self.place), []

        def these(rows: tuple[int, ...]) -> str:
            return listed("image" if names else "row", [names[r] if names else r for r in rows])

        if self.duplicates:
            found.append(
                f"{self.duplicates} of {n} points are duplicates of others; each distinct point "
                "was used once"
            )
        if self.copies:
            found.append(
                f"{len(self.copies)} of {n} points are near-copies of others, much nearer than "
                f"neighbours are ({these(self.copies)}); each point was used once"
            )
        if self.far:
            verb = "is" if len(self.far) == 1 else "are"
            found.append(
                f"{these(self.far)} of {n} points {verb} far from all others (at more than "
                f"{FAR:g} times the distance of any other from the middle) and not used"
            )
        return found


def usable_rows(points: Array) -> Rows:
    """Return the rows of points (n, D) to work on."""
    used, place = distinct(points)
    duplicates = len(points) - len(used)
    far = far_rows(points[used] if duplicates else points)
    if len(far):
        used, place = _only(np.delete(np.arange(len(used)), far), used, place)
    copied: Indices = used[:0]
    neighbors = None
    if len(used) >= LEAST:
        some = points if len(used) == len(points) else points[used]
        neighbors = some_neighbors(some)
        stands = near_copies(some, neighbors)
        copied = used[stands != np.arange(len(stands))]
        if len(copied):
            first, position = np.unique(stands, return_inverse=True)
            place = np.where(place >= 0, position.ravel()[place], -1)
            used = used[first]
            neighbors = some_neighbors(points[used]) if len(used) >= LEAST else None
    apart = np.flatnonzero(place < 0)
    return Rows(used, place, duplicates, tuple(copied.tolist()), tuple(apart.tolist()), neighbors)


def _only(near: Indices, used: Indices, place: Indices) -> tuple[Indices, Indices]:
    """Rows used and places where of those used only the ones at ``near`` are."""
    position = np.full(len(used), -1)
    position[near] = np.arange(len(near))
    return used[near], position[place]


def distinct(points: Array) -> tuple[Indices, Indices]:
    """Rows of the first of each distinct point, in order, and for each row its place in them.

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
    if n < LEAST:
        return np.empty(0, dtype=np.int64)
    middle = np.median(points[:: -(-n // 500)], axis=0)
    radius = np.linalg.norm(points - middle, axis=1)
    last = np.argsort(radius, kind="stable")[-max(1, int(FAR_SHARE * n)) - 1 :]
    jumps = np.flatnonzero(radius[last[1:]] > FAR * radius[last[:-1]])
    return np.sort(last[1 + jumps[0] :]) if len(jumps) else np.empty(0, dtype=np.int64)


def near_copies(points: Array, looked_at: Neighbors) -> Indices:
    """Return for each of distinct points (n, D) the first row of its near-copies: (n,).

    Points are near-copies whose distance is so far below that of their next neighbours that no
    smooth density gives it: on a manifold of any dimension d >= 1, log(r_{j+1} / r_j) is
    exponential with rate j d (Facco et al. 2017). They are looked for in all rows where some,
    ``looked_at``, have them more often than by chance.
    """
    n = len(points)
    own = np.arange(n)
    law = CopyLaw.of(looked_at.distances)
    if law is None:
        return own
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    distances, indices = nearest_of(points, own, looked_at.distances.shape[1])
    rank = np.arange(indices.shape[1])
    row, column = np.nonzero(rank < law.copies(distances)[:, None])
    pairs = coo_array((np.ones(len(row)), (row, indices[row, column])), shape=(n, n))
    groups = connected_components(pairs, directed=False)[1]
    first = np.full(groups.max() + 1, n)
    np.minimum.at(first, groups, own)
    return first[groups]


@dataclass(frozen=True)
class CopyLaw:
    """From which step between neighbours on the nearer ones are copies.

    ``units`` is log(r_{j+1} / r_j) in units of 1 / d, ``least`` is log(r_2 / r_1).
    """

    units: float
    least: float

    @classmethod
    def of(cls, distances: Array) -> CopyLaw | None:
        """Return the law for a sample in which points have neighbours at distances (m, k).

        None where copies are no more frequent than chance allows.
        """
        m = len(distances)
        needed = max(COPIES_LEAST, COPIES_SHARE * m)
        logs = np.log(distances)
        by_dimension = np.count_nonzero(_copies(logs, COPY, np.inf)) >= needed
        steps = np.sort(logs[:, 1] - logs[:, 0])[::-1]
        number = np.arange(1, m + 1)
        frequent = (number >= needed) & (number / m >= MORE_OFTEN * np.exp(-steps))
        if not by_dimension and not frequent.any():
            return None
        return cls(
            COPY if by_dimension else np.inf,
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
    # Each step is 1 / (j d) on average. On a coiled curve far neighbours are on other turns, and
    # show a larger d than near ones, of which the largest step is left out.
    far = (logs[:, -1] - logs[:, most]) / np.sum(1 / np.arange(most + 1, k))
    scaled = np.sort(steps * order, axis=1)[:, :-1]
    unit = np.maximum(far, scaled.mean(axis=1))[:, None]
    jumps = (steps > units * unit) & (far[:, None] > 0)
    jumps[:, 0] |= steps[:, 0] >= least
    return np.where(jumps, order, 0).max(axis=1)


def isolated_rows(points: Array, query: Indices) -> Indices:
    """Return which of the rows ``query`` (m,) of points (n, D) are isolated, ascending.

    Such a point is, as far as the sample shows, a component of its own.
    """
    if len(points) < LEAST:
        return np.empty(0, dtype=np.int64)
    distances, indices = nearest_of(points, query, 10)
    # That neighbour and its nine nearest are then all at about the same distance.
    may = distances[:, -1] <= (1 + 1 / ISOLATED) * distances[:, 0]
    if not may.any():
        return np.empty(0, dtype=np.int64)
    others, where = np.unique(indices[may, 0], return_inverse=True)
    tenth = nearest_of(points, others, 10)[0][where.ravel(), -1]
    return query[may][distances[may, 0] > ISOLATED * tenth]


def some_neighbors(points: Array) -> Neighbors:
    """Return the neighbours of at most ``LOOKED_AT`` of the points (n, D), always the same ones."""
    n = len(points)
    rows = np.arange(n)
    if n > LOOKED_AT:
        rows = np.sort(np.random.default_rng(0).choice(n, LOOKED_AT, replace=False))
    return Neighbors(rows, *nearest_of(points, rows, min(NEIGHBORS, n - 1)))


def listed(what: str, which: Sequence[object]) -> str:
    """Return "row 5", or "rows 5, 7, 9, 12, 13, ..."."""
    some = ", ".join(map(str, which[:5])) + (", ..." if len(which) > 5 else "")
    return f"{what}{'s' if len(which) > 1 else ''} {some}"
