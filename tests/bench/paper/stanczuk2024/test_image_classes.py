"""The dimension of each class of real images."""

from __future__ import annotations

import numpy as np
from figure_records import material, record
from panels import heights, legend, places, with_gid

from bench.paper.publications.stanczuk2024 import FIGURES

ITEMS = {item.name: item for item in FIGURES}


def test_classes_show_estimates_and_the_middle_half_of_images(figures):
    (axes,) = figures["classes"].axes
    assert "180 images a class" in axes.get_title()
    assert heights(axes, "danco") == [13] * 10
    assert heights(axes, "score-svd") == [9] * 10
    assert np.round(places(axes, "ess")).tolist() == list(range(10))
    bars = [line.get_ydata() for line in with_gid(axes, "middle half")]
    intervals = [tuple(bar) for bar in bars if not np.isnan(bar).any()]
    assert len(intervals) == 40
    assert set(intervals) == {(low, low + 2.0) for low in (8.0, 9.0, 10.0, 11.0)}


def test_classes_take_mnist_then_fashion_mnist_where_they_are(store):
    rows, folder = store
    more = [
        record(folder, f"{name}-{number}", "mle-20", ambient=784, estimates=[12], n=5000)
        for name in ("fashion-mnist", "mnist")
        for number in range(10)
    ]
    both = ITEMS["classes"].make(material(rows + more, folder))
    assert [axes.get_title().split(",")[0] for axes in both.axes] == [
        *("MNIST", "digits of 8 x 8 pixels")
    ]
    fashion = ITEMS["classes"].make(material(more[:10], folder))
    (axes,) = fashion.axes
    assert axes.get_title() == "Fashion-MNIST, 5000 images a class"
    assert "trousers" in [label.get_text() for label in axes.get_xticklabels()]
    assert "danco (not run)" in legend(fashion)
    assert "mle-20" in legend(fashion)


def test_a_class_that_failed_is_marked(store):
    rows, folder = store
    changed = [
        {**row, "status": "crashed", "estimate": np.nan, "arrays": ""}
        if (row["manifold"], row["estimator"]) == ("digits-3", "ess")
        else row
        for row in rows
    ]
    (axes,) = ITEMS["classes"].make(material(changed, folder)).axes
    assert np.round(places(axes, "failed")).tolist() == [3]
    assert len(with_gid(axes, "ess")) == 9
