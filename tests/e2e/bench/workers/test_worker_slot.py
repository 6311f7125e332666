import dataclasses
import signal
import threading
import time

import psutil
import pytest
from commandline import PLUGINS

from bench.engine import plan
from bench.limits import Limits
from bench.plugins import load_file, read_source
from bench.suites import schema
from bench.workers import usage
from bench.workers.process import Setup
from bench.workers.worker_slot import WorkerSlot


@pytest.fixture
def slot(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    slot = WorkerSlot(Setup())
    yield slot
    slot.close()


def cells(tmp_path, *estimators, **parameters):
    lines = [f"{name} = {value!r}" for name, value in parameters.items()]
    labels = "\n".join(
        f"[estimators.{name}]\nestimator = '{name}'\n[estimators.{name}.parameters]\n"
        + "\n".join(lines)
        for name in estimators
    )
    sizes = "".join(f"[presets.{name}]\nn = 300\nseeds = 1\n" for name in schema.PRESETS)
    path = tmp_path / "own.toml"
    path.write_text(
        "about = 'a test'\n[manifolds.sphere]\nmanifold = 'sphere'\n"
        f"parameters = {{ dimension = 2, ambient = 5 }}\n{labels}\n{sizes}"
    )
    return plan.build(schema.load(str(path)), "smoke")


SMALL = {"steps": 60, "batch": 32, "width": 16, "blocks": 1, "check_every": 20, "queries": 4}


def test_a_training_reports_its_progress_while_it_runs(slot, tmp_path):
    (cell,) = cells(tmp_path, "score-svd", **SMALL)
    reports = []
    outcome = slot.run(cell, report=reports.append)
    record = outcome.record
    assert record.status == "ok", record.message
    assert [text.partition(",")[0] for text in reports] == [
        f"step {step} of 60" for step in (20, 40, 60)
    ]
    assert outcome.arrays["train_seconds"] > 0


def test_estimators_of_one_model_count_its_training_as_their_own(slot, tmp_path):
    first, second = cells(tmp_path, "score-svd", "flipd", **SMALL)
    trained = slot.run(first).record
    reports = []
    outcome = slot.run(second, report=reports.append)
    read = outcome.record
    assert outcome.arrays["cached"]
    assert reports == []
    assert trained.fit_seconds == trained.shared_seconds
    assert read.fit_seconds == pytest.approx(
        read.shared_seconds + float(outcome.arrays["train_seconds"]), abs=1e-6
    )


def test_calibrated_estimators_share_the_model_of_their_run_and_no_older_one(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    slot = WorkerSlot(Setup(calibrated=True, scratch=str(tmp_path / "scratch")))
    try:
        first, second = (slot.run(cell) for cell in cells(tmp_path, "score-svd", "flipd", **SMALL))
    finally:
        slot.close()
    assert not first.arrays["cached"]
    assert second.arrays["cached"]
    assert first.record.fit_seconds == first.record.shared_seconds
    assert second.record.fit_seconds > second.record.shared_seconds
    assert not list((tmp_path / "cache").glob("**/*.safetensors"))


def test_a_calibrated_estimator_trains_its_own_model_without_a_sample_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    slot = WorkerSlot(Setup(calibrated=True))
    try:
        for cell in cells(tmp_path, "score-svd", "flipd", **SMALL):
            outcome = slot.run(cell)
            assert outcome.record.status == "ok", outcome.record.message
            assert not outcome.arrays["cached"]
            assert outcome.record.kernel_seconds > 0
    finally:
        slot.close()
    assert not list((tmp_path / "cache").glob("**/*.safetensors"))


def test_a_cell_that_reports_progress_is_still_stopped_in_time(slot, tmp_path):
    (cell,) = cells(tmp_path, "score-svd", **{**SMALL, "steps": 10**7, "patience": 10**6})
    outcome = slot.run(dataclasses.replace(cell, limits=Limits(timeout=3)))
    assert outcome.record.status == "timeout"
    assert outcome.record.timeout == 3


@pytest.fixture
def sleeping(tmp_path, monkeypatch):
    """A slot that knows an estimator which takes half a second, and cells of it."""
    plugin = str(PLUGINS / "troublesome.py")
    load_file(plugin)
    slot = WorkerSlot(Setup(plugins=((plugin, read_source(plugin)),)))
    yield slot, cells(tmp_path, "slow-constant")
    slot.close()


def test_where_the_machine_runs_out_of_memory_the_cell_that_uses_most_gives_way(
    sleeping, monkeypatch
):
    slot, (cell,) = sleeping
    monkeypatch.setattr(usage, "available", lambda: 0)
    record = slot.run(cell).record
    assert record.status == "memory"
    assert "the machine ran out of memory, and this cell used the most" in record.message
    other = WorkerSlot(Setup())
    other.used = 2**60
    slot.siblings = [slot, other]
    assert slot.run(cell).record.status == "ok"


def test_a_worker_that_dies_between_cells_is_replaced_and_no_cell_blamed(sleeping):
    slot, (cell,) = sleeping
    for number in (signal.SIGKILL, signal.SIGTERM):
        assert slot.run(cell).record.status == "ok"
        (worker,) = psutil.Process(slot._worker.pid).children()
        worker.send_signal(number)
        psutil.wait_procs([worker], timeout=5)
    assert slot.run(cell).record.status == "ok"


def test_a_supervisor_that_is_killed_in_mid_cell_is_a_crash_and_takes_the_worker_along(sleeping):
    slot, (cell,) = sleeping
    slot.run(cell)
    supervisor = psutil.Process(slot._worker.pid)
    (worker,) = supervisor.children()

    def kill_in_mid_cell():
        while not slot.used:
            time.sleep(0.01)
        supervisor.kill()

    threading.Thread(target=kill_in_mid_cell, daemon=True).start()
    record = slot.run(cell).record
    assert record.status == "crashed"
    assert "its supervisor was killed" in record.message
    assert not psutil.wait_procs([worker], timeout=5)[1]
    assert slot.run(cell).record.status == "ok"


def test_a_worker_is_reused(sleeping):
    slot, (cell,) = sleeping
    slot.run(cell)
    before = slot._worker
    slot.run(cell)
    assert slot._worker is before


def test_a_cell_that_is_not_needed_any_more_is_ended(sleeping):
    slot, (cell,) = sleeping
    start = time.monotonic()
    assert slot.run(cell, is_needed=lambda: time.monotonic() < start) is None
    assert slot.run(cell).record.status == "ok"


def test_a_closed_slot_leaves_no_connection_open(sleeping):
    slot, (cell,) = sleeping
    slot.run(cell)
    worker = slot._worker
    slot.close()
    assert worker._orders.fileno() == -1
    assert worker._control.closed
