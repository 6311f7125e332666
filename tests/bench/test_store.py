import os
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from bench.limits import Limits
from bench.records import Record
from bench.store import Store


def record(key, **values):
    facts = {
        "suite": "s", "manifold": "m", "estimator": "e", "manifold_name": "sphere",
        "manifold_parameters": "{}", "estimator_name": "mle", "estimator_parameters": "{}",
        "family": "neighbours", "n": 10, "seed": 0, "status": "ok",
    }  # fmt: skip
    return Record(key=key, **{**facts, **values})


def test_records_come_back_as_they_were_in_the_order_asked_for(tmp_path):
    with Store(tmp_path) as store:
        store.add(record("a", estimate=9.25, shared_seconds=2.0))
        store.add(record("b", status="failed", message="ü % [x]", estimate=None))
        frame = store.frame(["b", "missing", "a"])
    assert list(frame["key"]) == ["b", "a"]
    assert frame["message"][0] == "ü % [x]"
    assert frame["estimate"][1] == 9.25
    assert np.isnan(frame["estimate"][0])


def test_a_record_is_there_after_reopening_and_replaces_its_older_self(tmp_path):
    with Store(tmp_path) as store:
        store.add(record("a", estimate=1.0))
    with Store(tmp_path) as store:
        assert store.outcomes() == {"a": ("ok", Limits())}
        store.add(record("a", estimate=2.0))
        assert list(store.frame(["a"])["estimate"]) == [2.0]
        store.remove(["a"])
        assert store.outcomes() == {}


def test_arrays_lie_beside_the_store_and_load_without_pickle(tmp_path):
    with Store(tmp_path) as store:
        kept = store.add(record("a"), {"spectrum": np.arange(3.0)})
    with np.load(tmp_path / kept.arrays, allow_pickle=False) as arrays:
        assert list(arrays["spectrum"]) == [0, 1, 2]


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot write to .*file"):
        Store(tmp_path / "file")


def test_a_second_run_into_the_same_folder_is_refused_and_the_first_goes_on(tmp_path):
    with Store(tmp_path) as store:
        code = (
            "from bench.store import Store; from pathlib import Path; "
            f"Store(Path({str(tmp_path)!r}))"
        )
        found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert f"another run (process {os.getpid()} on " in found.stderr
        store.add(record("a"))
    with Store(tmp_path) as store:
        assert store.outcomes().keys() == {"a"}


def test_a_store_of_another_format_or_no_store_at_all_is_told_and_left_alone(tmp_path):
    with Store(tmp_path) as store:
        store.set_meta("format", "99")
    with pytest.raises(ValueError, match="format 99"):
        Store(tmp_path)
    other = tmp_path / "other"
    other.mkdir()
    (other / "records.sqlite").write_text("this is not a database, but a text of some length" * 9)
    before = (other / "records.sqlite").read_bytes()
    with pytest.raises(ValueError, match="cannot be used as a store"):
        Store(other)
    assert (other / "records.sqlite").read_bytes() == before


def test_a_kill_in_the_middle_of_writing_leaves_a_readable_store(tmp_path):
    code = (
        "import os, sys; sys.path[:0] = ['tests/bench']; from pathlib import Path;"
        "from test_store import record; from bench.store import Store;"
        f"store = Store(Path({str(tmp_path)!r}));"
        "[store.add(record(str(i))) for i in range(50)]; os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    with Store(tmp_path) as store:
        assert len(store.outcomes()) == 50
    with sqlite3.connect(tmp_path / "records.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
