import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from commandline import TROUBLE

import bench
import estimators


def run(tmp_path, **options):
    return bench.run(
        "euclidean",
        preset="smoke",
        n=50,
        out=tmp_path,
        manifolds=["line", "union-10-30"],
        **{"estimators": ["constant"], "plugins": [TROUBLE], **options},
    )


def test_run_returns_one_row_a_cell_with_error_against_the_truth_at_each_level(tmp_path):
    frame = run(tmp_path)
    assert list(frame["manifold"]) == ["line", "union-10-30"]
    line, union = frame.itertuples()
    assert (line.status, line.estimate, line.truth, line.error) == ("ok", 3.0, 1.0, 2.0)
    assert (union.truth, union.error) == (20.0, 0.5 * 7 + 0.5 * 27)
    assert union.fit_seconds >= 0
    assert union.ambient == 100


def test_a_frame_begins_with_what_a_reader_looks_for(tmp_path):
    frame = run(tmp_path)
    assert list(frame)[:5] == ["manifold", "estimator", "truth", "estimate", "error"]
    assert len(set(frame)) == len(frame.columns)


def test_points_are_estimated_without_a_file_and_nothing_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    points = rng.random((200, 2)) @ rng.standard_normal((2, 5))
    rows = bench.estimate(points, estimators=["lpca-global", "twonn"], halves=0)
    rows = rows.set_index("estimator")
    assert rows.loc["lpca-global", "estimate"] == 2
    assert rows.loc["twonn", "estimate"] == estimators.get("twonn").fit(points).dimension_
    assert list(tmp_path.iterdir()) == []


def test_a_data_frame_is_estimated_with_the_names_of_its_columns(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.random((200, 2)), columns=["x", "y"])
    frame = frame.assign(kind=rng.integers(0, 3, 200))
    rows = bench.estimate(frame, estimators=["lpca-global"], halves=0, out=tmp_path / "frame")
    assert any("'kind'" in caveat for caveat in rows.attrs["caveats"])
    assert list(pd.read_parquet(tmp_path / "frame" / "points.parquet")) == ["x", "y", "kind"]
    assert (tmp_path / "frame" / "estimate.csv").exists()
    with pytest.raises(ValueError, match="1 of 3 columns hold no real numbers"):
        bench.estimate(frame.assign(kind="a"), out=tmp_path / "other")
    with pytest.raises(ValueError, match="unknown option 'halfs'; did you mean 'halves'"):
        bench.estimate(frame, halfs=0)
    with pytest.raises(ValueError, match="unknown option 'seeds'"):
        bench.estimate(frame, seeds=3)


def test_an_estimate_of_some_rows_says_so_and_names_the_rows_in_its_table_of_points(tmp_path):
    points = np.random.default_rng(0).random((60, 3))
    rows = bench.estimate(points, n=30, estimators="mle", drop="2", halves=0, out=tmp_path)
    assert any("30 of 60 distinct rows" in caveat for caveat in rows.attrs["caveats"])
    read = pd.read_csv(tmp_path / "estimate-points.csv")["row"]
    assert len(read) == 30
    assert read.max() > 29


def test_a_report_is_written_from_python(tmp_path):
    run(tmp_path)
    assert bench.report(tmp_path) == tmp_path / "report.html"
    assert bench.report(tmp_path, tmp_path / "other.html").exists()


def test_names_that_the_package_does_not_have_are_no_attributes():
    assert {"check", "estimate", "report", "run"} <= set(dir(bench))
    with pytest.raises(AttributeError, match="no attribute 'estimates'"):
        _ = bench.estimates


def test_a_run_whose_every_cell_failed_warns_and_returns_the_records(tmp_path):
    with pytest.warns(RuntimeWarning, match="2 of 2 cells failed and none gave an estimate; the "):
        frame = run(tmp_path, estimators="raises")
    assert list(frame["status"]) == ["failed", "failed"]


def test_run_refuses_bad_options_with_a_value_error(tmp_path):
    with pytest.raises(ValueError, match="unknown estimator 'mlle'"):
        run(tmp_path, estimators="mlle")
    with pytest.raises(ValueError, match="unknown option 'presets'; did you mean 'preset'"):
        run(tmp_path, presets="quick")
    with pytest.raises(ValueError, match="seeds must be an integer >= 1, not '2'"):
        run(tmp_path, seeds="2")
    assert list(tmp_path.iterdir()) == []


def test_an_estimator_defined_in_the_running_program_reaches_the_workers(tmp_path):
    """As in a notebook: the class is in __main__ and in no file that a worker could import."""
    code = f"""
import bench, estimators

@estimators.register("half")
class Half:
    def fit(self, X, y=None):
        self.dimension_ = X.shape[1] / 2
        return self

frame = bench.run("euclidean", preset="smoke", n=50, manifolds=["line"], estimators=["half"],
                  out={str(tmp_path)!r})
print("estimate", frame["estimate"].tolist())
"""
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120
    )
    assert "estimate [50.0]" in output.stdout, output.stderr


def test_a_per_point_estimator_is_held_against_the_truth_at_each_point(tmp_path):
    frame = bench.run(
        "euclidean",
        preset="smoke",
        n=2000,
        out=tmp_path,
        manifolds=["union-10-30"],
        estimators=["mle-20", "twonn"],
    ).set_index("estimator")
    import json

    levels = {g["truth"]: g["estimate"] for g in json.loads(frame.loc["mle-20", "groups"])}
    assert levels[10] < 13 < 15 < levels[30]
    # A global estimate is one number; its error is that of every point.
    both = {g["estimate"] for g in json.loads(frame.loc["twonn", "groups"])}
    assert len(both) == 1
    assert frame.loc["twonn", "error"] >= 10
