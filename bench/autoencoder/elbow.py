"""Where the error stops falling as the bottleneck grows: what the check supports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

#: What is smaller is rounding of float32, as a part of the variance.
FLOOR = 1e-6
#: Beyond an elbow an error falls at most this part as fast as before it. A convention: of a power
#: law, which has no elbow, the two are the same.
FLATTER = 0.5
#: How fast it falls before an elbow at least: to this part of it where the bottleneck doubles.
STEEP = 0.9
#: Bottlenecks at least: of fewer, a slope is a single step.
_FEWEST = 5


@dataclass(frozen=True)
class Elbow:
    """The bottleneck at which errors are farthest below a straight line, both axes logarithmic.

    ``before`` and ``after`` are what the error is multiplied by where the bottleneck doubles.
    """

    bottleneck: int
    before: float
    after: float

    @property
    def is_one(self) -> bool:
        """Whether the error falls before it, and is flat enough beyond."""
        return self.before <= STEEP and np.log(self.after) >= FLATTER * np.log(self.before)

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
    in a haystack, without its smoothing).
    """
    if len(table) < _FEWEST:
        return None
    sizes = table["bottleneck"].to_numpy(dtype=np.float64)
    x, y = np.log2(sizes), np.log(np.maximum(table[column].to_numpy(dtype=np.float64), FLOOR))
    chord = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    knee = 1 + int(np.argmax((chord - y)[1:-1]))
    before = (y[knee] - y[0]) / (x[knee] - x[0])
    after = (y[-1] - y[knee]) / (x[-1] - x[knee])
    return Elbow(int(sizes[knee]), float(np.exp(before)), float(np.exp(after)))


def supported(table: pd.DataFrame) -> str:
    """What the errors of the autoencoder support, in a sentence; or that they support nothing."""
    found, linear = elbow(table), elbow(table, "linear")
    if found is None or linear is None:
        return f"Supports no dimension: fewer than {_FEWEST} bottlenecks show no elbow."
    if not found.is_one:
        return f"Supports no dimension: {found.rates}, which is no elbow."
    if linear.is_one and linear.bottleneck == found.bottleneck:
        return (
            f"Supports {found.bottleneck} as the dimension of the linear span alone: principal "
            "components have the same elbow."
        )
    return f"Supports a dimension of about {found.bottleneck}: {found.rates}."
