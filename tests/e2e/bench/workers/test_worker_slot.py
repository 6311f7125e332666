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
from bench.workers import os_control
from bench.workers.process import Setup
from bench.workers.worker_slot import Lane


@pytest.fixture
def lane(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    lane = Lane(Setup())
    yield lane
    lane.close()


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


def test_a_training_tells_how_far_it_is_while_it_runs(lane, tmp_path):
    (cell,) = cells(tmp_path, "score-svd", **SMALL)
    told = []
    outcome = lane.run(cell, tell=told.append)
    record = outcome.record
    assert record.status == "ok", record.message
    assert [text.partition(",")[0] for text in told] == [
        f"step {step} of 60" for step in (20, 40, 60)
    ]
    assert outcome.arrays["train_seconds"] > 0


def test_readings_of_one_model_count_its_training_as_their_own(lane, tmp_path):
    first, second = cells(tmp_path, "score-svd", "flipd", **SMALL)
    trained = lane.run(first).record
    told = []
    outcome = lane.run(second, tell=told.append)
    read = outcome.record
    assert outcome.arrays["cached"]
    assert told == []
    assert trained.fit_seconds == trained.shared_seconds
    assert read.fit_seconds == pytest.approx(
        read.shared_seconds + float(outcome.arrays["train_seconds"]), abs=1e-6
    )


def test_calibrated_readings_share_the_model_of_their_run_and_no_older_one(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    lane = Lane(Setup(calibrated=True, scratch=str(tmp_path / "scratch")))
    try:
        first, second = (lane.run(cell) for cell in cells(tmp_path, "score-svd", "flipd", **SMALL))
    finally:
        lane.close()
    assert not first.arrays["cached"]
    assert second.arrays["cached"]
    assert first.record.fit_seconds == first.record.shared_seconds
    assert second.record.fit_seconds > second.record.shared_seconds
    assert not list((tmp_path / "cache").glob("**/*.safetensors"))


def test_a_calibrated_reading_trains_a_model_of_its_own_without_a_folder_of_samples(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    lane = Lane(Setup(calibrated=True))
    try:
        for cell in cells(tmp_path, "score-svd", "flipd", **SMALL):
            outcome = lane.run(cell)
            assert outcome.record.status == "ok", outcome.record.message
            assert not outcome.arrays["cached"]
            assert outcome.record.kernel_seconds > 0
    finally:
        lane.close()
    assert not list((tmp_path / "cache").glob("**/*.safetensors"))


def test_a_cell_that_tells_is_still_stopped_in_time(lane, tmp_path):
    (cell,) = cells(tmp_path, "score-svd", **{**SMALL, "steps": 10**7, "patience": 10**6})
    outcome = lane.run(dataclasses.replace(cell, limits=Limits(timeout=3)))
    assert outcome.record.status == "timeout"
    assert outcome.record.timeout == 3


@pytest.fixture
def sleeping(tmp_path, monkeypatch):
    """A lane that knows an estimator which takes half a second, and cells of it."""
    plugin = str(PLUGINS / "troublesome.py")
    load_file(plugin)
    lane = Lane(Setup(plugins=((plugin, read_source(plugin)),)))
    yield lane, cells(tmp_path, "slow-constant")
    lane.close()


def test_where_the_machine_runs_out_of_memory_the_cell_that_uses_most_gives_way(
    sleeping, monkeypatch
):
    lane, (cell,) = sleeping
    monkeypatch.setattr(os_control, "available", lambda: 0)
    record = lane.run(cell).record
    assert record.status == "memory"
    assert "the machine ran out of memory, and this cell used the most" in record.message
    other = Lane(Setup())
    other.used = 2**60
    lane.siblings = [lane, other]
    assert lane.run(cell).record.status == "ok"


def test_a_worker_that_dies_between_cells_is_replaced_and_no_cell_blamed(sleeping):
    lane, (cell,) = sleeping
    for number in (signal.SIGKILL, signal.SIGTERM):
        assert lane.run(cell).record.status == "ok"
        (worker,) = psutil.Process(lane._worker.pid).children()
        worker.send_signal(number)
        psutil.wait_procs([worker], timeout=5)
    assert lane.run(cell).record.status == "ok"


def test_a_keeper_that_is_killed_in_mid_cell_is_a_crash_and_takes_the_worker_along(sleeping):
    lane, (cell,) = sleeping
    lane.run(cell)
    keeper = psutil.Process(lane._worker.pid)
    (worker,) = keeper.children()
    killer = threading.Timer(0.2, keeper.kill)
    killer.start()
    record = lane.run(cell).record
    assert record.status == "crashed"
    assert "its keeper was killed" in record.message
    assert not psutil.wait_procs([worker], timeout=5)[1]
    assert lane.run(cell).record.status == "ok"


def test_a_worker_is_reused(sleeping):
    lane, (cell,) = sleeping
    lane.run(cell)
    before = lane._worker
    lane.run(cell)
    assert lane._worker is before


def test_what_nobody_wants_any_more_is_ended(sleeping):
    lane, (cell,) = sleeping
    start = time.monotonic()
    assert lane.run(cell, wanted=lambda: time.monotonic() < start) is None
    assert lane.run(cell).record.status == "ok"
