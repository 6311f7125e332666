from __future__ import annotations

import math
import os
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.image import imread
from matplotlib.text import Annotation, Text

from bench.figures.run_figures import estimate_figure, heatmap_figure, write_plots
from bench.figures.style import DPI, style
from bench.figures.tradeoff import pareto_front, tradeoff_figure
from bench.summary.ranking import rank
from bench.summary.summarise import summarise

NAMES = ("accuracy-against-runtime", "error-heatmap", "estimate-against-truth", "score-spectra")


def texts(axes: Axes) -> list[str]:
    return [text.get_text() for text in axes.texts]


def test_writes_every_figure_as_png_and_svg(with_arrays, tmp_path):
    records, store = with_arrays
    few = ["line", "union-10-30", "torus", "50-sphere"]
    records = records[
        records["manifold"].isin(few)
        & records["estimator"].isin(["mle-5", "ph", "danco", "score-svd", "ppca", "knn"])
    ]
    before = dict(matplotlib.rcParams)
    paths = write_plots(records, tmp_path / "out", store)
    assert dict(matplotlib.rcParams) == before
    assert sorted(paths) == sorted((tmp_path / "out").iterdir())
    assert sorted({path.stem for path in paths}) == list(NAMES)
    for path in paths:
        if path.suffix == ".png":
            image = imread(path)
            height, width = image.shape[:2]
            assert 5 * DPI <= width <= 20 * DPI
            assert 3 * DPI <= height <= 20 * DPI
            assert image[..., :3].std() > 0.02
        else:
            text = path.read_text(encoding="utf-8")
            assert text.rstrip().endswith("</svg>")


def test_the_same_records_give_the_same_bytes(make_records, tmp_path):
    records = make_records(("torus",), ("mle-5", "knn"))
    first, second = (
        {path.name: path.read_bytes() for path in write_plots(records, tmp_path / name, tmp_path)}
        for name in ("a", "b")
    )
    assert first == second


def test_figures_without_data_are_removed_not_left_over(make_records, tmp_path):
    records = make_records(("torus",), ("mle-5",))
    for name in NAMES:
        (tmp_path / f"{name}.png").write_text("stale")
    records[["truth", "error"]] = np.nan
    records["groups"] = "[]"
    assert write_plots(records, tmp_path, tmp_path) == []
    assert os.listdir(tmp_path) == []


def test_estimates_stand_at_their_value(make_records):
    summary = summarise(make_records(("10-sphere", "union-10-30"), ("mle-5",)))
    figure = estimate_figure(summary)
    assert figure is not None
    (axes,) = figure.axes
    points = [container.lines[0].get_xydata()[0] for container in axes.containers]
    levels = np.array(points)
    assert len(levels) == 3
    assert sorted(levels[:, 1])[2] == pytest.approx(25, abs=1)
    assert sorted(levels[:, 1])[0] == pytest.approx(9.45, abs=0.2)
    assert levels[np.argmax(levels[:, 1]), 0] == pytest.approx(30)
    (identity,) = (line for line in axes.lines if line.get_gid() == "truth")
    np.testing.assert_array_equal(identity.get_xdata(), identity.get_ydata())
    bars = axes.containers[0].lines[2][0].get_segments()[0]
    half = summary["half_width"].iloc[0]
    assert bars[:, 1] == pytest.approx([points[0][1] - half, points[0][1] + half])


def test_estimate_panels_are_ranked_and_name_failures(records):
    summary = summarise(records)
    figure = estimate_figure(summary)
    assert figure is not None
    titles = [axes.get_title().split("\n")[0] for axes in figure.axes]
    assert titles == list(rank(summary)["estimator"])
    panels = dict(zip(titles, figure.axes, strict=True))
    assert texts(panels["danco"]) == ["failed: line 3/3"]
    assert texts(panels["ph"]) == ["failed:\n50-sphere 1/1\nunion-10-30 1/1"]
    assert texts(panels["mle-5"]) == []
    title = panels["ess"].get_title().replace("\n", " ")
    assert title == "ess [1000 of 5000 to 10000 points]"


def test_heatmap_annotates_errors_and_hatches_failures(records):
    summary = summarise(records)
    figure = heatmap_figure(summary)
    assert figure is not None
    axes = figure.axes[0]
    rows = [label.get_text() for label in axes.get_yticklabels()]
    columns = [label.get_text() for label in axes.get_xticklabels()]
    assert rows == list(rank(summary)["estimator"])
    assert columns[6:8] == ["union-10-30\nd = 10", "union-10-30\nd = 30"]
    shown = {text.get_position(): text.get_text() for text in axes.texts}
    line = columns.index("line\nd = 1")
    assert shown[line, rows.index("ppca")] == "+9700"
    assert shown[line, rows.index("danco")] == "failed"
    assert shown[columns.index("torus\nd = 2"), rows.index("knn")].endswith("*")
    assert shown[columns.index("hypercube-20\nd = 20"), rows.index("ess")] == "n/a"
    assert shown[columns.index("swiss-roll\nd = 2"), rows.index("fishers")] == "–"
    hatched = [patch for patch in axes.patches if patch.get_gid() == "failed"]
    assert len(hatched) == 4
    assert all(patch.get_hatch() for patch in hatched)


def test_runtime_figure_places_points_and_front(records):
    summary = summarise(records)
    standings = rank(summary)
    figure = tradeoff_figure(summary)
    assert figure is not None
    (axes,) = figure.axes
    offsets = np.concatenate([points.get_offsets() for points in axes.collections])
    np.testing.assert_allclose(offsets, standings[["fit_seconds", "ranking_error"]])
    (front,) = (line for line in axes.lines if line.get_gid() == "front")
    best = standings.set_index("estimator").loc["score-svd", "fit_seconds"]
    assert best in list(front.get_xdata())


def shown_ticks(axis) -> list[str]:
    low, high = sorted(axis.get_view_interval())
    places = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
    return [label.get_text() for place, label in places if low <= place <= high]


def test_the_axis_of_errors_ends_at_the_data_and_has_a_zero_only_where_an_error_is_zero(records):
    exact = summarise(records)
    summary = exact[exact["estimator"] != "score-svd"]
    errors = rank(summary)["ranking_error"]
    assert errors.min() > 0
    figure = tradeoff_figure(summary)
    assert figure is not None
    figure.draw_without_rendering()
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    assert errors.min() / 2 < low < errors.min()
    assert errors.max() < high < 2 * errors.max()
    assert "0" not in shown_ticks(axes.yaxis)
    figure = tradeoff_figure(exact)
    assert figure is not None
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert shown_ticks(axes.yaxis)[0] == "0"
    assert axes.get_ylim()[0] > -errors.min()


def test_labels_do_not_overlap(records):
    with style():
        figure = tradeoff_figure(summarise(records))
        assert figure is not None
        figure.draw_without_rendering()
        (axes,) = figure.axes
        labels = [text for text in axes.texts if isinstance(text, Annotation)]
        # of the text alone, without the line to its point
        boxes = {label.get_text(): Text.get_window_extent(label) for label in labels}
        frame = axes.get_window_extent()
    assert len(boxes) == 18
    names = list(boxes)
    for index, name in enumerate(names):
        assert frame.x0 <= boxes[name].x0
        assert boxes[name].x1 <= frame.x1
        for other in names[index + 1 :]:
            assert not boxes[name].overlaps(boxes[other]), (name, other)


def test_estimators_without_any_estimate_are_named(make_records):
    records = make_records(("torus",), ("mle-5", "ph"))
    records.loc[records["estimator"] == "ph", "status"] = "timeout"
    figure = tradeoff_figure(summarise(records))
    assert figure is not None
    assert "without an estimate: ph" in figure.get_suptitle()


def test_pareto_front_drops_what_is_beaten():
    points = [(1.0, 0.5), (2.0, 0.6), (3.0, 0.1), (3.0, 0.2), (0.5, 0.9)]
    assert pareto_front(points) == [(0.5, 0.9), (1.0, 0.5), (3.0, 0.1)]


@pytest.mark.parametrize("status", ["failed", "not applicable"])
def test_nothing_but_failures(make_records, tmp_path: Path, status):
    records: pd.DataFrame = make_records(("torus", "line"), ("mle-5", "ph"), seeds=1)
    records[["estimate", "error", "fit_seconds"]] = math.nan
    records["status"] = status
    records["groups"] = "[]"
    paths = write_plots(records, tmp_path, tmp_path)
    assert {path.stem for path in paths} == {"error-heatmap", "estimate-against-truth"}


def test_a_figure_that_fails_is_a_warning_and_the_others_are_drawn(
    make_records, tmp_path, monkeypatch
):
    def broken(*_):
        raise RuntimeError("\x1b[2J broken")

    monkeypatch.setattr("bench.figures.run_figures.heatmap_figure", broken)
    (tmp_path / "error-heatmap.png").write_bytes(b"older")
    with pytest.warns(UserWarning, match=r"error-heatmap cannot be drawn: .*\\x1b\[2J broken"):
        written = write_plots(make_records(), tmp_path, tmp_path)
    names = {path.name for path in written}
    assert {"estimate-against-truth.png", "accuracy-against-runtime.svg"} <= names
    assert not (tmp_path / "error-heatmap.png").exists()
