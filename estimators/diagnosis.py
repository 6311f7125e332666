"""Diagnosis of points whose distances are meaningless: ties, sequences, coarse columns.

The tests compare a sample with what holds of every smooth density on a manifold of any dimension
d: log(r_{j+1} / r_j), of the distances to the j-th neighbours, is exponential with rate j d
(Levina & Bickel 2005; Facco et al. 2017), so that quotients of such logarithms do not depend on d.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from estimators.points import Array
from estimators.rows import RowSelection, format_list

#: log(r_2 / r_1) below this part of log(r_k / r_1) is a tie: at one point in 100 by chance.
TIE = 0.0025
#: Shares of points with ties from which a warning is due, and from which no estimate is possible.
TIED, LATTICE = 0.1, 0.5
#: Share of the points whose nearest neighbour is the row before or after, from which rows follow
#: one another.
ORDERED = 0.5
#: A column has few values if it has at most so many, and at most this part of the rows inspected.
FEW_VALUES, FEW_SHARE = 256, 1 / 3
#: Rounding of all columns of few values, in nearest distances, from which it counts.
COARSE = 0.5
_ROWS_FOR_VALUES = 1000


@dataclass(frozen=True)
class Diagnosis:
    """Properties of a sample of D columns that make distances meaningless.

    ``ties`` and ``ordered`` are shares of the points: those whose two nearest neighbours are at one
    distance, and whose nearest neighbour is the row before or after. ``coarse_columns`` are columns
    of few values, each with their number; ``rounding`` is what the steps between these add to a
    distance, in typical distances of nearest neighbours.
    """

    columns: int
    ties: float = 0.0
    ordered: float = 0.0
    coarse_columns: tuple[tuple[int, int], ...] = ()
    rounding: float = 0.0

    @property
    def ties_message(self) -> str:
        """Message on ties of distances; "" where there are no more than by chance."""
        if self.ties <= TIED:
            return ""
        return (
            f"the two nearest neighbours of {self.ties:.0%} of the points are at the same distance "
            "(points on a lattice, or at even steps): ratios of distances do not show the dimension"
        )

    @property
    def sequence_message(self) -> str:
        """Message on rows that follow one another; "" where they do not."""
        if self.ordered <= ORDERED:
            return ""
        return (
            f"the nearest neighbour of {self.ordered:.0%} of the points is the row before or after "
            "(rows that follow one another, as in time): near distances show the curve that they "
            "are on; take rows that are farther apart"
        )

    def coarse_message(self, names: Sequence[str] = ()) -> str:
        """Return a message on columns of few values, by their names; "" where there are none."""
        if not self.coarse_columns:
            return ""
        which = format_list(
            "column", [repr(names[c]) if names else c for c, _ in self.coarse_columns]
        )
        if len(self.coarse_columns) == self.columns > 1:
            which = f"all {self.columns} columns"
        most = max(count for _, count in self.coarse_columns)
        verb = "takes" if len(self.coarse_columns) == 1 else "take"
        return (
            f"{which} {verb} few values (at most {most}): distances below the step between them "
            "say nothing"
        )

    def warnings(self) -> list[str]:
        """Return a message for each property that matters at distances of nearest neighbours."""
        coarse = self.coarse_message() if self.rounding > COARSE else ""
        return [text for text in (self.ties_message, self.sequence_message, coarse) if text]


def diagnose(points: Array, rows: RowSelection) -> Diagnosis:
    """Diagnose the points (n, D) of the selected rows of a sample."""
    neighbors = rows.neighbors
    if neighbors is None:
        return Diagnosis(points.shape[1], coarse_columns=few_values(points, np.inf)[0])
    logs = np.log(neighbors.distances)
    tied = logs[:, 1] - logs[:, 0] <= TIE * (logs[:, -1] - logs[:, 0])
    apart = rows.used[neighbors.indices[:, 0]] - rows.used[neighbors.rows]
    nearest = float(np.median(neighbors.distances[:, 0]))
    return Diagnosis(
        points.shape[1],
        float(np.mean(tied)),
        float(np.mean(np.abs(apart) == 1)),
        *few_values(points, nearest),
    )


def few_values(points: Array, nearest: float) -> tuple[tuple[tuple[int, int], ...], float]:
    """Return columns of few values, each with their number, and their rounding.

    ``nearest`` is a typical distance of nearest neighbours, the unit of the rounding: a step q
    between values adds q^2 / 6 to the variance of a difference. Constant columns do not count.
    """
    inspected = np.sort(points[:: -(-len(points) // _ROWS_FOR_VALUES)], axis=0)
    steps = np.diff(inspected, axis=0)
    # Steps below that are rounding of the same value.
    steps[steps <= 1e-12 * np.abs(inspected).max(axis=0)] = 0.0
    values = 1 + np.count_nonzero(steps, axis=0)
    columns = np.flatnonzero((values > 1) & (values <= min(FEW_VALUES, FEW_SHARE * len(inspected))))
    steps = np.where(steps[:, columns] > 0, steps[:, columns], np.inf).min(axis=0, initial=np.inf)
    rounding = float(np.sqrt(np.square(steps).sum() / 6)) / nearest
    return tuple((int(c), int(values[c])) for c in columns), rounding
