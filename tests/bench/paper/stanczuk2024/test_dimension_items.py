"""Dimensions at single points, by noise level and on non-uniform spheres."""

from __future__ import annotations

import numpy as np
from figure_records import all_records, material
from panels import heights, panels, places

from bench.paper.publications.stanczuk2024 import FIGURES

ITEMS = {item.name: item for item in FIGURES}


def boxes(axes):
    """Index of the noise level, dimension and truth of each box, with its share of the points."""
    return {
        (round(box.get_x() + 0.5), round(box.get_y() + box.get_height() / 2), box.get_gid()): (
            box.get_alpha()
        )
        for box in axes.patches
    }


def test_estimates_by_noise_level_are_shares_of_the_points_of_each_truth(tmp_path):
    rows = all_records(tmp_path)
    path = tmp_path / next(row["arrays"] for row in rows if row["manifold"] == "50-sphere")
    with np.load(path) as arrays:
        again = dict(arrays)
    again["sigmas"] = np.array([0.1, 0.2, 0.4])
    again["dimension_by_sigma"] = np.array([[51] * 40, again["dimension"], [50] * 20 + [49] * 20])
    np.savez(path, **again)
    grid = panels(ITEMS["histograms"].make(material(rows, tmp_path)))
    results = {(0, 51, "50"): 1, (1, 50, "50"): 0.75, (1, 51, "50"): 0.25}
    assert boxes(grid["50-sphere"]) == {**results, (2, 50, "50"): 0.5, (2, 49, "50"): 0.5}
    assert places(grid["50-sphere"], "chosen") == [1]
    assert boxes(grid["10- and 30-sphere"]) == {(0, 30, "30"): 1, (0, 10, "10"): 1}
    assert sorted(heights(grid["10- and 30-sphere"], "truth")) == [10, 30]


def test_a_wrong_estimate_of_nonuniform_spheres_is_shown_as_wrong(figures):
    figure = figures["nonuniform"]
    assert [axes.get_title() for axes in figure.axes[:3]] == [
        f"angles: {deviation} rad" for deviation in ("1", "0.75", "0.5")
    ]
    for above, below, median in zip(figure.axes[:3], figure.axes[3:], (2, 2, 1), strict=True):
        assert places(above, "truth") == [90.5]
        assert places(above, "estimate") == [100 - median + 0.5]
        assert places(below, "truth") == [10]
        assert max(below.patches, key=lambda bar: bar.get_height()).get_x() + 0.5 == median
