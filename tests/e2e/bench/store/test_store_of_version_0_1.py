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


def records(folder):
    with sqlite3.connect(folder / "records.sqlite") as database:
        return database.execute("SELECT * FROM records ORDER BY key").fetchall()


def test_a_store_of_an_earlier_version_is_resumed_with_the_same_keys_and_tables(tmp_path):
    out = tmp_path / "out"
    shutil.copytree(WRITTEN, out, ignore=shutil.ignore_patterns("*.csv"))
    before = records(out)
    output = bench(*OPTIONS, "--out", out).stdout
    assert "8 done before, 0 to run" in output
    assert records(out) == before
    for name in ("accuracy.csv", "runtime.csv"):
        pd.testing.assert_frame_equal(pd.read_csv(out / name), pd.read_csv(WRITTEN / name))
