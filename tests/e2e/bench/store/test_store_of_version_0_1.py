"""A store that version 0.1.0 wrote, of two estimators of each kind on a line and on a union."""

import shutil
import sqlite3
from pathlib import Path

import pandas as pd
from commandline import bench

WRITTEN = Path(__file__).parent / "version_0_1"
OPTIONS = (
    "run", "--suite", "euclidean", "--preset", "smoke", "--manifolds", "line,union-10-30",
    "--estimators", "mle-5,twonn,lpca-global,lhsd", "--n", 150, "--jobs", 1,
)  # fmt: skip


#: Whose version has been raised since, so that its cells are run again.
CHANGED = "lhsd"


def records(folder):
    with sqlite3.connect(folder / "records.sqlite") as database:
        return set(database.execute("SELECT * FROM records").fetchall())


def unchanged(path):
    table = pd.read_csv(path)
    return table[table["estimator"] != CHANGED].reset_index(drop=True)


def test_a_store_of_an_earlier_version_is_resumed_with_the_same_keys_and_tables(tmp_path):
    out = tmp_path / "out"
    shutil.copytree(WRITTEN, out, ignore=shutil.ignore_patterns("*.csv"))
    before = records(out)
    assert len(before) == 8
    output = bench(*OPTIONS, "--out", out).stdout
    assert "6 done before, 2 to run" in output
    for estimator in ("mle-5", "twonn", "lpca-global"):
        assert f") {estimator}:" not in output
    assert len(before & records(out)) >= 6
    for name in ("accuracy.csv", "runtime.csv"):
        pd.testing.assert_frame_equal(unchanged(out / name), unchanged(WRITTEN / name))
