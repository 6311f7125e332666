"""Ticks of logarithmic axes."""

from __future__ import annotations

from matplotlib.axis import Axis

from bench.outputs.figure_style import plain_ticks


def plain_numbers(axis: Axis) -> None:
    """As few ticks as tell the scale of an axis, in numbers without exponents."""
    plain_ticks(axis, *axis.get_view_interval())
