from __future__ import annotations

import json
import math
import os
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Annotation, Text

from bench.figures.run_figures import estimate_figure, heatmap_figure, write_plots
from bench.figures.spectra import spectra_figure
from bench.figures.style import DPI, distinct_looks, plain_ticks, style
from bench.figures.tradeoff import pareto_front, tradeoff_figure
from bench.html_report.spectra_panels import spectra
from bench.summary.metrics import summarise
from bench.summary.ranking import rank

NAMES = ("accuracy-against-runtime", "error-heatmap", "estimate-against-truth", "score-spectra")


def by_title(figure: Figure) -> dict[str, Axes]:
    return {axes.get_title(): axes for axes in figure.axes}


def x_of(axes: Axes, gid: str) -> list[float]:
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_gid() == gid]


def stated(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


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


def test_titles_of_spectra_do_not_touch_however_long_the_names_are(with_arrays):
    records, store = with_arrays
    longer = {name: f"a-much-longer-name-of-{name}-in-space" for name in set(records["manifold"])}
    figure = spectra_figure(records.assign(manifold=records["manifold"].map(longer)), store)
    assert figure is not None
    figure.draw_without_rendering()
    boxes = [axes.title.get_window_extent().padded(2) for axes in figure.axes]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:index])


def test_spectra_name_the_estimator_where_several_kept_some_alone(with_arrays):
    records, store = with_arrays
    other = records[records["estimator"] == "score-svd"].iloc[[0]].assign(estimator="flipd")
    np.savez(store / "arrays" / "without.npz", dimension=np.ones(3))
    found = pd.concat([records, other.assign(arrays="arrays/without.npz")])
    figure = spectra_figure(found, store)
    assert figure is not None
    assert "10-sphere, σ = 0.2" in by_title(figure)


def test_what_spectra_say_of_points_does_not_cover_the_drop(with_arrays):
    records, store = with_arrays
    with style():
        figure = spectra_figure(records, store)
        assert figure is not None
        figure.draw_without_rendering()
    for axes in figure.axes:
        marks = x_of(axes, "truth") + x_of(axes, "estimate")
        assert marks
        drops = [axes.transData.transform((x, 0))[0] for x in marks]
        for text in axes.get_legend().get_texts():
            box = text.get_window_extent()
            assert not any(box.x0 < drop < box.x1 for drop in drops), axes.get_title()


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


def test_spectra_mark_the_truth_at_ambient_minus_dimension(with_arrays):
    records, store = with_arrays
    figure = spectra_figure(records, store)
    assert figure is not None
    panels = by_title(figure)
    assert len(panels) == 11
    assert x_of(panels["10-sphere, σ = 0.2"], "truth") == [90.5]
    assert x_of(panels["50-sphere, σ = 0.2"], "truth") == [50.5]
    assert x_of(panels["line, σ = 0.2"], "truth") == [99.5]
    union = panels["union-10-30, σ = 0.2"]
    assert x_of(union, "truth") == [70.5, 90.5]
    medians = [line for line in union.lines if len(line.get_xdata()) == 100]
    assert len({line.get_color() for line in medians}) == 2
    assert stated(union)[0] == "$d$ = 30, estimate 30,\n20/20 points right"
    median = union.lines[0].get_ydata()
    assert len(median) == 100
    assert 0.9 < max(median) <= 1


def test_spectra_of_unknown_truth_show_the_reading_alone(with_arrays):
    records, store = with_arrays
    name = records.loc[records["arrays"] != "", "arrays"].iloc[0]
    with np.load(store / name) as arrays:
        changed = {**arrays, "truth": np.full(len(arrays["truth"]), np.nan)}
    np.savez(store / name, **changed)
    figure = spectra_figure(records[records["arrays"] == name], store)
    assert figure is not None
    (axes,) = figure.axes
    assert x_of(axes, "truth") == []
    assert x_of(axes, "estimate") == [90.5]
    assert stated(axes) == ["estimate 10"]
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert not any("truth" in text for text in said)


def test_spectra_state_the_estimate_of_the_table_not_a_median_of_the_points(with_arrays):
    records, store = with_arrays
    for manifold in ("line", "union-10-30"):
        (index,) = records.index[(records["arrays"] != "") & (records["manifold"] == manifold)]
        name = records.loc[index, "arrays"]
        with np.load(store / name) as arrays:
            # Most points read one too many.
            changed = {**arrays, "dimension": arrays["truth"] + (np.arange(40) % 4 > 0)}
        np.savez(store / name, **changed)
        groups = json.loads(records.loc[index, "groups"])
        for group in groups:
            group["estimate"] = group["truth"] - 0.5
        records.loc[index, ["groups", "estimate"]] = json.dumps(groups), groups[0]["estimate"]
    shown = records[records["estimator"] == "score-svd"]
    table = {
        row["manifold"]: [group["estimate"] for group in json.loads(row["groups"])]
        for row in summarise(shown).to_dict("records")
    }
    figure = spectra_figure(records, store)
    assert figure is not None
    for title, axes in by_title(figure).items():
        # The largest truth level is first.
        own = table[title.partition(",")[0]][::-1]
        truths = [float(x) - 0.5 for x in x_of(axes, "truth")]
        wrong = [estimate for estimate in own if 100 - estimate not in truths]
        assert x_of(axes, "estimate") == [100.5 - estimate for estimate in wrong]
        found = [text.split("estimate ")[1].split(",")[0] for text in stated(axes)]
        assert [float(text) for text in found] == own
    assert any(x_of(axes, "estimate") for axes in figure.axes)
    page = {panel["title"]: panel["levels"] for panel in spectra(shown, store)}
    for manifold, own in table.items():
        assert [level["reading"] for level in page[manifold]] == own[::-1]


def test_arrays_that_are_lost_are_warned_of(with_arrays):
    records, store = with_arrays
    kept = records.loc[records["arrays"] != "", "arrays"]
    (store / kept.iloc[0]).unlink()
    (store / kept.iloc[1]).write_bytes(b"not an archive")
    with pytest.warns(UserWarning, match="no spectra of score-svd on"):
        figure = spectra_figure(records, store)
    assert figure is not None
    assert len(figure.axes) == 9


@pytest.mark.parametrize("status", ["failed", "not applicable"])
def test_nothing_but_failures(make_records, tmp_path: Path, status):
    records: pd.DataFrame = make_records(("torus", "line"), ("mle-5", "ph"), seeds=1)
    records[["estimate", "error", "fit_seconds"]] = math.nan
    records["status"] = status
    records["groups"] = "[]"
    paths = write_plots(records, tmp_path, tmp_path)
    assert {path.stem for path in paths} == {"error-heatmap", "estimate-against-truth"}


def test_a_figure_that_cannot_be_drawn_is_told_and_the_others_are_drawn(
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
