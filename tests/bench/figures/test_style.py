from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from bench.figures.paper_style import column
from bench.figures.style import distinct_looks, plain_ticks

NAMES = ("accuracy-against-runtime", "error-heatmap", "estimate-against-truth", "score-spectra")


def shown_ticks(axis) -> list[str]:
    low, high = sorted(axis.get_view_interval())
    places = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [label.get_text() for place, label in places if low <= place <= high]


def test_no_two_of_thirty_manifolds_have_one_colour():
    looks = distinct_looks([f"manifold-{number}" for number in range(30)])
    colours = [np.array(to_rgb(colour)) for colour, _ in looks.values()]
    for index, colour in enumerate(colours):
        for other in colours[:index]:
            assert np.abs(colour - other).max() > 0.1


@pytest.mark.parametrize(
    ("low", "high"), [(6.9, 11.7), (9.1, 9.6), (0.001, 5000), (0.8, 60), (480, 530)]
)
def test_logarithmic_axes_have_three_to_eleven_ticks_in_plain_numbers(low, high):
    (axes,) = [Figure().subplots()]
    axes.set(xscale="log", xlim=(low, high))
    plain_ticks(axes.xaxis, low, high)
    ticks = shown_ticks(axes.xaxis)
    assert 3 <= len(ticks) <= 11
    assert all(low <= float(tick) <= high for tick in ticks)


@pytest.mark.parametrize(
    ("limits", "ticks"),
    [
        ((7, 140), ["10", "20", "50", "100"]),
        ((9.1, 9.6), ["9.1", "9.2", "9.3", "9.4", "9.5", "9.6"]),
        ((4, 35), ["5", "7", "10", "15", "20", "30"]),
        ((8.2, 13.5), ["9", "10", "11", "12", "13"]),
    ],
)
def test_logarithmic_axes_have_ticks_enough_in_plain_ticks(limits, ticks):
    figure = column(2.0)
    axes = figure.subplots()
    axes.set(yscale="log", ylim=limits)
    plain_ticks(axes.yaxis)
    figure.draw_without_rendering()
    assert [label.get_text() for label in axes.get_yticklabels()] == ticks
    assert len(axes.yaxis.get_minorticklocs()) == 0
