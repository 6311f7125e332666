"""Changes of estimates, failures and parameters, and baselines that cannot be compared."""

import numpy as np
import pytest
from synthetic_baselines import SEEDS, STATES, baseline, cell, random_cell, timed

from bench.regression import permutation_test
from bench.regression.comparison import check_comparable, compare
from bench.regression.findings import ALARMS, IMPROVEMENTS

RNG = np.random.default_rng(0)
OLD = 5.5 + 0.1 * RNG.standard_normal(SEEDS)
# Estimates of a random estimator: samples differ by more than states.
STATE_OLD = OLD[:, None] + 0.02 * RNG.standard_normal((SEEDS, STATES))
STATE_NEW = OLD + 0.02 * RNG.standard_normal(SEEDS)


def changes(was, now, **options):
    outcome = compare(baseline(was), baseline(now), **options)
    return [(finding.kind, finding.estimator) for finding in outcome.findings]


def kinds(was, now, **options):
    return [kind for kind, _ in changes(was, now, **options)]


def test_nothing_moved_is_nothing():
    outcome = compare(baseline(cell(OLD)), baseline(cell(OLD)))
    assert outcome.findings == []
    assert (outcome.same, outcome.same_times) == (1, 0)


def test_a_deterministic_estimate_may_differ_by_the_tolerance_and_no_more():
    assert kinds(cell(OLD), cell(OLD * (1 + 0.9e-9))) == []
    assert kinds(cell(OLD), cell(OLD * (1 + 1.1e-9))) == ["regressed"]
    assert kinds(cell(OLD), cell(OLD * (1 + 1e-8)), tolerance=1e-6) == []
    one = OLD.copy()
    one[2] += 1e-6
    assert kinds(cell(OLD), cell(one)) == ["regressed"]


@pytest.mark.parametrize("shift", [-3.0, -0.4, -0.04, 0.04, 0.4, 3.0])
def test_a_shift_of_a_deterministic_estimator_to_either_side_is_detected(shift):
    (finding,) = compare(baseline(cell(OLD)), baseline(cell(OLD + shift))).findings
    assert finding.now - finding.was == pytest.approx(shift)
    assert finding.kind in ALARMS | IMPROVEMENTS
    # A strict check reports it as any kind.
    assert compare(baseline(cell(OLD)), baseline(cell(OLD + shift)), strict=True).alarms


def test_where_an_estimate_has_moved_to_says_what_the_change_is():
    nearer = OLD - 0.1
    assert kinds(cell(OLD), cell(nearer)) == ["improved"]
    assert kinds(cell(OLD), cell(OLD + 0.1)) == ["regressed"]
    # On three of four seeds nearer is no improvement; the mean error falls all the same.
    three = np.append(nearer[:3], OLD[3] + 0.01)
    assert kinds(cell(OLD), cell(three)) == ["changed"]
    # Nearer on three of four, and further in the mean.
    assert kinds(cell(OLD), cell(np.append(nearer[:3], OLD[3] + 1))) == ["regressed"]
    # Nearer by less than a percent of the dimension in the mean is as likely an accident.
    assert kinds(cell(OLD), cell(OLD - 0.049)) == ["changed"]
    assert kinds(cell(OLD), cell(OLD - 0.051)) == ["improved"]
    # Towards a truth that is unknown, or not one number.
    assert kinds(cell(OLD, truth=None), cell(nearer, truth=None)) == ["changed"]
    # Beyond the truth by as much: neither better nor worse.
    assert kinds(cell([6.0] * 4), cell([4.0] * 4)) == ["changed"]


def test_improvements_are_alarms_of_a_strict_check_only():
    pair = baseline(cell(OLD)), baseline(cell(OLD - 0.1))
    assert compare(*pair).alarms == []
    (alarm,) = compare(*pair, strict=True).alarms
    assert alarm.kind == "improved"
    failed = cell([None, *OLD[1:]])
    assert kinds(failed, cell(OLD)) == ["recovered"]
    assert compare(baseline(failed), baseline(cell(OLD)), strict=True).alarms
    # Other numbers, not beyond chance, never are.
    pair = baseline(random_cell(STATE_OLD)), baseline(random_cell(STATE_NEW))
    assert compare(*pair, strict=True).alarms == []


def test_other_numbers_are_alarms_of_a_strict_check_in_the_environment_of_the_baseline():
    environment = {"processor": "a", "packages": {"numpy": "1"}, "revision": "1"}

    def alarms(new, **options):
        was = baseline(random_cell(STATE_OLD), environment=environment)
        return compare(was, baseline(random_cell(STATE_NEW), environment=new), **options).alarms

    assert [f.kind for f in alarms({**environment, "revision": "2"}, strict=True)] == [
        "other numbers"
    ]
    assert alarms(environment) == []
    for other in ({"processor": "b"}, {"packages": {"numpy": "2"}}, {"gpu": "x"}):
        assert alarms({**environment, **other}, strict=True) == []


def test_a_random_estimate_is_compared_with_those_of_other_states_of_its_sample():
    was = random_cell(STATE_OLD)
    assert kinds(was, random_cell(STATE_OLD[:, 0])) == []
    assert kinds(was, random_cell(STATE_NEW)) == ["other numbers"]
    # A tenth of what samples differ by, three times what states do.
    (finding,) = compare(baseline(was), baseline(random_cell(STATE_NEW + 0.06))).findings
    assert (finding.kind, finding.why) == ("regressed", "")
    assert finding.p <= permutation_test.level(1)
    assert finding.was == pytest.approx(STATE_OLD.mean())
    spread = np.sqrt(STATE_OLD.var(axis=1, ddof=1).mean())
    error = spread * np.sqrt((1 + 1 / STATES) / SEEDS)
    assert finding.standard_errors == pytest.approx((finding.now - finding.was) / error)
    assert kinds(was, random_cell(STATE_NEW - 0.1)) == ["improved"]
    # The same samples in another order: as far as chance goes, only the sum counts.
    assert kinds(was, random_cell(STATE_NEW[::-1])) == ["other numbers"]


def test_only_all_seeds_at_the_first_state_are_the_same_numbers():
    was = random_cell(STATE_OLD)
    one = STATE_OLD[:, 0].copy()
    one[3] += 0.01
    assert kinds(was, random_cell(one)) == ["other numbers"]
    assert kinds(was, random_cell(STATE_OLD[:, 1])) == ["other numbers"]


def test_one_too_many_on_three_of_four_seeds_is_an_alarm_among_thirty_cells():
    def cells(values):
        return [random_cell(values, name=f"e{i}") for i in range(30)]

    was = cells(np.full((SEEDS, STATES), 5.0))
    now = [random_cell([6.0, 6.0, 5.0, 6.0], name="e0"), *cells([5.0] * 4)[1:]]
    outcome = compare(baseline(*was), baseline(*now))
    assert outcome.level == permutation_test.level(30)
    assert [(f.kind, f.estimator) for f in outcome.alarms] == [("regressed", "e0")]
    now[0] = random_cell([6.0, 6.0, 5.0, 5.0], name="e0")
    assert compare(baseline(*was), baseline(*now)).alarms == []


def test_the_level_is_shared_by_random_cells_only():
    cells = [random_cell(STATE_OLD, name="a"), random_cell(STATE_OLD, name="b"), cell(OLD)]
    now = [random_cell(STATE_OLD[:, 0], name=name) for name in "ab"]
    assert compare(baseline(*cells), baseline(*now, cell(OLD))).level == permutation_test.level(2)


def test_seeds_that_fail_now_are_an_alarm_and_those_that_fail_no_more_are_reported():
    broken = cell(
        [*OLD[:3], None], statuses=[["ok"], ["ok"], ["ok"], ["timeout"]], message="stopped"
    )
    outcome = compare(baseline(cell(OLD)), baseline(broken))
    assert [finding.kind for finding in outcome.alarms] == ["failed"]
    assert "1 of 4 seeds: timeout: stopped" in outcome.alarms[0].why
    # It is more than a change of the other seeds.
    worse = broken.model_copy(update={"estimates": [[9.0], [9.0], [9.0], [None]]})
    assert kinds(cell(OLD), worse) == ["failed"]
    was = cell([None, *OLD[1:]])
    (finding,) = compare(baseline(was), baseline(cell(OLD))).findings
    assert (finding.kind, finding.why) == ("recovered", "1 of 4 seeds failed")
    # A seed that fails no more hides no regression of the others.
    assert kinds(was, cell(OLD + 1)) == ["regressed"]


def test_what_failed_before_and_still_fails_is_reported():
    was = cell([None] * SEEDS)
    now = cell([None] * SEEDS, statuses=[["timeout"]] * SEEDS, message="stopped")
    outcome = compare(baseline(was), baseline(now), strict=True)
    assert [finding.kind for finding in outcome.findings] == ["still failed"]
    assert outcome.alarms == []
    assert "4 of 4 seeds: timeout: stopped" in outcome.findings[0].why


def test_a_state_that_failed_in_the_baseline_is_left_out_of_the_test():
    states = STATE_OLD.tolist()
    states[1][5] = None
    assert kinds(random_cell(states), random_cell(STATE_NEW + 1)) == ["regressed"]
    # The first state counts for what has failed.
    states[1][0] = None
    assert kinds(random_cell(states), random_cell(STATE_OLD[:, 0])) == ["other numbers"]


def test_the_randomness_of_the_baseline_counts():
    # An estimator that is declared random now is held to what it was.
    assert changes(cell(OLD), random_cell(OLD + 0.01)) == [("regressed", "fast")]


def test_a_deterministic_estimate_is_compared_with_the_first_of_its_repetitions():
    was = cell([[5.0, 9.0], [5.0, 9.0], [None, 5.0], [5.0, 9.0]])
    assert kinds(was, cell([5.0, 5.0, 8.0, 5.0])) == ["recovered"]
    (finding,) = compare(baseline(was), baseline(cell([6.0, 5.0, 8.0, 5.0]))).findings
    assert (finding.was, finding.now) == (5, pytest.approx(16 / 3))
    assert finding.why == "on the same samples, by up to 20 %"
    (finding,) = compare(baseline(was), baseline(cell([25.0, 5.0, 8.0, 5.0]))).findings
    assert finding.why == "on the same samples, by up to 400 %"


def test_changed_parameters_and_versions_are_given_as_the_reason():
    (finding,) = compare(
        baseline(cell(OLD)), baseline(cell(1.5 * OLD, method="other", version=2))
    ).findings
    assert finding.why == (
        "its parameters are others; version 1 became 2; on the same samples, by up to 50 %"
    )


def test_a_cell_that_is_new_is_reported_and_one_that_is_gone_is_an_alarm():
    was = baseline(cell(OLD), cell(OLD, name="gone"))
    failing = cell([None, *OLD[1:]], name="failing", message="no idea")
    outcome = compare(was, baseline(cell(OLD), cell(OLD, name="new"), failing))
    assert [(f.kind, f.estimator, f.why) for f in outcome.findings] == [
        ("new", "new", "not in the baseline"),
        ("new", "failing", "not in the baseline; 1 of 4 seeds failed: no idea"),
        ("gone", "gone", "only in the baseline"),
    ]
    assert [finding.kind for finding in outcome.alarms] == ["gone"]
    assert outcome.compared == [("sphere", "fast")]


def test_cells_outside_the_selection_are_not_missing():
    both = baseline(cell(OLD), cell(OLD, name="other"))
    assert compare(both, baseline(cell(OLD)), whole=False).findings == []


@pytest.mark.parametrize(
    ("now", "message"),
    [
        (baseline(cell(OLD), suite="mine"), "suite 'ci', and this run of 'mine'"),
        (baseline(cell(OLD), preset="full"), "preset 'quick', and this run of 'full'"),
        (baseline(cell(OLD, name="other")), "none of the cells"),
        (baseline(cell(OLD, sample="other")), "other samples of 'sphere'"),
        (baseline(cell([*OLD, 5.0])), "4 seeds of fast on sphere, and this run 5; .* --seeds 4"),
    ],
)
def test_a_baseline_of_something_else_is_refused(now, message):
    with pytest.raises(ValueError, match=message):
        compare(baseline(cell(OLD)), now)


def test_seeds_too_few_for_any_test_are_refused_where_one_is_needed():
    one = OLD[:1]
    with pytest.raises(ValueError, match=r"1 seed against 22 random states.*at least --seeds 2"):
        compare(baseline(random_cell(STATE_OLD)), baseline(random_cell(one)))
    assert kinds(random_cell(STATE_OLD), random_cell(STATE_OLD[:2, 0])) == []
    with pytest.raises(ValueError, match="a baseline of more states or seeds"):
        compare(baseline(random_cell(STATE_OLD[:, :2])), baseline(random_cell(OLD)))
    # Of deterministic estimators one seed will do, for all but their times.
    outcome = compare(baseline(cell(OLD)), baseline(cell(one)))
    assert (outcome.findings, outcome.timed, outcome.same) == ([], [], 1)
    assert kinds(cell(OLD), cell(one + 1)) == ["regressed"]


def test_seeds_at_the_edge_of_the_level_are_enough():
    # 200 ** -1 is the level of one test, 0.005.
    was = baseline(random_cell([[5.0] * 199]))
    pair = {("sphere", "fast"): 1}
    facts = {"suite": "ci", "preset": "quick", "samples": {("sphere", "fast"): "sample"}}
    check_comparable(was, seeds=pair, **facts)
    with pytest.raises(ValueError, match=r"cannot show anything at the p-value 5\.0e-03"):
        check_comparable(baseline(random_cell([[5.0] * 198])), seeds=pair, **facts)


def test_every_cell_is_counted_once():
    was = [cell(OLD, name=name) for name in "abcd"]
    now = [cell(OLD, name="a"), cell(OLD + 1, name="b"), cell(OLD - 0.1, name="c")]
    now.append(cell([None, *OLD[1:]], name="d"))
    outcome = compare(baseline(*was), baseline(*now))
    assert outcome.same == 1
    assert len(outcome.compared) == 4
    assert sorted(finding.kind for finding in outcome.findings) == [
        "failed",
        "improved",
        "regressed",
    ]


def test_a_slower_estimator_leaves_its_cells_as_they_were():
    outcome = compare(
        baseline(timed(1.0, fits=5), timed(1.0, fits=5, name="b", seed=1)),
        baseline(timed(2.0, fits=1, seed=2), timed(1.0, fits=1, name="b", seed=3)),
    )
    assert [(f.kind, f.estimator, f.manifold) for f in outcome.findings] == [("slower", "fast", "")]
    assert (outcome.same, outcome.same_times, outcome.timed) == (2, 1, ["fast", "b"])


def test_what_a_random_state_does_not_change_is_no_random_cell():
    same = np.repeat(OLD[:, None], STATES, axis=1)
    assert not random_cell(same).random
    assert random_cell(STATE_OLD).random
    assert not cell(OLD).random
    # Whole numbers may be the same by rounding, and another state may give another one.
    assert random_cell(np.full((SEEDS, STATES), 5.0)).random
    few = same.copy()
    few[0, 0] += 1e-6
    assert random_cell(few).random
    outcome = compare(baseline(random_cell(same)), baseline(random_cell(OLD[:, None] * (1 + 1e-6))))
    assert [finding.kind for finding in outcome.findings] == ["regressed"]
    assert outcome.level == permutation_test.level(0)
