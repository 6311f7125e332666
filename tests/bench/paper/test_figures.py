from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from figure_records import all_records, material, record
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.text import Text

from bench.engine import plan
from bench.figures.paper_style import DPI, LOOKS, SMALL, TALLEST, WIDTH, column, save
from bench.figures.style import plain_ticks
from bench.paper.publication import PRESETS
from bench.paper.publications.stanczuk2024 import FIGURES
from bench.suites import schema

ITEMS = {item.name: item for item in FIGURES}
TRAINED = ("autoencoder", "ablation")
REPORTED = Path(__file__).parents[3] / "results" / "reported"


def with_gid(axes, gid):
    return [line for line in axes.lines if line.get_gid() == gid]


def heights(axes, gid):
    return [float(line.get_ydata()[0]) for line in with_gid(axes, gid)]


def places(axes, gid):
    return [float(line.get_xdata()[0]) for line in with_gid(axes, gid)]


def words(axes):
    legend = axes.get_legend()
    found = [*axes.texts, *(legend.get_texts() if legend else [])]
    return " ".join(text.get_text().replace("\n", " ") for text in found)


def panels(figure):
    return {axes.get_title(): axes for axes in figure.axes if axes.get_title()}


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of which every figure can be drawn, with what two of them keep beside records."""
    folder = tmp_path_factory.mktemp("store")
    rows = all_records(folder)
    (folder / "figures").mkdir()
    ablation = pd.read_csv(REPORTED / "studies" / "ablation.csv")
    ablation.assign(budget=1.0).to_csv(folder / "figures" / "ablation.csv", index=False)
    check = pd.read_csv(REPORTED / "autoencoder" / "autoencoder-fashion-mnist.csv")
    check.assign(steps=100).to_csv(folder / "figures" / "autoencoder-digits.csv", index=False)
    return rows, folder


@pytest.fixture(scope="module")
def drawn(store):
    return {name: item.make(material(*store)) for name, item in ITEMS.items()}


def test_there_is_an_item_for_each_figure_in_order():
    assert list(ITEMS) == [
        *("spectra", "histograms", "nonuniform", "noise", "sample-size", "images", "classes"),
        *("autoencoder", "ablation"),
    ]
    for item in FIGURES:
        assert item.kind == "figure"
        assert len(item.caption) > 80


@pytest.mark.parametrize("name", ITEMS)
@pytest.mark.parametrize("preset", PRESETS)
def test_cells_are_those_of_a_suite(name, preset):
    planned = [
        plan.build(
            schema.load(cells.suite or "stanczuk2024"),
            preset,
            manifold_patterns=cells.manifolds,
            estimator_patterns=cells.estimators,
        )
        for cells in ITEMS[name].cells
        if preset in cells.presets
    ]
    assert all(planned)
    assert bool(planned) == (name != "ablation")


@pytest.mark.parametrize("name", ITEMS)
def test_every_figure_fits_a_column_with_all_it_says(drawn, name, tmp_path):
    figure = drawn[name]
    paths = save(figure, tmp_path / name)
    assert figure.get_figwidth() == WIDTH
    assert figure.get_figheight() <= TALLEST
    assert b"/FontFile2" in paths[0].read_bytes()
    assert b"/Type3" not in paths[0].read_bytes()
    renderer = FigureCanvasAgg(figure).get_renderer()
    taken = [axes.get_tightbbox(renderer) for axes in figure.axes]
    for text in figure.findobj(Text):
        if not (text.get_visible() and text.get_text().strip()):
            continue
        assert text.get_fontsize() >= SMALL
        box = text.get_window_extent(renderer)
        # Ticks beyond the limits of an axis have texts that are not drawn.
        if any(panel.overlaps(box) for panel in taken):
            assert -1 <= box.x0 < box.x1 <= WIDTH * DPI + 1, text.get_text()
    for key in figure.legends:
        box = key.get_window_extent(renderer)
        assert -1 <= box.x0 < box.x1 <= WIDTH * DPI + 1
        assert not any(panel.overlaps(box.padded(-1)) for panel in taken)


@pytest.mark.parametrize("name", sorted(set(ITEMS) - {"ablation"}))
def test_axes_say_what_they_show(drawn, name):
    grid = [axes for axes in drawn[name].axes if axes.axison]
    lowest, leftmost = (
        min(axes.get_subplotspec().colspan.start for axes in grid),
        max(axes.get_subplotspec().rowspan.stop for axes in grid),
    )
    for axes in grid:
        spec = axes.get_subplotspec()
        if spec.colspan.start == lowest:
            assert axes.get_ylabel()
    assert any(
        axes.get_xlabel() for axes in grid if axes.get_subplotspec().rowspan.stop == leftmost
    )


@pytest.mark.parametrize("name", ITEMS)
def test_without_records_there_is_no_figure(name, tmp_path):
    assert ITEMS[name].make(material([], tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_spectra_mark_the_truth_where_the_values_drop(drawn):
    grid = panels(drawn["spectra"])
    truths = {"10-sphere": [90.5], "50-sphere": [50.5], "line": [99.5]}
    for title, marks in {**truths, "10- and 30-sphere": [70.5, 90.5]}.items():
        assert sorted(places(grid[title], "truth")) == marks
        assert places(grid[title], "estimate") == []
    median = next(line for line in grid["50-sphere"].lines if len(line.get_xdata()) == 100)
    assert median.get_ydata()[49] > 0.7 > 0.1 > median.get_ydata()[50]
    assert "$d$ = 10, estimate 10, 40/40 points right" in words(grid["10-sphere"])
    assert "$d$ = 50, estimate 50, 30/40 points right" in words(grid["50-sphere"])
    assert "$d$ = 30, estimate 30, 20/20 points right" in words(grid["10- and 30-sphere"])


def test_spectra_say_which_are_missing_and_why(tmp_path):
    rows = [
        record(tmp_path, "line", "score-svd-100", truths=[1]),
        record(tmp_path, "10-sphere", "score-svd-100", truths=[10], status="timeout"),
        record(tmp_path, "50-sphere", "score-svd-100", truths=[50], kept=False),
    ]
    for name in ("spectra", "histograms"):
        grid = panels(ITEMS[name].make(material(rows, tmp_path)))
        assert "failed (timeout)" in words(grid["10-sphere"])
        assert "not saved" in words(grid["50-sphere"])
        assert "not run" in words(grid["10- and 30-sphere"])
        assert not with_gid(grid["10-sphere"], "truth")


def test_broken_arrays_are_told_in_their_panel(tmp_path):
    rows = [
        record(tmp_path, "line", "score-svd-100", truths=[1]),
        record(tmp_path, "10-sphere", "score-svd-100", truths=[10]),
    ]
    (tmp_path / rows[1]["arrays"]).write_bytes(b"half a file")
    with pytest.warns(UserWarning, match="no spectra"):
        figure = ITEMS["spectra"].make(material(rows, tmp_path))
    assert "not saved" in words(panels(figure)["10-sphere"])


def boxes(axes):
    """Place of the noise level, dimension and truth of each box, with its share of the points."""
    return {
        (round(box.get_x() + 0.5), round(box.get_y() + box.get_height() / 2), box.get_gid()): (
            box.get_alpha()
        )
        for box in axes.patches
    }


def test_readings_by_noise_level_are_shares_of_the_points_of_each_truth(tmp_path):
    rows = all_records(tmp_path)
    path = tmp_path / next(row["arrays"] for row in rows if row["manifold"] == "50-sphere")
    with np.load(path) as arrays:
        again = dict(arrays)
    again["sigmas"] = np.array([0.1, 0.2, 0.4])
    again["dimension_by_sigma"] = np.array([[51] * 40, again["dimension"], [50] * 20 + [49] * 20])
    np.savez(path, **again)
    grid = panels(ITEMS["histograms"].make(material(rows, tmp_path)))
    found = {(0, 51, "50"): 1, (1, 50, "50"): 0.75, (1, 51, "50"): 0.25}
    assert boxes(grid["50-sphere"]) == {**found, (2, 50, "50"): 0.5, (2, 49, "50"): 0.5}
    assert places(grid["50-sphere"], "chosen") == [1]
    assert boxes(grid["10- and 30-sphere"]) == {(0, 30, "30"): 1, (0, 10, "10"): 1}
    assert sorted(heights(grid["10- and 30-sphere"], "truth")) == [10, 30]


def test_a_wrong_reading_of_nonuniform_spheres_is_shown_as_wrong(drawn):
    figure = drawn["nonuniform"]
    assert [axes.get_title() for axes in figure.axes[:3]] == [
        f"angles: {deviation} rad" for deviation in ("1", "0.75", "0.5")
    ]
    for above, below, median in zip(figure.axes[:3], figure.axes[3:], (2, 2, 1), strict=True):
        assert places(above, "truth") == [90.5]
        assert places(above, "estimate") == [100 - median + 0.5]
        assert places(below, "truth") == [10]
        assert max(below.patches, key=lambda bar: bar.get_height()).get_x() + 0.5 == median


@pytest.mark.parametrize(("name", "label"), [("noise", "noise-0.03"), ("sample-size", "n250")])
def test_curves_stand_at_means_with_intervals(drawn, name, label):
    (axes,) = drawn[name].axes
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
        record(tmp_path, label, "mle-20", truths=[10], kept=False, estimate=estimate)
        for label, estimate in (("noise-0.03", 11.0), ("noise-0.1", 80.0))
    ]
    for shown, ambient in ((rows[:1], []), (rows, [100])):
        (axes,) = ITEMS["noise"].make(material(shown, tmp_path)).axes
        assert heights(axes, "truth") == [10]
        assert heights(axes, "ambient") == ambient


def test_curves_stand_at_the_size_and_at_the_noise(drawn):
    (sizes,), (noise,) = drawn["sample-size"].axes, drawn["noise"].axes
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


def test_images_stand_beside_their_spectra(drawn):
    figure = drawn["images"]
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


def test_classes_show_estimates_and_the_middle_half_of_images(drawn):
    (axes,) = drawn["classes"].axes
    assert "180 images a class" in axes.get_title()
    assert heights(axes, "danco") == [13] * 10
    assert heights(axes, "score-svd") == [9] * 10
    assert np.round(places(axes, "ess")).tolist() == list(range(10))
    bars = [line.get_ydata() for line in with_gid(axes, "middle half")]
    told = [tuple(bar) for bar in bars if not np.isnan(bar).any()]
    assert len(told) == 40
    assert set(told) == {(low, low + 2.0) for low in (8.0, 9.0, 10.0, 11.0)}


def test_classes_take_mnist_then_fashion_mnist_where_they_are(store):
    rows, folder = store
    more = [
        record(folder, f"{name}-{number}", "mle-20", ambient=784, readings=[12], n=5000)
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


def test_the_autoencoder_stands_beside_the_estimates(drawn, store):
    (axes,) = drawn["autoencoder"].axes
    table = pd.read_csv(store[1] / "figures" / "autoencoder-digits.csv")
    for gid in ("linear", "error"):
        (line,) = with_gid(axes, gid)
        np.testing.assert_array_equal(line.get_xdata(), table["bottleneck"])
        np.testing.assert_allclose(line.get_ydata(), table[gid])
    assert "Supports no dimension" in axes.get_title()
    assert [places(axes, name)[0] for name in LOOKS] == [9, 10, 11, 12, 13]
    (band,) = (patch for patch in axes.patches if patch.get_gid() == "estimates")
    assert (band.get_x(), band.get_width()) == (9, 4)


def test_the_autoencoder_is_trained_once_and_kept(tmp_path):
    row = record(tmp_path, "digits", "mle-20", ambient=64, readings=[8], kept=False)
    assert ITEMS["autoencoder"].make(material([row], tmp_path)) is None
    figure = ITEMS["autoencoder"].make(material([row], tmp_path, running=True))
    kept = tmp_path / "figures" / "autoencoder-digits.csv"
    assert [path.name for path in kept.parent.iterdir()] == [kept.name]
    table = pd.read_csv(kept)
    assert table["bottleneck"].tolist()[:3] == [2, 4, 6]
    assert table["linear"].is_monotonic_decreasing
    (linear,) = with_gid(figure.axes[0], "linear")
    assert linear.get_ydata() == pytest.approx(table["linear"])
    written = kept.stat().st_mtime_ns
    for running in (True, False):
        assert ITEMS["autoencoder"].make(material([row], tmp_path, running=running))
    assert kept.stat().st_mtime_ns == written


def test_the_ablation_shows_readings_and_shares_of_right_points(drawn, store):
    grid = drawn["ablation"].axes
    table = pd.read_csv(store[1] / "figures" / "ablation.csv")
    at = table[(table["sigma"] == 0.01) & (table["dimension"] == 50)]
    axes = panels(drawn["ablation"])["50-sphere"]
    told = {tuple(map(round, text.get_position())): text.get_text() for text in axes.texts}
    shares = axes.images[0].get_array()
    scores = list(dict.fromkeys(at["score"]))
    for line, read_out in enumerate(dict.fromkeys(at["read-out"])):
        for order, score in enumerate(scores):
            (cell,) = at[(at["read-out"] == read_out) & (at["score"] == score)].to_dict("records")
            assert told[order, line] == f"{cell['reading']:g}"
            assert shares[line, order] == pytest.approx(1 - cell["right"])
    lowest = [label.get_text() for label in grid[-1].get_xticklabels()]
    assert lowest == ["exact", "500", "1000", "2000", "4000"]
    for text in axes.texts:
        column, line = map(round, text.get_position())
        grey = 1 - 0.75 * float(shares[line, column])
        assert abs(to_rgb(text.get_color())[0] - grey) > 0.4


def test_a_quick_look_at_the_ablation_says_how_short_it_trained(store, tmp_path):
    (tmp_path / "figures").mkdir()
    kept = tmp_path / "figures" / "ablation.csv"
    shutil.copy(store[1] / "figures" / "ablation.csv", kept)
    pd.read_csv(kept).assign(budget=0.1).to_csv(kept, index=False)
    figure = ITEMS["ablation"].make(material([], tmp_path))
    lowest = [label.get_text() for label in figure.axes[-1].get_xticklabels()]
    assert lowest == ["exact", "50", "100", "200", "400"]


@pytest.mark.slow
def test_the_ablation_is_run_once_and_kept(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    assert ITEMS["ablation"].make(material([], tmp_path, running=True)) is not None
    kept = tmp_path / "figures" / "ablation.csv"
    assert (pd.read_csv(kept)["budget"] == 0.02).all()
    written = kept.stat().st_mtime_ns
    assert ITEMS["ablation"].make(material([], tmp_path, running=True)) is not None
    assert kept.stat().st_mtime_ns == written


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


def test_spectra_state_the_estimate_of_the_record_not_a_median_of_the_points(tmp_path):
    rows = [
        record(tmp_path, "line", "score-svd-100", truths=[1], readings=[2, 2, 1], estimate=1.0),
        record(tmp_path, "10-sphere", "score-svd-100", truths=[10], estimate=9.5),
    ]
    figure = ITEMS["spectra"].make(material(rows, tmp_path))
    grid = panels(figure)
    assert places(grid["line"], "estimate") == []
    assert places(grid["10-sphere"], "estimate") == [91.0]
    assert "$d$ = 10, estimate 9.5, 40/40 points right" in words(grid["10-sphere"])
