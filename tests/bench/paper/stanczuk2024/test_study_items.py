"""The figures of the ablation and of the autoencoder."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from figure_records import material, record
from matplotlib.colors import to_rgb
from panels import panels, places, with_gid

from bench.figures.paper_style import LOOKS
from bench.paper.publications.stanczuk2024 import FIGURES

ITEMS = {item.name: item for item in FIGURES}


def test_the_autoencoder_stands_beside_the_estimates(figures, store):
    (axes,) = figures["autoencoder"].axes
    table = pd.read_csv(store[1] / "figures" / "autoencoder-digits.csv")
    for gid in ("linear", "error"):
        (line,) = with_gid(axes, gid)
        np.testing.assert_array_equal(line.get_xdata(), table["bottleneck"])
        np.testing.assert_allclose(line.get_ydata(), table[gid])
    assert "Supports no dimension" in axes.get_title()
    assert [places(axes, name)[0] for name in LOOKS] == [9, 10, 11, 12, 13]
    (band,) = (patch for patch in axes.patches if patch.get_gid() == "estimates")
    assert (band.get_x(), band.get_width()) == (9, 4)


def test_the_autoencoder_is_trained_once_and_saved(tmp_path):
    row = record(tmp_path, "digits", "mle-20", ambient=64, estimates=[8], stored=False)
    assert ITEMS["autoencoder"].make(material([row], tmp_path)) is None
    figure = ITEMS["autoencoder"].make(material([row], tmp_path, running=True))
    stored = tmp_path / "figures" / "autoencoder-digits.csv"
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]
    table = pd.read_csv(stored)
    assert table["bottleneck"].tolist()[:3] == [2, 4, 6]
    assert table["linear"].is_monotonic_decreasing
    (linear,) = with_gid(figure.axes[0], "linear")
    assert linear.get_ydata() == pytest.approx(table["linear"])
    written = stored.stat().st_mtime_ns
    for running in (True, False):
        assert ITEMS["autoencoder"].make(material([row], tmp_path, running=running))
    assert stored.stat().st_mtime_ns == written


def test_the_ablation_shows_estimates_and_shares_of_right_points(figures, store):
    grid = figures["ablation"].axes
    table = pd.read_csv(store[1] / "figures" / "ablation.csv")
    at = table[(table["sigma"] == 0.01) & (table["dimension"] == 50)]
    axes = panels(figures["ablation"])["50-sphere"]
    labels = {tuple(map(round, text.get_position())): text.get_text() for text in axes.texts}
    shares = axes.images[0].get_array()
    scores = list(dict.fromkeys(at["score"]))
    for line, read_out in enumerate(dict.fromkeys(at["read-out"])):
        for order, score in enumerate(scores):
            (cell,) = at[(at["read-out"] == read_out) & (at["score"] == score)].to_dict("records")
            assert labels[order, line] == f"{cell['reading']:g}"
            assert shares[line, order] == pytest.approx(1 - cell["right"])
    lowest = [label.get_text() for label in grid[-1].get_xticklabels()]
    assert lowest == ["exact", "500", "1000", "2000", "4000"]
    for text in axes.texts:
        column, line = map(round, text.get_position())
        grey = 1 - 0.75 * float(shares[line, column])
        assert abs(to_rgb(text.get_color())[0] - grey) > 0.4


def test_a_quick_look_at_the_ablation_says_how_short_it_trained(store, tmp_path):
    (tmp_path / "figures").mkdir()
    stored = tmp_path / "figures" / "ablation.csv"
    shutil.copy(store[1] / "figures" / "ablation.csv", stored)
    pd.read_csv(stored).assign(budget=0.1).to_csv(stored, index=False)
    figure = ITEMS["ablation"].make(material([], tmp_path))
    lowest = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert lowest == ["exact", "50", "100", "200", "400"]


@pytest.mark.slow
def test_the_ablation_is_run_once_and_saved(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    assert ITEMS["ablation"].make(material([], tmp_path, running=True)) is not None
    stored = tmp_path / "figures" / "ablation.csv"
    assert (pd.read_csv(stored)["budget"] == 0.02).all()
    written = stored.stat().st_mtime_ns
    assert ITEMS["ablation"].make(material([], tmp_path, running=True)) is not None
    assert stored.stat().st_mtime_ns == written
