"""Axis and labels of the figure are legible, however close the estimates are."""

from itertools import pairwise

import pandas as pd
import pytest

from bench.estimation.figure import answers_figure


@pytest.mark.parametrize("middle", [1.0, 9.5, 48.0, 700.0])
@pytest.mark.parametrize("apart", [1.0, 1.05, 4.0])
def test_the_axis_has_three_ticks_at_least_in_plain_numbers(middle, apart):
    rows = pd.DataFrame(
        {
            "estimator": ["a", "b"],
            "family": ["linear", "score"],
            "estimate": [middle, middle * apart],
            "half_estimate": [middle, middle],
            "low": [float("nan"), middle],
            "high": [float("nan"), middle * apart],
        }
    )
    figure = answers_figure(rows, "Points")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    ticks = [
        text.get_text()
        for place, text in zip(axes.xaxis.get_majorticklocs(), axes.get_xticklabels(), strict=True)
        if low <= place <= high
    ]
    assert 3 <= len(ticks) <= 11
    assert all(low <= float(tick) <= high for tick in ticks)
    boxes = [text.get_window_extent() for text in axes.get_xticklabels()]
    assert not any(one.overlaps(other) for one, other in pairwise(boxes))
