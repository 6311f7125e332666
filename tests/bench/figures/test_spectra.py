from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures.spectra import spectra_figure
from bench.figures.style import style
from bench.html_report.spectra_panels import spectra
from bench.summary.summarise import summarise

NAMES = ("accuracy-against-runtime", "error-heatmap", "estimate-against-truth", "score-spectra")


def by_title(figure: Figure) -> dict[str, Axes]:
    return {axes.get_title(): axes for axes in figure.axes}


def x_of(axes: Axes, gid: str) -> list[float]:
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_gid() == gid]


def stated(axes: Axes) -> list[str]:
    legend = axes.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


def test_titles_of_spectra_do_not_touch_however_long_the_names_are(with_arrays):
    records, store = with_arrays
    longer = {name: f"a-much-longer-name-of-{name}-in-space" for name in set(records["manifold"])}
    figure = spectra_figure(records.assign(manifold=records["manifold"].map(longer)), store)
    assert figure is not None
    figure.draw_without_rendering()
    boxes = [axes.title.get_window_extent().padded(2) for axes in figure.axes]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:index])


def test_spectra_name_the_estimator_where_several_have_spectra(with_arrays):
    records, store = with_arrays
    other = records[records["estimator"] == "score-svd"].iloc[[0]].assign(estimator="flipd")
    np.savez(store / "arrays" / "without.npz", dimension=np.ones(3))
    table = pd.concat([records, other.assign(arrays="arrays/without.npz")])
    figure = spectra_figure(table, store)
    assert figure is not None
    assert "10-sphere, σ = 0.2" in by_title(figure)


def test_the_legend_of_spectra_does_not_cover_the_drop(with_arrays):
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
    assert stated(union)[0] == "$d$ = 30, right at\n20/20 points"
    median = union.lines[0].get_ydata()
    assert len(median) == 100
    assert 0.9 < max(median) <= 1


def test_spectra_of_unknown_truth_show_the_estimate_alone(with_arrays):
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
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert not any("truth" in text for text in labels)


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
        texts = [text for text in stated(axes) if "estimate " in text]
        assert [float(text.split("estimate ")[1]) for text in texts] == wrong
    assert any(x_of(axes, "estimate") for axes in figure.axes)
    page = {panel["title"]: panel["levels"] for panel in spectra(shown, store)}
    for manifold, own in table.items():
        assert [level["reading"] for level in page[manifold]] == own[::-1]


def test_arrays_that_are_lost_are_warned_of(with_arrays):
    records, store = with_arrays
    stored = records.loc[records["arrays"] != "", "arrays"]
    (store / stored.iloc[0]).unlink()
    (store / stored.iloc[1]).write_bytes(b"not an archive")
    with pytest.warns(UserWarning, match="no spectra of score-svd on"):
        figure = spectra_figure(records, store)
    assert figure is not None
    assert len(figure.axes) == 9
