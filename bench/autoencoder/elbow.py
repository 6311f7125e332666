"""Where the error stops falling as the bottleneck grows: what the check supports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import f as fisher

#: What is smaller is rounding of float32, as a part of the variance.
FLOOR = 1e-6
#: Beyond an elbow an error falls at most this part as fast as before it. A convention: of a power
#: law, which has no elbow, the two are the same.
FLATTER = 0.5
#: How fast it falls before an elbow at least: to this part of it where the bottleneck doubles.
STEEP = 0.9
#: How fast it may rise beyond an elbow at most, where the bottleneck doubles: as that is steep.
RISE = 1 / STEEP
#: Level of the F-test of two lines against one. It is low since the elbow is where the curve bends
#: most: of power laws with noise, at most 2 % then pass all rules.
LEVEL = 0.01
#: Bottlenecks at least: of fewer, a slope is a single step.
_FEWEST = 5


@dataclass(frozen=True)
class Elbow:
    """The bottleneck at which errors are farthest below a straight line, both axes logarithmic.

    ``before`` and ``after`` are what the error is multiplied by where the bottleneck doubles.
    ``chance`` is the p-value of the bend: of errors that scatter about one line.
    """

    bottleneck: int
    before: float
    after: float
    chance: float

    @property
    def bends(self) -> bool:
        """Whether the error falls before it, and is flat enough beyond, without a rise."""
        steep, flat = self.before <= STEEP, np.log(self.after) >= FLATTER * np.log(self.before)
        return bool(steep and flat and self.after <= RISE)

    @property
    def is_one(self) -> bool:
        """Whether it bends, by more than errors about one line do by chance."""
        return self.bends and self.chance <= LEVEL

    @property
    def rates(self) -> str:
        """How fast the error falls on either side."""
        return (
            f"where the bottleneck doubles, the error goes to {_percent(self.before)} below "
            f"{self.bottleneck} and to {_percent(self.after)} above"
        )


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.01 else "less than 1 %"


def elbow(table: pd.DataFrame, column: str = "error") -> Elbow | None:
    """The elbow of a column of errors by "bottleneck"; None of fewer than five bottlenecks.

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
    """What the errors of the autoencoder support, in a sentence; or that they support nothing."""
    found, linear = elbow(table), elbow(table, "linear")
    if found is None or linear is None:
        return f"Supports no dimension: fewer than {_FEWEST} bottlenecks show no elbow."
    if not found.bends:
        return f"Supports no dimension: {found.rates}, which is no elbow."
    if not found.is_one:
        return (
            f"Supports no dimension: {found.rates}, but errors that scatter as these do bend as "
            f"much by chance (p = {found.chance:.2g} for two lines against one; at most {LEVEL:g} "
            "counts)."
        )
    if linear.bends and linear.bottleneck == found.bottleneck:
        return (
            f"Supports {found.bottleneck} as the dimension of the linear span alone: principal "
            "components have the same elbow."
        )
    return f"Supports a dimension of about {found.bottleneck}: {found.rates}."
