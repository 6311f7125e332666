import os
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from plain_record import record

from bench.limits import Limits
from bench.store.arrays import load_arrays
from bench.store.store import PlannedCell, Store


def test_records_come_back_unchanged_in_the_requested_order(tmp_path):
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
        stored = store.add(record("a"), {"spectrum": np.arange(3.0)})
    with np.load(tmp_path / stored.arrays, allow_pickle=False) as arrays:
        assert list(arrays["spectrum"]) == [0, 1, 2]


def test_a_folder_that_cannot_be_written_is_reported(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot write to .*file"):
        Store(tmp_path / "file")


def test_a_second_run_into_the_same_folder_is_refused_and_the_first_goes_on(tmp_path):
    with Store(tmp_path) as store:
        code = (
            "from bench.store.store import PlannedCell, Store; from pathlib import Path; "
            f"Store(Path({str(tmp_path)!r}))"
        )
        output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert f"another run (process {os.getpid()} on " in output.stderr
        store.add(record("a"))
    with Store(tmp_path) as store:
        assert store.outcomes().keys() == {"a"}


def test_a_store_of_another_format_or_no_store_at_all_is_reported_and_left_alone(tmp_path):
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
        "import os, sys; sys.path[:0] = ['tests/support']; from pathlib import Path;"
        "from plain_record import record; from bench.store.store import PlannedCell, Store;"
        f"store = Store(Path({str(tmp_path)!r}));"
        "[store.add(record(str(i))) for i in range(50)]; os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", code], check=False)
    with Store(tmp_path) as store:
        assert len(store.outcomes()) == 50
    with sqlite3.connect(tmp_path / "records.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("older", ["1", "2"])
def test_a_store_of_a_format_before_is_brought_up_and_keeps_its_records(tmp_path, older):
    with Store(tmp_path) as store:
        store.add(record("a", estimate=9.25))
    with sqlite3.connect(tmp_path / "records.sqlite") as database:
        database.execute("ALTER TABLE records DROP COLUMN kernel_seconds")
        if older == "1":
            database.execute("ALTER TABLE records DROP COLUMN memory_limit_mib")
            database.execute("DROP TABLE planned")
        database.execute("UPDATE meta SET value = ? WHERE name = 'format'", (older,))
    with pytest.raises(ValueError, match=f"format {older}.*the next run brings it up"):
        Store(tmp_path, writing=False)
    with Store(tmp_path) as store:
        assert list(store.frame(["a"])["estimate"]) == [9.25]
        store.add(record("b", memory_limit_mib=10.0, kernel_seconds=0.5))
        assert store.outcomes()["b"] == ("ok", Limits(memory=10 * 2**20))


def test_a_damaged_store_is_reported_and_left_as_it_is(tmp_path):
    with Store(tmp_path) as store:
        for i in range(200):
            store.add(record(str(i)))
    file = tmp_path / "records.sqlite"
    whole = file.read_bytes()
    for damaged in (whole[: len(whole) // 2], whole[:8192] + bytes(8192) + whole[16384:]):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="cannot be used as a store"):
            Store(tmp_path)
        assert file.read_bytes() == damaged


def test_a_kill_while_the_store_is_created_does_no_harm(tmp_path):
    code = (
        "import os; from pathlib import Path; from bench.store import database, store; "
        "database.Database._set_format = lambda self: os._exit(9); "
        f"store.Store(Path({str(tmp_path)!r}))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 9
    with Store(tmp_path) as store:
        store.add(record("a"))
        assert store.outcomes().keys() == {"a"}


def test_a_record_that_cannot_be_stored_leaves_the_others(tmp_path):
    with Store(tmp_path) as store:
        store.add(record("a"))
        with pytest.raises(sqlite3.Error):
            store.add_all([(record("b"), {}), (record("c", estimate=object()), {})])
        assert store.outcomes().keys() == {"a"}
        store.add(record("d"))
    with Store(tmp_path) as store:
        assert store.outcomes().keys() == {"a", "d"}


def test_the_plan_shows_what_is_left(tmp_path):
    cells = [PlannedCell(key, "m", "e", 10, 0, 2.0) for key in "ab"]
    with Store(tmp_path) as store:
        store.set_plan(cells)
        store.add(record("a", shared_seconds=3.0))
        assert store.progress() == [(cells[0], "ok"), (cells[1], None)]
        store.set_plan(cells[1:])
        assert store.progress() == [(cells[1], None)]


@pytest.mark.parametrize("name", ["records.sqlite", "arrays", ".lock"])
def test_nothing_is_written_through_a_link(tmp_path, name):
    outside, out = tmp_path / "outside", tmp_path / "out"
    with Store(outside) as store:
        store.add(record("a", estimate=2.0), {"x": np.ones(2)})
    before = (outside / ".lock").read_bytes()
    out.mkdir()
    (out / name).symlink_to(outside / name)
    with pytest.raises(ValueError, match=r"is a link|cannot write"):
        Store(out)
    assert (outside / ".lock").read_bytes() == before
    if name == "arrays":
        result = path_of_arrays(outside)
        with pytest.raises(ValueError, match="outside of the folder"):
            load_arrays(out, result)


def path_of_arrays(outside):
    with Store(outside, writing=False) as store:
        return store.frame("a")["arrays"][0]
