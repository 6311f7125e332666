"""What `bench estimate` plans, prints and writes, from within one process."""

import io
import json
import math
import re

import numpy as np
import pandas as pd
import pytest
from commandline import TROUBLE
from in_process import run_cells
from rich.console import Console

import manifolds
from bench.estimation.answers import MEANING
from bench.estimation.command import default_folder, estimate
from bench.estimation.figure import answers_figure
from bench.estimation.plan import estimation_job
from manifolds.datasets.reading import Found, read_points


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """A file of 101 points of a sphere in R^6, one of them twice."""
    rows = manifolds.get("sphere", dimension=3, ambient=6).sample(100, seed=0).points
    path = tmp_path_factory.mktemp("points") / "mine.npy"
    np.save(path, np.concatenate([rows, rows[:1]]))
    return path


@pytest.fixture(scope="module")
def done(points):
    """Rows, output and folder of an estimate of them."""
    out, screen = points.parent / "out", io.StringIO()
    out.mkdir()
    (out / "estimate.svg").write_text("of earlier points")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bench.estimation.command.run_cells", run_cells)
        rows = estimate(
            points, halves=3, out=out, console=Console(file=screen, width=200), jobs=1,
            estimators=["twonn", "lpca-global", "raises"], plugins=[TROUBLE],
        )  # fmt: skip
    return rows.set_index("estimator"), screen.getvalue(), out


def test_a_line_has_estimate_interval_source_halves_and_seconds(done):
    rows, text, _ = done
    row = rows.loc["twonn"]
    (line,) = (line for line in text.splitlines() if line.startswith("twonn "))
    assert line.split() == [
        "twonn", f"{row['estimate']:.2f}", f"{row['low']:.2f}", "to", f"{row['high']:.2f}",
        "3", "halves", f"{row['half_estimate']:.2f}", f"{row['seconds']:.1f}",
    ]  # fmt: skip
    heading = next(line for line in text.splitlines() if line.startswith("estimator "))
    headings = ["dimension", "another sample (95 %)", "from", "on halves", "seconds"]
    assert re.split("  +", heading.strip()) == ["estimator", *headings]
    assert MEANING in " ".join(text.split())


def test_halves_that_read_the_same_are_shown_in_the_place_of_an_interval(done):
    rows, text, _ = done
    assert math.isnan(rows.loc["lpca-global", "low"])
    (line,) = (line for line in text.splitlines() if line.startswith("lpca-global "))
    assert line.split()[:6] == ["lpca-global", "4.00", "3", "halves,", "all", "4"]


def test_what_failed_has_its_status_and_its_reason(done):
    _, text, _ = done
    lines = [line for line in text.splitlines() if line.startswith("raises")]
    assert [line.split() for line in lines[:1]] == [["raises", "failed"]]
    assert lines[1].startswith("raises: failed: RuntimeError: no [good] neighbours & 5 % left")
    assert len(lines) == 2


def test_size_caveats_and_files_are_told(done, points):
    _, text, out = done
    assert text.startswith(f"{points}: 101 points of 6 coordinates\n")
    told = (out / "caveats.txt").read_text().splitlines()
    assert any("1 of 101 points are duplicates" in line for line in told)
    assert "Caveats:\n" in text
    shown = " ".join(text.split())
    for line in told:
        assert f"- {line}" in shown
    assert text.rstrip().endswith(
        f"written to {out}: estimate.csv, caveats.txt, estimate.json, estimate.png, estimate.svg"
    )
    assert "of earlier points" not in (out / "estimate.svg").read_text()


def test_facts_for_programs(done, points):
    rows, _, out = done
    facts = json.loads((out / "estimate.json").read_text())
    assert facts["path"] == str(points)
    assert (facts["n"], facts["distinct"], facts["ambient"], facts["shape"]) == (101, 100, 6, [6])
    assert facts["median"] == pytest.approx(rows["estimate"].median())
    assert facts["intervals"] == MEANING
    by_name = {row["estimator"]: row for row in facts["estimates"]}
    assert by_name["raises"]["estimate"] is None
    assert by_name["twonn"]["high"] == pytest.approx(rows.loc["twonn", "high"], abs=1e-5)
    assert {"estimator", "text"} == set(facts["caveats"][0])
    table = pd.read_csv(out / "estimate.csv").set_index("estimator")
    assert table.loc["twonn", "low"] == pytest.approx(rows.loc["twonn", "low"])


def test_again_nothing_is_run_and_json_alone_goes_to_the_standard_output(done, points, capsys):
    rows, _, out = done
    before = (out / "records.sqlite").stat().st_mtime_ns
    again = estimate(
        points, halves=3, out=out, console=Console(), jobs=1, as_json_text=True,
        estimators=["twonn", "lpca-global", "raises"], plugins=[TROUBLE],
    )  # fmt: skip
    said = capsys.readouterr()
    assert json.loads(said.out) == json.loads((out / "estimate.json").read_text())
    assert "101 points" in said.err.replace("\n", "")
    assert list(again["estimate"].dropna()) == list(rows["estimate"].dropna())
    assert (out / "records.sqlite").stat().st_mtime_ns == before


def test_results_go_to_a_folder_named_after_file_and_array(tmp_path):
    assert str(default_folder(tmp_path / "a.npz", None, None)) == "results/estimate-a.npz"
    assert str(default_folder(tmp_path / "a.npz", "x", None)) == "results/estimate-a.npz-x"
    assert default_folder(tmp_path / "a.npz", "x", tmp_path) == tmp_path


def job(points, halves, **more):
    return estimation_job(points, read_points(points), array=None, halves=halves, **more)


def test_all_points_and_halves_are_planned_but_for_estimators_that_train(points):
    made = job(points, 2, estimators=["twonn", "score-svd"])
    assert [(cell.manifold, cell.estimator, cell.n, cell.seed) for cell in made.cells] == [
        ("all", "score-svd", 100, 0),
        ("all", "twonn", 100, 0),
        ("half-01", "twonn", 50, 0),
        ("half-02", "twonn", 50, 0),
    ]
    assert {cell.limits.timeout for cell in made.cells} == {1800.0}
    assert {cell.suite for cell in made.cells} == {"estimate"}
    parts = [cell.manifold_parameters.get("part") for cell in made.cells]
    assert parts[2:] == [1, 2]
    assert len({cell.sample_key for cell in made.cells}) == 3


def test_every_registered_estimator_is_asked_unless_it_is_said_otherwise(points):
    import estimators

    asked = {cell.estimator for cell in job(points, 0).cells}
    assert asked == {name for name in estimators.names() if not estimators.entry(name).superseded}
    assert "danco-skdim" not in asked


@pytest.mark.parametrize("halves", [1, -1])
def test_one_half_or_fewer_than_none_is_refused(points, halves):
    with pytest.raises(
        ValueError, match=f"halves must be 0, for no intervals, or at least 2, not {halves}"
    ):
        job(points, halves)


@pytest.mark.parametrize(("n", "refused"), [(39, True), (40, False)])
def test_halves_need_twice_the_least_number_of_distinct_points(tmp_path, n, refused):
    rows = np.random.default_rng(0).random((n, 2))
    path = tmp_path / "p.npy"
    np.save(path, np.concatenate([rows, rows]))
    found = Found(np.load(path), (2,))
    if refused:
        with pytest.raises(ValueError, match=f"has {n} distinct rows: halves need at least 40; "):
            estimation_job(path, found, array=None, halves=2)
        assert estimation_job(path, found, array=None, halves=0, estimators=["twonn"]).cells
    else:
        (whole, *halves) = estimation_job(
            path, found, array=None, halves=2, estimators=["twonn"]
        ).cells
        assert (whole.n, [half.n for half in halves]) == (40, [20, 20])


def test_the_array_of_an_archive_is_part_of_what_is_read(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(path, x=np.random.default_rng(0).random((50, 2)), y=np.zeros((50, 2)))
    found = read_points(path, "x")
    (cell,) = estimation_job(path, found, array="x", halves=0, estimators=["twonn"]).cells
    assert cell.manifold_parameters["array"] == "x"
    assert cell.manifold_parameters["path"] == str(path.resolve())
    assert cell.manifold_parameters["digest"] == found.digest


def figure_of(*rows):
    columns = ["estimator", "family", "estimate", "low", "high", "half_estimate"]
    return answers_figure(pd.DataFrame(rows, columns=columns), "Title")


def test_the_figure_has_estimates_intervals_halves_and_the_median():
    figure = figure_of(
        ("twonn", "neighbours", 5.0, 4.0, 6.0, 4.5),
        ("gone", "neighbours", np.nan, np.nan, np.nan, np.nan),
        ("ppca", "linear", 2.0, np.nan, np.nan, np.nan),
        ("mle", "neighbours", 3.0, 2.5, 3.5, 3.1),
    )
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["ppca", "mle", "twonn"]
    assert [text.get_text() for text in axes.texts] == ["2", "3", "5"]
    drawn = [
        (line.get_xdata()[0], line.get_xdata()[-1], line.get_ydata()[0])
        for line in axes.lines[1:]
    ]  # fmt: skip
    assert drawn == [
        (2.0, 2.0, 0), (2.5, 3.5, 1), (3.1, 3.1, 1), (3.0, 3.0, 1),
        (4.0, 6.0, 2), (4.5, 4.5, 2), (5.0, 5.0, 2),
    ]  # fmt: skip
    assert axes.lines[0].get_xdata()[0] == 3.0
    assert "95 % prediction interval for another sample" in axes.get_xlabel()
    low, high = axes.get_xlim()
    assert (low, high) == (pytest.approx(2 / 1.3), pytest.approx(6 * 1.3))
    told = [text.get_text() for text in figure.legends[0].get_texts()]
    assert told == ["linear", "neighbours", "half the points", "median, 3"]
    assert axes.get_xscale() == "log"


def test_without_an_estimate_there_is_no_figure():
    assert figure_of(("gone", "linear", np.nan, np.nan, np.nan, 3.0)) is None
