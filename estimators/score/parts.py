"""Parts of a sample that lie far apart: each is learned in a frame and unit of its own.

Noise levels follow the deviation of what is learned together. Where a small part lies far from the
others, that is the distance between them, and the whole part is below the lowest level.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimators.base import Array
from estimators.points import Indices
from estimators.rows import format_list

#: Rows among which parts are looked for, and the fewest of these that are a part.
INSPECTED, LEAST = 2000, 20
#: The sample is taken apart where the unit of a part is below this share of its own: structure of
#: the size of that unit is then near the lowest noise level, or below.
SMALL = 0.25
#: Points of a part from which it is learned, and most parts that are.
ENOUGH, MOST = 100, 12
#: Share of the points that a point's neighbourhood of the size of the noise does not hold, unless
#: there is structure below it: a straight segment has 1 %, an exponential law 2 %.
CROWD = 0.05
#: Rows whose distances to all inspected ones are held at once.
_BLOCK = 2000


@dataclass(frozen=True)
class Parts:
    """Rows of each part that is learned, largest first, and those of all other points.

    ``learned`` is empty where all parts are too small.
    """

    learned: tuple[Indices, ...]
    aside: Indices

    def warnings(self) -> list[str]:
        """Return a message for what is unusual: several parts, and points of none of them."""
        n, messages = sum(map(len, self.learned)) + len(self.aside), []
        if not self.learned:
            return [
                "the sample falls into parts that lie far apart, all of fewer than "
                f"{ENOUGH} points: too few to learn, so that how the parts lie is read"
            ]
        if len(self.learned) > 1:
            sizes = ", ".join(str(len(rows)) for rows in self.learned)
            messages.append(
                f"the sample falls into {len(self.learned)} parts that lie far apart, of {sizes} "
                "points: each was learned by itself"
            )
        if len(self.aside):
            messages.append(
                f"{len(self.aside)} of {n} points ({format_list('row', self.aside.tolist())} of "
                f"those used) lie apart in groups of fewer than {ENOUGH} or beyond the {MOST} "
                "largest: they were not read"
            )
        return messages


def parts_of(points: Array) -> Parts:
    """Return the parts of points (n, D): nearly always one of all points.

    A part is farther from all other points than it is wide; it may lie within another one. What
    belongs to none is a part too. The sample stays whole where the unit of its frame is not much
    larger than that of any part: one frame then resolves them all.
    """
    n = len(points)
    rows = np.arange(n)
    if n > INSPECTED:
        rows = np.sort(np.random.default_rng(0).choice(n, INSPECTED, replace=False))
    centred = points - np.median(points[rows], axis=0)
    # Squares of large or tiny numbers leave the range of floating point.
    points = centred / (np.abs(centred).max() or 1.0)
    inspected = points[rows]
    labels, widths = apart(inspected)
    if len(widths) == 1 or not _has_small_part(inspected, labels):
        return Parts((np.arange(n),), np.empty(0, dtype=np.int64))
    if n > INSPECTED:
        labels = _nearest_labels(points, inspected, labels, widths)
    members = [np.flatnonzero(labels == label) for label in range(len(widths))]
    members.sort(key=lambda rows: -len(rows))
    learned = tuple(rows for rows in members if len(rows) >= ENOUGH)[:MOST]
    return Parts(learned, np.sort(np.concatenate(members[len(learned) :] or [rows[:0]])))


def apart(points: Array) -> tuple[NDArray[np.int64], Array]:
    """Return for each of points (n, D) the label of its part, and the width of each part.

    Parts are clusters of single linkage that merge with another one at a distance above their
    width. Each point is in the smallest that holds it, or in part 0, of unlimited width.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import pdist, squareform

    distances = pdist(points)
    tree = linkage(distances, "single")
    leaves = leaves_list(tree)
    between = squareform(distances)[np.ix_(leaves, leaves)]
    labels, widths = np.zeros(len(points), dtype=np.int64), [np.inf]
    # Clusters come after those that hold them.
    for start, end, height in _clusters(tree):
        if end - start < LEAST or between[start, start:end].max() >= height:
            continue
        width = between[start:end, start:end].max()
        if width < height:
            labels[leaves[start:end]] = len(widths)
            widths.append(width)
    return labels, np.array(widths)


def _has_small_part(points: Array, labels: NDArray[np.int64]) -> bool:
    least = SMALL * unit_of(points)
    counts = np.bincount(labels)
    return any(
        unit_of(points[labels == label]) < least for label in np.flatnonzero(counts >= LEAST)
    )


def _clusters(tree: Array) -> Iterator[tuple[int, int, float]]:
    """Yield the clusters of a tree of linkage: the range of their leaves, and where they merge."""
    n = len(tree) + 1
    starts = np.zeros(2 * n - 1, dtype=np.int64)
    for node in range(2 * n - 2, n - 1, -1):
        left, right, height = int(tree[node - n, 0]), int(tree[node - n, 1]), tree[node - n, 2]
        starts[left] = starts[node]
        for child in (left, right):
            size = 1 if child < n else int(tree[child - n, 3])
            yield int(starts[child]), int(starts[child]) + size, float(height)
            if child == left:
                starts[right] = starts[left] + size


def crowded(points: Array, query: Indices, distance: float) -> NDArray[np.bool_]:
    """Return at which of the rows ``query`` (m,) much of points (n, D) is nearer than a distance.

    Warns where there are some.
    """
    from scipy.spatial.distance import cdist

    inspected = points[:: -(-len(points) // INSPECTED)]
    distances = cdist(points[query], inspected)
    others = (distances < distance) & (distances > 0)
    near: NDArray[np.bool_] = others.mean(1) > CROWD
    if near.any():
        warnings.warn(
            f"{near.sum()} of {len(query)} points have more than {CROWD:.0%} of the sample nearer "
            "than the lowest noise level: how these lie is not seen, and they are read without "
            "confidence",
            stacklevel=5,
        )
    return near


def unit_of(points: Array) -> float:
    """Return the unit of the principal frame of points (n, D), and 0 of equal ones."""
    centred = points - points.mean(0)
    products = centred @ centred.T / len(points)
    return float(np.sqrt(np.square(products).sum() / (np.trace(products) or 1.0)))


def _nearest_labels(
    points: Array, inspected: Array, labels: NDArray[np.int64], widths: Array
) -> NDArray[np.int64]:
    """Return for each of points (n, D) the label of the nearest inspected point.

    Part 0 has those that are farther from it than its part is wide.
    """
    from scipy.spatial.distance import cdist

    found = []
    for start in range(0, len(points), _BLOCK):
        distances = cdist(points[start : start + _BLOCK], inspected)
        nearest = labels[distances.argmin(1)]
        found.append(np.where(distances.min(1) < widths[nearest], nearest, 0))
    return np.concatenate(found)
