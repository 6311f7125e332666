"""The elbow of errors against bottlenecks: the dimension that a validation supports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as fisher

#: Parts of the variance below it are rounding of float32.
FLOOR = 1e-6
#: Largest slope beyond an elbow, as a part of that before it: 1 for a power law, which has none.
FLATTER = 0.5
#: Largest factor of the error before an elbow where the bottleneck doubles.
STEEP = 0.9
#: Largest factor beyond an elbow where the bottleneck doubles.
RISE = 1 / STEEP
#: Level of the F-test of two lines against one; low, since the elbow is where the curve bends
#: most: at most 2 % of power laws with noise then pass all rules.
LEVEL = 0.01
#: Least number of bottlenecks: of fewer, a slope is a single step.
_FEWEST = 5


@dataclass(frozen=True)
class Elbow:
    """The bottleneck at which errors are farthest below a straight line, both axes logarithmic.

    ``before`` and ``after`` are the factors of the error where the bottleneck doubles. ``chance``
    is the p-value of the bend under errors that scatter about one line.
    """

    bottleneck: int
    before: float
    after: float
    chance: float

    @property
    def bends(self) -> bool:
        """Return whether the error falls before it, and is flat enough beyond, without a rise."""
        steep, flat = self.before <= STEEP, np.log(self.after) >= FLATTER * np.log(self.before)
        return bool(steep and flat and self.after <= RISE)

    @property
    def is_one(self) -> bool:
        """Return whether it bends by more than errors about one line do by chance."""
        return self.bends and self.chance <= LEVEL

    @property
    def rates(self) -> str:
        """How fast the error falls on either side, as text."""
        return (
            f"where the bottleneck doubles, the error goes to {_percent(self.before)} below "
            f"{self.bottleneck} and to {_percent(self.after)} above"
        )


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.01 else "less than 1 %"


def elbow(table: pd.DataFrame, column: str = "error") -> Elbow | None:
    """Return the elbow of a column of errors; None of fewer than five bottlenecks.

    It is the point farthest below the chord of the curve (Satopaa et al. 2011, Finding a Kneedle
    in a haystack, without its smoothing). The bend is tested as a structural break of a linear
    regression (Chow 1960, Econometrica 28, 591-605): a line for the bottlenecks below the elbow
    and one from it on, against one line.
    """
    if len(table) < _FEWEST:
        return None
    sizes = table["bottleneck"].to_numpy(dtype=np.float64)
    x, y = np.log2(sizes), np.log(np.maximum(table[column].to_numpy(dtype=np.float64), FLOOR))
    chord = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    knee = 1 + int(np.argmax((chord - y)[1:-1]))
    before = (y[knee] - y[0]) / (x[knee] - x[0])
    after = (y[-1] - y[knee]) / (x[-1] - x[knee])
    chance = _chance(x, y, knee)
    return Elbow(int(sizes[knee]), float(np.exp(before)), float(np.exp(after)), chance)


def _chance(x: NDArray[np.float64], y: NDArray[np.float64], knee: int) -> float:
    """Return the p-value of the F-test of lines below and from ``knee`` on against one line."""
    parts = [_line(x[:knee], y[:knee]), _line(x[knee:], y[knee:])]
    scatter, used = sum(part[0] for part in parts), sum(part[1] for part in parts)
    one, fewer = _line(x, y)
    more, left = used - fewer, len(x) - used
    if scatter <= 0:
        return 0.0 if one > 0 else 1.0
    return float(fisher.sf((one - scatter) / more * left / scatter, more, left))


def _line(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, int]:
    """Return the sum of squares about the line of least squares, and its parameters."""
    degree = min(1, len(x) - 1)
    return float(np.square(y - np.polyval(np.polyfit(x, y, degree), x)).sum()), degree + 1


def supported(table: pd.DataFrame) -> str:
    """Return in a sentence which dimension the errors support, or that they support none."""
    own, linear = elbow(table), elbow(table, "linear")
    if own is None or linear is None:
        return f"Supports no dimension: fewer than {_FEWEST} bottlenecks show no elbow."
    if not own.bends:
        return f"Supports no dimension: {own.rates}, which is no elbow."
    if not own.is_one:
        return (
            f"Supports no dimension: {own.rates}, but errors that scatter as these do bend as "
            f"much by chance (p = {own.chance:.2g} for two lines against one; at most {LEVEL:g} "
            "counts)."
        )
    if linear.bends and linear.bottleneck == own.bottleneck:
        return (
            f"Supports {own.bottleneck} as the dimension of the linear span alone: principal "
            "components have the same elbow."
        )
    return f"Supports a dimension of about {own.bottleneck}: {own.rates}."
