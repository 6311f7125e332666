"""Another program that uses the store neither stops a run nor costs it a record."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys

import pytest
from plain_record import record

from bench.store.pending import FILE
from bench.store.store import PlannedCell, Store


@contextlib.contextmanager
def reader(folder):
    """Another program in the middle of reading."""
    with contextlib.closing(sqlite3.connect(folder / "records.sqlite")) as other:
        cursor = other.execute("SELECT * FROM records")
        cursor.fetchone()
        yield
        cursor.close()


@contextlib.contextmanager
def writer(folder):
    """Another program in the middle of writing."""
    with contextlib.closing(sqlite3.connect(folder / "records.sqlite")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def keys(folder):
    with contextlib.closing(sqlite3.connect(folder / "records.sqlite")) as database:
        return {key for (key,) in database.execute("SELECT key FROM records")}


@pytest.mark.parametrize("other", [reader, writer])
def test_records_wait_while_another_program_has_the_store_and_are_then_written(tmp_path, other):
    with Store(tmp_path) as store:
        store.add(record("a"))
        store.add(record("b"))
        store.set_plan([PlannedCell("3", "m", "e", 10, 3, 2.0)])
        with other(tmp_path):
            for number in range(5):
                store.add(record(str(number), estimate=number + 0.5))
            store.add_environment("here", {"cores": 2})
            store.set_meta("fact", "new")
            assert store.outcomes().keys() == {"a", "b", *"01234"}
            assert store.frame(["3", "a"])["estimate"][0] == 3.5
            assert store.meta("fact") == "new"
            assert keys(tmp_path) == {"a", "b"}
            with Store(tmp_path, writing=False) as other_store:
                assert other_store.outcomes().keys() == {"a", "b", *"01234"}
                assert [status for _, status in other_store.progress()] == ["ok"]
        assert (tmp_path / FILE).exists()
        store.add(record("c"))
        assert keys(tmp_path) == {"a", "b", "c", *"01234"}
        assert store.environments() == {"here": {"cores": 2}}
        assert not (tmp_path / FILE).exists()


def test_a_kill_while_records_wait_loses_none(tmp_path):
    with Store(tmp_path) as store:
        store.add(record("a"))
        store.add(record("b"))
    code = (
        "import os, sys; sys.path[:0] = ['tests/support']; from pathlib import Path;"
        "from plain_record import record; from bench.store.store import Store;"
        f"store = Store(Path({str(tmp_path)!r}));"
        "[store.add(record(key, estimate=2.0), {'x': [1.0]}) for key in 'cde']; os._exit(9)"
    )
    with reader(tmp_path):
        output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert output.returncode == 9, output.stderr
    assert "records wait in" in output.stderr
    assert keys(tmp_path) == {"a", "b"}
    with Store(tmp_path) as store:
        assert keys(tmp_path) == set("abcde")
        assert store.frame("c")["arrays"][0] == "arrays/c.npz"
    assert not (tmp_path / FILE).exists()


def test_closing_and_planning_wait_and_say_so(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr("bench.store.database._PATIENCE", 0.1)
    with Store(tmp_path) as store:
        for key in "ab":
            store.add(record(key))
        with another_reader(tmp_path, 1.0):
            store.add(record("c"))
            store.set_plan([PlannedCell("a", "m", "e", 10, 0, 2.0)])
            assert keys(tmp_path) == set("abc")
    caplog.clear()
    with another_reader(tmp_path, 1.0), Store(tmp_path) as store:
        store.add(record("d"))
    assert keys(tmp_path) == set("abcd")
    assert "waiting until it is free" in caplog.text


@contextlib.contextmanager
def another_reader(folder, seconds):
    """Another program that reads for so long."""
    code = (
        "import sqlite3, sys, time; it = sqlite3.connect(sys.argv[1]);"
        "rows = it.execute('SELECT * FROM records'); rows.fetchone(); print(flush=True);"
        "time.sleep(float(sys.argv[2])); rows.close()"
    )
    command = [sys.executable, "-c", code, str(folder / "records.sqlite"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        yield


def test_an_invalid_pending_row_is_skipped_with_a_warning(tmp_path, caplog):
    with Store(tmp_path) as store:
        store.add(record("a"))
    whole = json.dumps(["records", {**vars(record("b"))}])
    odd = [
        "", "[1]", "null", "{}", '["records", {"key": "x"}]', '["planned", {}]', "[" * 100_000,
        json.dumps(["records", {**vars(record("c")), "n": [1]}]),
        json.dumps(["records", {**vars(record("c")), "n": 10**30}]),
        json.dumps(["records", {**vars(record("c")), "message": "\ud800"}]),
        whole[: len(whole) // 2],
    ]  # fmt: skip
    (tmp_path / FILE).write_text("\n".join([whole, *odd]))
    with Store(tmp_path) as store:
        assert store.outcomes().keys() == {"a", "b"}
    assert caplog.text.count("is no row of a store") == len(odd)


def test_a_row_of_a_version_with_fewer_columns_is_written_with_their_defaults(tmp_path):
    with Store(tmp_path) as store:
        store.add(record("a"))
    older = {name: value for name, value in vars(record("b")).items() if name != "kernel_seconds"}
    lacking = {name: value for name, value in vars(record("c")).items() if name != "seed"}
    rows = [json.dumps(["records", row]) for row in (older, lacking)]
    (tmp_path / FILE).write_text("\n".join(rows))
    with Store(tmp_path) as store:
        assert store.outcomes().keys() == {"a", "b"}
        assert store.frame("b")["kernel_seconds"].isna().all()


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("mine")
    out = tmp_path / "out"
    with Store(out) as store:
        store.add_all([(record(key), {}) for key in "ab"])
        os.symlink(target, out / FILE)
        with another_reader(out, 1.0):
            store.add(record("c"))
            assert keys(out) == set("abc")
    assert target.read_text() == "mine"


def test_rows_that_find_no_space_leave_the_file_as_it_was(tmp_path):
    code = f"""
import json, resource, signal, pathlib
from bench.store.pending import PendingRows
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
waiting = PendingRows(pathlib.Path({str(tmp_path)!r}), {{"records": {{"key": None}}}})
waiting.add([("records", {{"key": "first"}})])
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, resource.RLIM_INFINITY))
try:
    waiting.add([("records", {{"key": "x" * 100}})] * 50)
except OSError:
    print(waiting.path.read_text().count("\\n"), end="")
"""
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert output.stdout == "1", output.stderr
