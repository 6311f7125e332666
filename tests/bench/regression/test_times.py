"""When the time of an estimator's fits counts as changed, and when it cannot be compared."""

import numpy as np
import pytest
from synthetic_baselines import baseline, cell, timed

from bench.regression import permutation_test
from bench.regression.comparison import compare


def times_of(was, now, **options):
    was, now = ([x] if not isinstance(x, list) else x for x in (was, now))
    return compare(baseline(*was), baseline(*now), **options)


@pytest.mark.parametrize(
    ("factor", "kinds"), [(1.5, ["slower"]), (1.2, []), (1.0, []), (0.85, []), (0.6, ["faster"])]
)
def test_times_are_held_against_the_baseline_s_with_a_margin(factor, kinds):
    outcome = times_of(
        timed(1, fits=5, spread=0.01), timed(factor, fits=1, seed=1, spread=0.01), slower=1.25
    )
    assert [finding.kind for finding in outcome.findings] == kinds
    assert [finding.kind for finding in outcome.alarms] == [k for k in kinds if k == "slower"]
    # Beyond a margin of its own it is not.
    assert times_of(timed(1, fits=5), timed(factor, fits=1, seed=1), slower=2).findings == []


def test_a_finding_says_times_and_their_change_as_a_percentage():
    (finding,) = times_of(timed(1, fits=5), timed(2, fits=1, seed=1, spread=0)).findings
    assert finding.was == pytest.approx(2, rel=0.05)
    assert finding.now == pytest.approx(4)
    assert finding.standard_errors > 10
    assert finding.p == pytest.approx(permutation_test.min_p(20, 4))
    assert finding.why in {f"takes {n} % more time" for n in range(95, 106)}
    (finding,) = times_of(timed(1, fits=5), timed(0.5, fits=1, seed=1, spread=0)).findings
    assert finding.why in {f"takes {n} % less time" for n in range(47, 53)}


def test_a_noisy_fit_of_one_manifold_is_no_slowdown_of_the_estimator():
    def cells(factors, fits):
        return [
            timed(factor, fits=fits, manifold=name, spread=0.3, seed=ord(name) + fits)
            for name, factor in zip("abc", factors, strict=True)
        ]

    assert times_of(cells((1, 1, 1), 5), cells((1, 1.5, 1), 1)).findings == []


def test_a_slowdown_is_detected_among_fits_that_other_load_lengthens():
    rng = np.random.default_rng(4)

    def cells(fits, factor):
        busy = [np.where(rng.random((4, fits)) < 0.3, 1.6, 1.0) for _ in range(3)]
        return [
            cell([5.0] * 4, manifold=name, times=factor * 2 * more)
            for name, more in zip("abc", busy, strict=True)
        ]

    was = cells(5, 1.0)
    assert times_of(was, cells(1, 1.0)).findings == []
    assert [f.kind for f in times_of(was, cells(1, 1.5)).findings] == ["slower"]


@pytest.mark.parametrize(
    ("factors", "kinds"),
    [
        ((0.5, 1, 1), []),
        ((0.5, 3, 3), []),
        ((1, 10, 10), []),
        ((1.5, 3, 3), ["slower"]),
        ((0.5, 0.3, 0.6), ["faster"]),
    ],
)
def test_an_estimator_is_slower_or_faster_only_where_it_is_on_every_manifold(factors, kinds):
    def cells(factors, fits):
        return [
            timed(factor, fits=fits, manifold=name, spread=0.02, seed=ord(name) + fits)
            for name, factor in zip("abc", factors, strict=True)
        ]

    outcome = times_of(cells((1, 1, 1), 5), cells(factors, 1))
    assert [finding.kind for finding in outcome.findings] == kinds


def test_manifolds_of_very_different_times_are_compared_at_a_common_level():
    def cells(factor, fits):
        return [
            timed(factor * scale, fits=fits, manifold=name, spread=0.02, seed=ord(name) + fits)
            for name, scale in (("a", 1), ("b", 100))
        ]

    (finding,) = times_of(cells(1, 5), cells(1.5, 1)).findings
    # The geometric mean of 2 and 200.
    assert finding.was == pytest.approx(20, rel=0.1)


def test_fits_that_failed_have_no_time_and_hide_no_slowdown():
    slow = timed(10, fits=1, seed=1)
    was = timed(1, fits=5)
    times = [list(row) for row in was.times]
    times[0][0] = None
    assert [f.kind for f in times_of(was.model_copy(update={"times": times}), slow).findings] == [
        "slower"
    ]
    none = cell([None] * 4, times=[[None]] * 4)
    assert times_of(was, none).timed == []


def test_fits_that_are_too_short_to_be_timed_are_not():
    # A tenth of the kernel's time.
    outcome = times_of(timed(0.045, fits=5, spread=0), timed(1, fits=1))
    assert (outcome.findings, outcome.timed) == ([], [])
    assert times_of(timed(0.055, fits=5, spread=0), timed(1, fits=1)).timed == ["fast"]
    # One manifold with longer fits is enough.
    was = [timed(factor, fits=5, manifold=name) for name, factor in (("a", 0.01), ("b", 1))]
    now = [timed(factor, fits=1, manifold=name) for name, factor in (("a", 0.01), ("b", 1))]
    assert times_of(was, now).timed == ["fast"]


def test_times_are_not_compared_where_jobs_or_devices_differ_or_seeds_are_few():
    was, slow = timed(1, fits=5), timed(10, fits=1)

    def outcome(now, before=None):
        return compare(before or baseline(was), now)

    result = outcome(baseline(slow, jobs=1))
    assert (result.findings, result.timed) == ([], [])
    assert result.untimed == ["times are not compared: 2 cells at a time in the baseline, 1 now"]
    result = outcome(
        baseline(slow, environment={"device": "cuda"}), baseline(was, environment={"device": "cpu"})
    )
    assert (result.findings, result.timed) == ([], [])
    assert result.untimed == ["times are not compared: on cpu in the baseline, on cuda now"]
    # 21 ** -1 is above the level of one test, 0.005; 231 ** -1 is below.
    few = baseline(cell([5.0] * 4, times=[[20.0], [], [], []]))
    enough = baseline(cell([5.0] * 4, times=[[20.0], [20.0], [], []]))
    assert [finding.kind for finding in outcome(enough).findings] == ["slower"]
    result = outcome(few)
    assert (result.findings, result.timed) == ([], [])
    assert result.untimed[0].startswith("times are not compared: so few seeds cannot show")


def test_times_with_and_without_the_training_of_a_shared_model_are_not_compared():
    was, slow = timed(1, fits=5), timed(10, fits=1)
    trained = slow.model_copy(update={"trains": True})
    outcome = times_of([was, timed(1, fits=5, name="b")], [trained, timed(1, fits=1, name="b")])
    assert (outcome.findings, outcome.timed) == ([], ["b"])
    assert outcome.untimed == [
        "times of fast are not compared: only one of them is with a training"
    ]
    both = was.model_copy(update={"trains": True})
    assert [f.kind for f in times_of(both, trained).findings] == ["slower"]


def test_the_level_of_times_is_shared_by_estimators_and_halved_where_faster_is_an_alarm():
    was = [timed(1, fits=5, name=n, manifold=m) for n in "ab" for m in "xyz"]
    now = [timed(1, fits=1, name=n, manifold=m) for n in "ab" for m in "xyz"]
    assert times_of(was, now).time_level == permutation_test.level(2)
    assert times_of(was, now, strict=True).time_level == permutation_test.level(4)
    fast = times_of(timed(1, fits=5), timed(0.3, fits=1), strict=True)
    assert [finding.kind for finding in fast.alarms] == ["faster"]
