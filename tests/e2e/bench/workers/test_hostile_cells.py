"""A cell that damages its process, its worker or its messages affects no other cell."""

import dataclasses
import os
import time
import uuid
from pathlib import Path

import numpy as np
import pytest
from commandline import HOSTILE, HOSTILE_MESSAGES, left_behind

from bench.engine import plan
from bench.errors import WorkerFailed
from bench.limits import MIB, Limits
from bench.plugins import load_file, read_source
from bench.suites import schema
from bench.workers import process, worker_slot
from bench.workers.process import Setup
from bench.workers.worker_slot import WorkerSlot


@pytest.fixture(scope="module")
def plugins():
    paths = (HOSTILE, HOSTILE_MESSAGES)
    for path in paths:
        load_file(path)
    return tuple((path, read_source(path)) for path in paths)


@pytest.fixture(scope="module")
def slot(plugins):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRAY_MARK", f"cells-{os.getpid()}")
        slot = WorkerSlot(Setup(plugins=plugins))
        yield slot
        slot.close()


@pytest.fixture(scope="module")
def cell(tmp_path_factory, plugins):
    """Return a function that builds a cell of an estimator, with limits."""
    sizes = "".join(f"[presets.{name}]\nn = 50\nseeds = 1\n" for name in schema.PRESETS)

    def build(name, **limits):
        path = tmp_path_factory.mktemp("suite") / "own.toml"
        path.write_text(
            "about = 'a test'\n[manifolds.line]\nmanifold = 'spaghetti-line'\n"
            f"[estimators.{name}]\nestimator = '{name}'\n{sizes}"
        )
        (cell,) = plan.build(schema.load(str(path)), "smoke")
        return dataclasses.replace(cell, limits=Limits(**limits))

    return build


def test_nothing_that_a_cell_changes_of_its_process_is_noticed_by_the_next(slot, cell):
    for _ in range(2):
        changed = slot.run(cell("meddles-with-libraries")).record
        before = slot._worker
        record = slot.run(cell("notices")).record
        assert record.status == "ok", record.message
        assert slot._worker is before
    # What it did to itself may have cost it its own outcome, and nothing else.
    assert changed.estimator == "meddles-with-libraries"


@pytest.mark.parametrize(
    ("estimator", "status", "message"),
    [
        ("sends-junk", "failed", "sent an invalid message: it begins with b'junk"),
        ("sends-a-pickle", "failed", "sent an invalid message: it begins with"),
        ("sends-too-much", "failed", "which is too much"),
        ("sends-half-a-message", "failed", "it ended in the middle of one, with exit code 0"),
        ("sends-half-a-message-and-hangs", "failed", "half of one, and no more for 2 s"),
        ("sends-the-outcome-of-another-cell", "failed", "of another cell, '0000"),
        ("closes-its-sockets", "crashed", "exit code 1"),
        ("kills-its-parent", "crashed", "killed by SIGKILL"),
        ("kills-its-grandparent", "crashed", "its supervisor was killed"),
    ],
)
def test_a_cell_that_breaks_what_it_depends_on_fails_alone(
    slot, cell, estimator, status, message, monkeypatch
):
    monkeypatch.setattr(worker_slot, "_PARTIAL", 2.0)
    record = slot.run(cell(estimator)).record
    assert message in record.message
    assert (record.status, record.estimator) == (status, estimator)
    assert not left_behind(f"cells-{os.getpid()}")
    assert slot.run(cell("draws")).record.status == "ok"


def test_a_supervisor_that_was_stopped_leaves_nothing_and_stops_nothing(slot, cell, monkeypatch):
    monkeypatch.setattr(process, "_PATIENCE", 5.0)
    assert slot.run(cell("stops-its-parent")).record.status == "ok"
    assert slot.run(cell("draws")).record.status == "ok"
    record = slot.run(cell("stops-its-grandparent-and-hangs", timeout=2)).record
    assert record.status == "timeout"
    assert not left_behind(f"cells-{os.getpid()}")
    assert slot.run(cell("draws")).record.status == "ok"


def test_threads_that_log_while_the_outcome_is_sent_do_not_mix_with_it(slot, cell):
    for _ in range(5):
        outcome = slot.run(cell("logs-in-threads"))
        assert outcome.record.status == "ok", outcome.record.message
        assert (outcome.arrays["some"] == np.arange(300_000.0)).all()


def test_log_messages_are_reported_as_printable_lines(slot, cell):
    reports = []
    record = slot.run(cell("logs-what-cannot-be-formatted"), report=reports.append).record
    assert record.status == "ok", record.message
    assert reports == ["]0;owned caf"]


def test_files_in_memory_count_and_do_not_stay(slot, cell, monkeypatch):
    shared = Path("/dev/shm") / f"bench-test-{uuid.uuid4().hex}"
    monkeypatch.setenv("SHARED_FILE", str(shared))
    for name in ("fills-memory-that-it-has-not-mapped", "leaves-a-file-in-memory"):
        # Another worker, which has the variable.
        slot.run(cell("draws"), threads=2)
        record = slot.run(cell(name, memory=300 * MIB)).record
        assert record.status == "memory"
        assert "more than its limit of 300 MiB" in record.message
    assert not shared.exists()


def test_a_cell_that_ended_while_the_coordinator_was_stopped_has_not_taken_too_long(slot, cell):
    record = slot.run(cell("logs-and-ends", timeout=2), report=lambda text: time.sleep(6)).record
    assert record.status == "ok", record.message


def test_time_in_which_the_coordinator_was_stopped_is_not_the_cells(slot, cell):
    """It sleeps longer than the limit while the cell has half of its time left to go."""
    asleep = []

    def stopped_once():
        if not asleep:
            asleep.append(time.sleep(6))
        return True

    record = slot.run(cell("needs-300-mib", timeout=4), is_needed=stopped_once).record
    assert record.status == "ok", record.message
    record = slot.run(cell("hangs-in-python", timeout=3), is_needed=stopped_once).record
    assert record.status == "timeout"


def test_a_plug_in_that_hangs_when_a_worker_imports_it_is_named_in_the_error(
    tmp_path, cell, monkeypatch
):
    monkeypatch.setattr(process, "PREPARATION", 3.0)
    monkeypatch.setattr(worker_slot, "PREPARATION", 3.0)
    slot = WorkerSlot(
        Setup(plugins=((str(tmp_path / "stuck.py"), "import time\ntime.sleep(1000)\n"),))
    )
    with pytest.raises(
        WorkerFailed, match=r"did not start within 3 s.*importing the plug-in .*stuck"
    ):
        slot.run(cell("draws"))
    slot.close()
