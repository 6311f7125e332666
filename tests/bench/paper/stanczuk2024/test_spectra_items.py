"""Score spectra of Euclidean manifolds and of images."""

from __future__ import annotations

import numpy as np
import pytest
from figure_records import material, record
from panels import panels, places, with_gid, words

from bench.paper.publications.stanczuk2024 import FIGURES

ITEMS = {item.name: item for item in FIGURES}


def test_spectra_mark_the_truth_where_the_values_drop(figures):
    grid = panels(figures["spectra"])
    truths = {"10-sphere": [90.5], "50-sphere": [50.5], "line": [99.5]}
    for title, marks in {**truths, "10- and 30-sphere": [70.5, 90.5]}.items():
        assert sorted(places(grid[title], "truth")) == marks
        assert places(grid[title], "estimate") == []
    median = next(line for line in grid["50-sphere"].lines if len(line.get_xdata()) == 100)
    assert median.get_ydata()[49] > 0.7 > 0.1 > median.get_ydata()[50]
    assert "$d$ = 10, right at 40/40 points" in words(grid["10-sphere"])
    assert "$d$ = 50, right at 30/40 points" in words(grid["50-sphere"])
    assert "$d$ = 30, right at 20/20 points" in words(grid["10- and 30-sphere"])


def test_spectra_say_which_are_missing_and_why(tmp_path):
    rows = [
        record(tmp_path, "line", "score-svd-100", truths=[1]),
        record(tmp_path, "10-sphere", "score-svd-100", truths=[10], status="timeout"),
        record(tmp_path, "50-sphere", "score-svd-100", truths=[50], stored=False),
    ]
    for name in ("spectra", "histograms"):
        grid = panels(ITEMS[name].make(material(rows, tmp_path)))
        assert "failed (timeout)" in words(grid["10-sphere"])
        assert "not saved" in words(grid["50-sphere"])
        assert "not run" in words(grid["10- and 30-sphere"])
        assert not with_gid(grid["10-sphere"], "truth")


def test_broken_arrays_are_reported_in_their_panel(tmp_path):
    rows = [
        record(tmp_path, "line", "score-svd-100", truths=[1]),
        record(tmp_path, "10-sphere", "score-svd-100", truths=[10]),
    ]
    (tmp_path / rows[1]["arrays"]).write_bytes(b"half a file")
    with pytest.warns(UserWarning, match="no spectra"):
        figure = ITEMS["spectra"].make(material(rows, tmp_path))
    assert "not saved" in words(panels(figure)["10-sphere"])


def test_spectra_state_the_estimate_of_the_record_not_a_median_of_the_points(tmp_path):
    rows = [
        record(tmp_path, "line", "score-svd-100", truths=[1], estimates=[2, 2, 1], estimate=1.0),
        record(tmp_path, "10-sphere", "score-svd-100", truths=[10], estimate=9.5),
    ]
    figure = ITEMS["spectra"].make(material(rows, tmp_path))
    grid = panels(figure)
    assert places(grid["line"], "estimate") == []
    assert places(grid["10-sphere"], "estimate") == [91.0]
    assert "$d$ = 10, right at 40/40 points, estimate 9.5" in words(grid["10-sphere"])


def test_images_stand_beside_their_spectra(figures):
    figure = figures["images"]
    pictures, spectra = figure.axes[::2], figure.axes[1::2]
    assert [axes.get_title() for axes in pictures] == [
        *("10 squares", "20 squares", "10 blobs", "20 blobs")
    ]
    assert [places(axes, "truth") for axes in spectra] == [[1014.5], [1004.5]] * 2
    blocks = [axes.images[0].get_array() for axes in pictures]
    for block in blocks:
        assert block.shape == (66, 66)
        # Four pictures that differ, white between them.
        assert (block[32:34] == 1).all()
        assert (block[:, 32:34] == 1).all()
        assert not np.allclose(block[:32, :32], block[34:, 34:])
        assert block.min() < 0.1
    assert not np.allclose(blocks[0], blocks[1])
