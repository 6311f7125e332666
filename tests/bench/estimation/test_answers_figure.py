"""The figure of the estimates, of a few synthetic rows."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba
from matplotlib.text import Text

from bench.estimation.figure import answers_figure
from bench.figures.style import family_look


def figure_of(*rows):
    columns = ["estimator", "family", "estimate", "low", "high", "half_estimate"]
    return answers_figure(pd.DataFrame(rows, columns=columns), "Title")


def test_the_figure_has_estimates_intervals_halves_and_the_median():
    figure = figure_of(
        ("twonn", "neighbours", 5.0, 4.0, 6.0, 4.5),
        ("gone", "neighbours", np.nan, np.nan, np.nan, np.nan),
        ("ppca", "linear", 2.0, np.nan, np.nan, np.nan),
        ("mle", "neighbours", 3.0, 2.5, 3.5, 3.1),
    )
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ppca", "mle", "twonn"]
    assert [text.get_text() for text in axes.texts] == ["2", "3", "5"]
    lines = [
        (line.get_xdata()[0], line.get_xdata()[-1], line.get_ydata()[0])
        for line in axes.lines[1:]
    ]  # fmt: skip
    assert lines == [
        (2.0, 2.0, 0), (2.5, 3.5, 1), (3.1, 3.1, 1), (3.0, 3.0, 1),
        (4.0, 6.0, 2), (4.5, 4.5, 2), (5.0, 5.0, 2),
    ]  # fmt: skip
    assert axes.lines[0].get_xdata()[0] == 3.0
    assert "95 % prediction interval for another sample" in axes.get_xlabel()
    low, high = axes.get_xlim()
    assert (low, high) == (pytest.approx(2 / 1.3), pytest.approx(6 * 1.3))
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["linear", "neighbours", "half the points", "median, 3"]
    assert axes.get_xscale() == "log"


def test_without_an_estimate_there_is_no_figure():
    assert figure_of(("gone", "linear", np.nan, np.nan, np.nan, 3.0)) is None


ROWS = (
    ("score-svd", "score", 6.0, np.nan, np.nan, np.nan),
    ("twonn", "neighbours", 5.0, 4.0, 8.0, 4.5),
    ("ppca", "linear", 2.0, np.nan, np.nan, 1.5),
)


def test_marks_have_the_look_of_their_family_and_halves_and_intervals_theirs():
    (axes,) = figure_of(*ROWS).axes
    marks = {line.get_xdata()[0]: line for line in axes.lines[1:] if line.get_linestyle() == "None"}
    for value, family in ((6.0, "score"), (5.0, "neighbours"), (2.0, "linear")):
        colour, marker = family_look(family)
        mark = marks[value]
        assert (mark.get_marker(), to_rgba(mark.get_color())) == (marker, to_rgba(colour))
        assert mark.get_markersize() == (10 if marker == "*" else 6)
    assert {family_look(family)[1] for family in ("score", "linear")} >= {"*"}
    (interval,) = (line for line in axes.lines if list(line.get_xdata()) == [4.0, 8.0])
    assert list(interval.get_ydata()) == [1, 1]
    assert to_rgba(interval.get_color()) == to_rgba(family_look("neighbours")[0])
    halves = [line for line in axes.lines if line.get_marker() == "|"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in halves] == [(1.5, 0), (4.5, 1)]
    # The middle is behind all of them.
    assert axes.lines[0].get_zorder() < min(line.get_zorder() for line in axes.lines[1:])
    assert set(axes.lines[0].get_xdata()) == {5.0}


def test_every_row_has_its_place_its_number_and_space():
    for count in (1, 2, 5):
        figure = figure_of(*[(f"e{i}", "linear", 1.234 + i, *[np.nan] * 3) for i in range(count)])
        (axes,) = figure.axes
        assert axes.get_ylim() == (-0.7, count - 0.3)
        assert list(axes.get_yticks()) == list(range(count))
        numbers = [(text.get_text(), text.xy) for text in axes.texts]
        assert numbers == [(f"{1.234 + i:.3g}", (1.01, i)) for i in range(count)]
        assert {text.get_verticalalignment() for text in axes.texts} == {"center"}
        assert tuple(figure.get_size_inches()) == pytest.approx((7, 0.28 * count + 1.9))


def test_the_axis_holds_intervals_and_halves_and_its_ticks_are_plain_numbers():
    figure = figure_of(*ROWS)
    (axes,) = figure.axes
    assert axes.get_xlim() == (pytest.approx(1.5 / 1.3), pytest.approx(8 * 1.3))
    figure.draw_without_rendering()
    ticks = [text.get_text() for text in axes.get_xticklabels() if text.get_text()]
    assert ticks
    assert all(float(tick) == float(f"{float(tick):g}") for tick in ticks)
    assert any(text.get_text() == "Title" for text in figure.findobj(Text))


def test_the_legend_has_a_mark_of_each_family_once_and_lies_below():
    figure = figure_of(*ROWS, ("mle", "neighbours", 3.0, np.nan, np.nan, np.nan))
    (legend,) = figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["linear", "neighbours", "score", "half the points", "median, 4"]
    marks = legend.legend_handles
    for mark, family in zip(marks, names[:3], strict=False):
        assert mark.get_marker() == family_look(family)[1]
        assert to_rgba(mark.get_color()) == to_rgba(family_look(family)[0])
        assert mark.get_linestyle() == "None"
    # Halves and median look as they are drawn.
    half = next(line for line in figure.axes[0].lines if line.get_marker() == "|")
    assert (marks[3].get_marker(), marks[3].get_color()) == ("|", half.get_color())
    median = figure.axes[0].lines[0]
    assert marks[4].get_color() == median.get_color()
    assert marks[4].get_linewidth() == median.get_linewidth()
    assert not legend.get_frame_on()


def test_intervals_end_at_their_limits_and_lines_behind_are_those_of_numbers_alone():
    (axes,) = figure_of(*ROWS).axes
    (interval,) = (line for line in axes.lines if list(line.get_xdata()) == [4.0, 8.0])
    # A round end would be longer by half of the width.
    assert (interval.get_solid_capstyle(), interval.get_linewidth()) == ("butt", 2)
    assert {line.get_visible() for line in axes.xaxis.get_gridlines()} == {True}
    assert {line.get_visible() for line in axes.yaxis.get_gridlines()} == {False}
    # Names are no numbers on a scale.
    assert {tick.tick1line.get_markersize() for tick in axes.yaxis.get_major_ticks()} == {0}
