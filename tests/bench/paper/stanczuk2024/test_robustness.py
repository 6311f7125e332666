"""Estimates against the noise and against the number of points."""

from __future__ import annotations

import numpy as np
import pytest
from figure_records import material, record
from panels import heights, legend, places

from bench.paper.publications.stanczuk2024 import FIGURES

ITEMS = {item.name: item for item in FIGURES}


@pytest.mark.parametrize(("name", "label"), [("noise", "noise-0.03"), ("sample-size", "n250")])
def test_curves_stand_at_means_with_intervals(figures, name, label):
    (axes,) = figures[name].axes
    assert heights(axes, "truth") == [10]
    assert heights(axes, "ambient") == []
    curves = {container.get_label(): container for container in axes.containers}
    assert len(curves) == 4
    for container, bias in zip(axes.containers, range(4), strict=True):
        centre = 10 - bias + (0.1 if bias else 0)
        assert container.lines[0].get_ydata() == pytest.approx(np.full(6, centre))
        low, high = container.lines[2][0].get_segments()[0][:, 1]
        # Student's interval of three values 0.1 apart.
        assert high - low == pytest.approx(2 * 4.303 * 0.1 / 3**0.5 if bias else 0, rel=1e-3)


def test_the_dimension_of_the_space_is_drawn_where_an_estimate_comes_near_it(tmp_path):
    rows = [
        record(tmp_path, label, "mle-20", truths=[10], stored=False, estimate=estimate)
        for label, estimate in (("noise-0.03", 11.0), ("noise-0.1", 80.0))
    ]
    for shown, ambient in ((rows[:1], []), (rows, [100])):
        (axes,) = ITEMS["noise"].make(material(shown, tmp_path)).axes
        assert heights(axes, "truth") == [10]
        assert heights(axes, "ambient") == ambient


def test_curves_stand_at_the_size_and_at_the_noise(figures):
    (sizes,), (noise,) = figures["sample-size"].axes, figures["noise"].axes
    line = sizes.containers[0].lines[0]
    assert list(line.get_xdata()) == [10, 100, 250, 500, 1000, 10_000]
    line = noise.containers[0].lines[0]
    assert list(line.get_xdata())[1:] == [0.001, 0.003, 0.01, 0.03, 0.1]
    assert noise.get_xticklabels()[0].get_text() == "none"
    assert {line.get_linestyle() for axes in (sizes,) for line in axes.lines} >= {"-", "--", ":"}


def test_cells_that_failed_or_were_not_run_are_marked(store):
    rows, folder = store
    changed = [
        {**row, "status": "failed", "estimate": np.nan}
        if row["manifold"] == "10-sphere-n10" and row["estimator"] == "score-svd"
        else row
        for row in rows
        if (row["manifold"], row["estimator"]) != ("10-sphere-n250", "ess")
    ]
    figure = ITEMS["sample-size"].make(material(changed, folder))
    (axes,) = figure.axes
    assert places(axes, "failed: score-svd") == [10]
    assert places(axes, "not run: ess") == [250]
    assert {"failed", "not run"} <= set(legend(figure))
    score = axes.containers[0].lines[0].get_ydata()
    assert np.isnan(score).tolist() == [True, *[False] * 5]
