"""Ticks of logarithmic axes."""

from __future__ import annotations

from matplotlib.axis import Axis
from matplotlib.ticker import FixedLocator, NullLocator

STEPS = (1, 1.5, 2, 3, 5, 7)


def plain_numbers(axis: Axis) -> None:
    """Ticks at 1, 1.5, 2, 3, 5, 7, 10, 15 and so on, as many as the limits of a decade need.

    Over more than two decades at 1, 2 and 5 of each. Numbers are without exponents.
    """
    low, high = axis.get_view_interval()
    steps = STEPS if high < 100 * low else (1, 2, 5)
    ticks = [step * 10.0**power for power in range(-6, 6) for step in steps]
    axis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
