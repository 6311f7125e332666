"""Ticks of logarithmic axes."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, NullLocator

#: Places of ticks in a decade, from few to many.
STEPS = (
    (1, 2, 5),
    (1, 1.5, 2, 3, 5, 7),
    (1, 1.1, 1.2, 1.3, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 9),
)
#: Ticks that an axis has at least, where its limits hold so many.
FEWEST = 4


def plain_numbers(axis: Axis) -> None:
    """As few ticks a decade as tell the scale of an axis, in numbers without exponents."""
    low, high = axis.get_view_interval()
    ticks: list[float] = []
    for steps in STEPS:
        if len(ticks) < FEWEST:
            every = [step * 10.0**power for power in range(-6, 6) for step in steps]
            ticks = [tick for tick in every if low <= tick <= high]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
