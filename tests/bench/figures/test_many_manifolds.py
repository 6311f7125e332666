"""Figures of runs with more manifolds than fit on one page."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pandas as pd
import pytest

from bench.figures.estimates_against_truth import estimate_figure
from bench.figures.heatmap import MOST_COLUMNS, heatmap_figure
from bench.figures.spectra import spectra_figure
from bench.figures.style import DISTINCT, MOST_PANELS, style
from bench.summary.summarise import by_level, summarise


@pytest.fixture
def many(records):
    """Five copies of a whole run, with failures, under other labels: 55 manifolds."""
    return pd.concat(
        [records.assign(manifold=records["manifold"] + f"-copy{copy}") for copy in range(5)],
        ignore_index=True,
    )


def test_estimates_are_a_cloud_where_manifolds_are_too_many_for_labels(many):
    summary = summarise(many)
    assert summary["manifold"].nunique() > DISTINCT
    figure = estimate_figure(summary)
    levels = by_level(summary)
    panels = {axes.get_title().split("\n")[0]: axes for axes in figure.axes}
    for estimator in ("mle-5", "ppca", "ph"):
        axes = panels[estimator]
        rows = levels[levels["estimator"] == estimator].dropna(subset="estimate")
        cloud = next(one for one in axes.collections if len(one.get_offsets()) > 1)
        np.testing.assert_allclose(cloud.get_offsets(), rows[["truth", "estimate"]])
        bars = next(one for one in axes.collections if hasattr(one, "get_segments"))
        heights = [np.ptp(segment[:, 1]) for segment in bars.get_segments()]
        expected = 2 * rows["half_width"].fillna(0)
        np.testing.assert_allclose(heights, expected, atol=1e-9)
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["a manifold", "estimate = d", "within 10 % of d"]
    assert "55 manifolds" in figure.get_suptitle()
    assert "failed: 10 of 55 manifolds" in [text.get_text() for text in panels["ph"].texts]


def test_a_wide_heat_map_has_colours_alone_and_still_marks_failures(many):
    summary = summarise(many)
    with style():
        figure = heatmap_figure(summary)
        figure.draw_without_rendering()
        axes = figure.axes[0]
        heads = [label.get_window_extent() for label in axes.get_xticklabels()]
        names = [label.get_text() for label in axes.get_xticklabels()]
    assert len(names) == 60 > MOST_COLUMNS
    assert names[6:8] == ["union-10-30-copy0, d = 10", "union-10-30-copy0, d = 30"]
    assert figure.get_figwidth() < 25
    # Rows and columns of the mesh; what has no number is drawn over it.
    mesh = axes.collections[0].get_array()
    assert mesh.shape == (18, 60)
    hatched = [patch for patch in axes.patches if patch.get_gid() == "failed"]
    assert len(hatched) == 5 * 4
    assert np.ma.getmaskarray(mesh).sum() == len(axes.patches)
    rows = [label.get_text() for label in axes.get_yticklabels()]
    stars = axes.collections[1].get_offsets()
    torus = names.index("torus-copy0, d = 2")
    assert [torus, rows.index("knn")] in np.asarray(stars).tolist()
    assert not any(re.fullmatch(r"[+−]?\d+\*?", text.get_text()) for text in axes.texts)
    # Names stand far enough apart to be read.
    assert min(right.x1 - left.x1 for left, right in itertools.pairwise(heads)) > 15


def test_of_many_spectra_the_first_are_shown_and_the_title_says_so(with_arrays):
    records, store = with_arrays
    copies = [records.assign(manifold=records["manifold"] + f"-{copy}") for copy in range(3)]
    figure = spectra_figure(pd.concat(copies, ignore_index=True), store)
    assert len(figure.axes) == MOST_PANELS
    assert f"the first {MOST_PANELS} of 33" in figure.get_suptitle().replace("\n", " ")
