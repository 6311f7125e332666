"""From records to a baseline: groups by seed and state, and times."""

import json
from dataclasses import replace

import pytest
from synthetic_baselines import SUITE, records

from bench.engine.job import prepare
from bench.regression import command
from bench.regression.gather import gather, sample_hash


@pytest.fixture
def job(tmp_path):
    (tmp_path / "s.toml").write_text(SUITE)
    options = {"preset": "smoke", "jobs": 1, "out": tmp_path / "out"}
    return command._job(
        str(tmp_path / "s.toml"), options, lambda cell: range(command._states_of(cell, 7))
    )


def by_estimator(baseline):
    return {cell.estimator: cell for cell in baseline.cells}


def test_random_estimators_have_all_states_and_deterministic_ones_those_that_are_timed(job):
    baseline = gather(job, records(job), {"python": "x"})
    assert (baseline.suite, baseline.preset, baseline.jobs) == ("s", "smoke", 1)
    assert (baseline.seeds, baseline.states) == (2, 7)
    cells = by_estimator(baseline)
    states = [1 + i / 10 for i in range(7)]
    assert cells["knn"].estimates == [pytest.approx(states), pytest.approx([s + 1 for s in states])]
    assert cells["twonn"].estimates[0] == pytest.approx(states[:5])
    # In units of the kernel, of the states that are timed.
    assert cells["knn"].times == cells["twonn"].times == [[6.0, 8.0, 10.0, 12.0, 14.0]] * 2
    assert (cells["knn"].deterministic, cells["twonn"].deterministic) == (False, True)
    assert cells["knn"].truth == 1
    assert cells["knn"].message == ""


def test_estimators_of_equal_parameters_are_different_methods(job):
    bare = replace(job, cells=[replace(cell, estimator_parameters={}) for cell in job.cells])
    cells = by_estimator(gather(bare, records(bare), {}))
    assert len({cell.method for cell in cells.values()}) == len(cells) == 3


def test_times_of_score_estimators_are_without_a_training_of_another_cell(job):
    assert by_estimator(gather(job, records(job), {}))["svd"].trains
    shared = {f"svd_0_{state}": {"shared_seconds": 1.0} for state in range(7)}
    svd = by_estimator(gather(job, records(job, **shared), {}))["svd"]
    assert not svd.trains
    assert svd.times[0] == [2.0] * 5
    assert not by_estimator(gather(job, records(job), {}))["knn"].trains


def test_failures_and_truths_that_differ_are_as_they_are(job):
    bad = {"status": "timeout", "estimate": None, "message": "too long", "fit_seconds": None}
    bad |= {"kernel_seconds": None, "shared_seconds": None}
    other = {"groups": json.dumps([{"truth": 2, "weight": 1.0}])}
    several = {"groups": json.dumps([{"truth": 1}, {"truth": 2}])}
    baseline = gather(job, records(job, knn_1_2=bad, twonn_0_0=other), {})
    knn = by_estimator(baseline)["knn"]
    assert knn.statuses == [["ok"] * 7, ["ok", "ok", "timeout", *["ok"] * 4]]
    assert (knn.estimates[1][2], knn.times[1][2], knn.message) == (None, None, "too long")
    assert (knn.truth, by_estimator(baseline)["twonn"].truth) == (1, None)
    # A failure has no truth; several levels have none together.
    assert by_estimator(gather(job, records(job, knn_1_2={**bad, "groups": ""}), {}))["knn"].truth
    results = {f"knn_{seed}_{state}": several for seed in (0, 1) for state in range(7)}
    assert by_estimator(gather(job, records(job, **results), {}))["knn"].truth is None


def test_records_that_are_missing_or_of_another_command_are_refused(job):
    whole = records(job)
    with pytest.raises(ValueError, match=r"2 of 38 fits have no record in .*run them first"):
        gather(job, whole[2:], {})
    whole.loc[3, "kernel_seconds"] = None
    with pytest.raises(ValueError, match="no calibrated times"):
        gather(job, whole, {})


def test_repetitions_are_of_one_sample_with_random_states_of_their_own(job):
    for name in ("knn", "svd"):
        mine = [cell for cell in job.cells if cell.estimator == name]
        first = [cell for cell in mine if cell.seed == 0]
        assert len({cell.key for cell in mine}) == len(mine) == 14
        assert len({cell.random_state for cell in mine}) == 14
        assert len({cell.sample_seed for cell in first}) == 1
    # The first is that of a run, and estimators of one model share every state.
    (cell,) = (c for c in job.cells if (c.estimator, c.seed, c.state) == ("svd", 0, 3))
    reading = replace(cell, estimator="dsm", estimator_name="dsm")
    assert reading.random_state == cell.random_state
    assert reading.key != cell.key
    plain = prepare(job_suite(job), preset="smoke", jobs=1).cells
    assert {cell.key for cell in plain} == {cell.key for cell in job.cells if not cell.state}


def job_suite(job):
    return str(job.out.parent / "s.toml")


def test_what_a_sample_is_does_not_depend_on_seed_state_or_estimator(job):
    cell = job.cells[0]
    same = replace(cell, seed=9, state=2, estimator="x", estimator_name="knn")
    assert sample_hash(same) == sample_hash(cell)
    for change in (
        {"n": 5},
        {"entropy": 1},
        {"manifold_version": 9},
        {"manifold_name": "x"},
        {"manifold_parameters": {}},
    ):
        assert sample_hash(replace(cell, **change)) != sample_hash(cell)
