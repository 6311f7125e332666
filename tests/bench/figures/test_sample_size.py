from __future__ import annotations

import json
from collections.abc import Callable

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures.run_figures import write_plots
from bench.figures.sample_size_curves import sample_size_figure
from bench.figures.style import style

SIZES = (500, 1000, 2500, 10_000)
STEM = "estimate-against-sample-size"
Sized = Callable[..., pd.DataFrame]


@pytest.fixture
def sized(make_records) -> Sized:
    """Records of each manifold at several n, under labels such as torus-n500."""

    def make(
        manifolds: tuple[str, ...] = ("10-sphere",),
        estimators: tuple[str, ...] = ("mle-5", "twonn"),
        sizes: tuple[int, ...] = SIZES,
        seeds: int = 3,
    ) -> pd.DataFrame:
        parts = []
        for manifold in manifolds:
            for n in sizes:
                part = make_records((manifold,), estimators, seeds)
                part["manifold"] = f"{manifold}-n{n}"
                # The conftest gives spheres of all dimensions one name.
                part["manifold_parameters"] = json.dumps({"own": manifold})
                part["n"] = n
                part["points_used"] = part["points_used"].clip(upper=n)
                parts.append(part)
        return pd.concat(parts, ignore_index=True).astype({"n": "Int64", "points_used": "Int64"})

    return make


def figure_of(records: pd.DataFrame) -> Figure:
    figure = sample_size_figure(records)
    assert figure is not None
    return figure


def titles(figure: Figure) -> list[str]:
    return [axes.get_title() for axes in figure.axes]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def curves(axes: Axes) -> list[np.ndarray]:
    """The lines of the estimators, n and estimate, in the legend's order."""
    return [container.lines[0].get_xydata() for container in axes.containers]


def truths(axes: Axes) -> list[float]:
    return [float(line.get_ydata()[0]) for line in axes.lines if line.get_gid() == "truth"]


@pytest.mark.parametrize("sizes", [(500,), (500, 1000)])
def test_a_manifold_of_fewer_than_three_sizes_is_not_drawn(sized, sizes):
    assert sample_size_figure(sized(sizes=sizes)) is None


def test_a_run_with_one_size_a_manifold_has_no_such_figure(records):
    assert sample_size_figure(records) is None


def test_only_the_manifolds_of_three_sizes_or_more_have_a_panel(sized):
    some = pd.concat([sized(("torus",)), sized(("line",), sizes=(500, 1000))])
    assert titles(figure_of(some)) == ["torus, d = 2"]


def test_the_same_name_with_other_parameters_is_another_manifold(sized):
    records = sized(("10-sphere", "50-sphere"))
    assert set(records["manifold_name"]) == {"sphere"}
    assert titles(figure_of(records)) == ["10-sphere, d = 10", "50-sphere, d = 50"]


def test_a_line_goes_through_the_median_over_seeds_with_their_range_as_bars(sized):
    records = sized(seeds=4)
    values = {500: [7, 8, 12, 40], 1000: [9, 9, 10, 11], 2500: [10, 10, 10, 11], 10_000: [10] * 4}
    mine = records["estimator"] == "twonn"
    for n, estimates in values.items():
        records.loc[mine & (records["n"] == n), "estimate"] = estimates
    records["groups"] = "[]"
    (axes,) = figure_of(records).axes
    assert axes.get_xscale() == "log"
    np.testing.assert_allclose(
        curves(axes)[1], [(500, 10), (1000, 9.5), (2500, 10), (10_000, 10)], rtol=1e-12
    )
    bars = axes.containers[1].lines[2][0].get_segments()
    for bar, (n, estimates) in zip(bars, values.items(), strict=True):
        assert bar[:, 0] == pytest.approx([n, n])
        assert bar[:, 1] == pytest.approx([min(estimates), max(estimates)])


def test_the_truth_is_a_horizontal_line_and_each_size_a_tick(sized):
    figure = figure_of(sized(("50-sphere",)))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert truths(axes) == [50]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["500", "1k", "2.5k", "10k"]


def test_sizes_close_to_each_other_share_a_tick(sized):
    figure = figure_of(sized(sizes=(1000, 1010, 1020, 50_000, 100_000, 101_000)))
    figure.draw_without_rendering()
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1k", "50k", "100k"]


def test_a_union_has_a_panel_for_each_truth_level(sized):
    figure = figure_of(sized(("union-10-30",), ("mle-5",)))
    assert titles(figure) == ["union-10-30, d = 10", "union-10-30, d = 30"]
    assert [truths(axes) for axes in figure.axes] == [[10], [30]]
    low, high = (curves(axes)[0][:, 1] for axes in figure.axes)
    assert low == pytest.approx(np.full(4, 9.45), abs=0.3)
    assert high == pytest.approx(np.full(4, 25.05), abs=0.9)


def test_an_unknown_truth_has_no_line_but_its_estimates(sized):
    records = sized()
    records["truth"] = np.nan
    records["groups"] = "[]"
    (axes,) = figure_of(records).axes
    assert axes.get_title() == "10-sphere, d unknown"
    assert truths(axes) == []
    assert len(curves(axes)) == 2


def test_labels_that_do_not_end_in_n_leave_the_manifold_s_own_name(sized):
    records = sized()
    labels = dict(zip(records["manifold"].unique(), "abcd", strict=True))
    records["manifold"] = records["manifold"].map(labels)
    assert titles(figure_of(records)) == ["sphere, d = 10"]


def test_failures_are_named_and_leave_out_their_point(sized):
    records = sized(seeds=2)
    bad = (records["estimator"] == "twonn") & records["n"].isin([500, 2500])
    records.loc[bad, ["estimate", "error"]] = np.nan
    records.loc[bad, "groups"] = "[]"
    records.loc[bad, "status"] = "failed"
    (axes,) = figure_of(records).axes
    assert [text.get_text() for text in axes.texts] == ["failed: twonn at n = 500, 2.5k"]
    assert list(curves(axes)[1][:, 0]) == [1000, 10_000]
    assert len(curves(axes)[0]) == 4


def test_nothing_but_failures_keeps_the_truth(sized):
    records = sized(estimators=("mle-5",))
    records[["estimate", "error"]] = np.nan
    records["groups"] = "[]"
    records["status"] = "timeout"
    (axes,) = figure_of(records).axes
    assert axes.get_title() == "10-sphere, d = 10"
    assert (truths(axes), curves(axes)) == ([10], [])
    assert [text.get_text() for text in axes.texts] == ["failed: mle-5 at n = 4 sizes"]


def test_what_is_not_applicable_is_no_failure(sized):
    records = sized()
    records.loc[records["estimator"] == "twonn", "status"] = "not applicable"
    (axes,) = figure_of(records).axes
    assert [text.get_text() for text in axes.texts] == [""]
    assert len(curves(axes)) == 1


def test_the_legend_says_which_part_of_a_sample_was_used_and_the_title_how_many_seeds(sized):
    figure = figure_of(sized(estimators=("mle-5", "danco", "ess")))
    assert legend(figure) == [
        "mle-5",
        "danco [2000 of 2500 to 10000 points]",
        "ess [1000 of 2500 to 10000 points]",
        "truth",
        "range over seeds",
    ]
    assert "1 to 3 seeds a cell" in figure.get_suptitle().replace("\n", " ")


def test_an_estimator_has_one_colour_and_marker_in_all_panels_and_no_two_are_alike(sized):
    estimators = ("mle-5", "mle-20", "twonn", "danco", "ess")
    figure = figure_of(sized(("torus", "line", "10-sphere"), estimators))
    looks = [
        [(one.lines[0].get_color(), one.lines[0].get_marker()) for one in axes.containers]
        for axes in figure.axes
    ]
    assert looks[0] == looks[1] == looks[2]
    assert len(set(looks[0])) == len(estimators)


@pytest.mark.parametrize("manifolds", [("torus",), ("10-sphere", "50-sphere", "line", "torus")])
def test_legend_titles_and_panels_do_not_overlap(sized, manifolds):
    records = sized(manifolds, ("mle-5", "mle-20", "twonn", "danco", "ess"))
    records.loc[(records["estimator"] == "ess") & (records["n"] == 500), "status"] = "timeout"
    with style():
        figure = figure_of(records)
        figure.draw_without_rendering()
        boxes = [axes.get_tightbbox() for axes in figure.axes]
        boxes += [figure.legends[0].get_window_extent(), figure._suptitle.get_window_extent()]
        failures = [axes.texts[0].get_window_extent() for axes in figure.axes]
        heads = [axes.title.get_window_extent() for axes in figure.axes]
        page = figure.bbox
    for index, box in enumerate(boxes):
        assert page.x0 <= box.x0
        assert box.x1 <= page.x1
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
    for axes, failed, head in zip(figure.axes, failures, heads, strict=True):
        assert not failed.overlaps(head)
        assert failed.y0 > axes.get_window_extent().y1


def test_it_is_written_beside_the_others_and_removed_where_there_is_no_data(sized, tmp_path):
    before = dict(matplotlib.rcParams)
    paths = write_plots(sized(), tmp_path, tmp_path)
    assert dict(matplotlib.rcParams) == before
    assert {path.suffix for path in paths if path.stem == STEM} == {".png", ".svg"}
    again = write_plots(sized(), tmp_path / "again", tmp_path)
    for one, other in zip(paths, again, strict=True):
        assert one.read_bytes() == other.read_bytes()
    write_plots(sized(sizes=(500,)), tmp_path, tmp_path)
    assert not (tmp_path / f"{STEM}.png").exists()
