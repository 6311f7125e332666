import dataclasses

import pytest

from bench import plan, suite
from bench.limits import Limits
from bench.workers.handle import Setup
from bench.workers.lane import Lane


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
    sizes = "".join(f"[presets.{name}]\nn = 300\nseeds = 1\n" for name in suite.PRESETS)
    path = tmp_path / "own.toml"
    path.write_text(
        "about = 'a test'\n[manifolds.sphere]\nmanifold = 'sphere'\n"
        f"parameters = {{ dimension = 2, ambient = 5 }}\n{labels}\n{sizes}"
    )
    return plan.build(suite.load(str(path)), "smoke")


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


def test_a_cell_that_tells_is_still_stopped_in_time(lane, tmp_path):
    (cell,) = cells(tmp_path, "score-svd", **{**SMALL, "steps": 10**7, "patience": 10**6})
    outcome = lane.run(dataclasses.replace(cell, limits=Limits(timeout=8)))
    assert outcome.record.status == "timeout"
    assert outcome.record.timeout == 8
