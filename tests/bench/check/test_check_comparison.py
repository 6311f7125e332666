"""What counts as moved: estimates, failures, times, parameters; and what cannot be compared."""

import numpy as np
import pytest

from bench.check.baseline import Baseline, CellBaseline, load, save
from bench.check.comparison import compare


def cell(estimates, *, name="fast", times=None, statuses=None, manifold="sphere", **more):
    estimates = [None if value is None else float(value) for value in estimates]
    facts = {
        "manifold": manifold,
        "estimator": name,
        "sample": "sample",
        "method": "method",
        "version": 1,
        "deterministic": True,
        "truth": 5.0,
        "statuses": statuses or ["ok"] * len(estimates),
        "estimates": estimates,
        "times": [2.0 if value is not None else None for value in estimates]
        if times is None
        else list(map(float, times)),
    }
    return CellBaseline(**{**facts, **more})


def baseline(*cells, suite="ci", preset="quick", jobs=2):
    return Baseline(
        format=1,
        suite=suite,
        preset=preset,
        jobs=jobs,
        seeds=min(len(one.statuses) for one in cells),
        environment={},
        cells=list(cells),
    )


OLD = 5 + 0.1 * np.random.default_rng(0).standard_normal(20)
NEW = OLD[:4]


def found(was, now, **options):
    outcome = compare(baseline(was), baseline(now), **options)
    return [(finding.kind, finding.estimator) for finding in outcome.findings]


def test_nothing_moved_is_nothing():
    outcome = compare(baseline(cell(OLD)), baseline(cell(NEW)))
    assert outcome.findings == []
    assert outcome.same == 1


def test_a_deterministic_estimate_may_differ_by_the_tolerance_and_no_more():
    assert found(cell(OLD), cell(NEW * (1 + 1e-10))) == []
    assert found(cell(OLD), cell(NEW * (1 + 1e-8))) == [("regressed", "fast")]
    assert found(cell(OLD), cell(NEW * (1 + 1e-8)), tolerance=1e-6) == []
    one = NEW.copy()
    one[2] += 1e-6
    assert found(cell(OLD), cell(one)) == [("regressed", "fast")]


def test_a_random_estimate_is_held_against_what_other_seeds_give():
    others = 5 + 0.1 * np.random.default_rng(1).standard_normal(4)
    assert found(cell(OLD, deterministic=False), cell(others, deterministic=False)) == [
        ("other numbers", "fast")
    ]
    assert found(cell(OLD, deterministic=False), cell(others + 1, deterministic=False)) == [
        ("regressed", "fast")
    ]


def test_what_comes_nearer_to_the_truth_on_every_seed_is_an_improvement():
    assert found(cell(OLD + 1), cell(NEW)) == [("improved", "fast")]
    assert found(cell(OLD), cell(NEW + 1)) == [("regressed", "fast")]
    # A little nearer is as likely an accident.
    assert found(cell(OLD + 1), cell(NEW + 0.999)) == [("regressed", "fast")]
    assert found(cell(OLD + 1, truth=None), cell(NEW, truth=None)) == [("regressed", "fast")]


def test_seeds_that_fail_now_are_an_alarm_and_those_that_fail_no_more_are_told():
    broken = cell([*NEW[:3], None], statuses=["ok", "ok", "ok", "timeout"], message="stopped")
    outcome = compare(baseline(cell(OLD)), baseline(broken))
    assert [finding.kind for finding in outcome.alarms] == ["failed"]
    assert "1 of 4 seeds: timeout: stopped" in outcome.alarms[0].why
    was = cell([None, *OLD[1:]], statuses=["failed", *["ok"] * 19])
    assert found(was, cell(NEW)) == [("mended", "fast")]
    # A seed that fails no more hides no regression of the others.
    assert found(was, cell(NEW + 1)) == [("regressed", "fast")]


def test_what_failed_before_and_still_fails_is_told():
    was = cell([None] * 20, statuses=["failed"] * 20)
    now = cell([None] * 4, statuses=["timeout"] * 4, message="stopped")
    (finding,) = compare(baseline(was), baseline(now)).findings
    assert (finding.kind, finding.alarm) == ("still failed", False)
    assert "4 of 4 seeds: timeout: stopped" in finding.why


def test_one_outlier_hides_no_shift_of_all_new_seeds():
    wild = OLD.copy()
    wild[7] = 1000.0
    assert found(cell(wild, deterministic=False), cell(NEW + 4, deterministic=False)) == [
        ("regressed", "fast")
    ]


def test_what_the_baseline_says_of_randomness_counts():
    # An estimator that is declared random now is held to what it was.
    assert found(cell(OLD), cell(NEW + 0.01, deterministic=False)) == [("regressed", "fast")]


def test_a_move_towards_a_truth_that_is_not_one_number_is_no_improvement():
    assert found(cell(OLD + 1, truth=None), cell(NEW, truth=None)) == [("regressed", "fast")]


@pytest.mark.parametrize(("factor", "kinds"), [(1.5, ["slower"]), (1.1, []), (0.5, ["faster"])])
def test_times_are_held_against_the_baseline_s_with_a_margin(factor, kinds):
    rng = np.random.default_rng(2)
    old, new = (2 * np.exp(0.05 * rng.standard_normal(count)) for count in (20, 4))
    findings = found(cell(OLD, times=old), cell(NEW, times=factor * new))
    assert [kind for kind, _ in findings] == kinds


def test_a_noisy_fit_of_one_manifold_is_no_slowdown_of_the_estimator():
    rng = np.random.default_rng(3)
    manifolds = ("a", "b", "c")

    def cells(values, factors):
        return [
            cell(
                values, manifold=name, times=factor * np.exp(0.3 * rng.standard_normal(len(values)))
            )
            for name, factor in zip(manifolds, factors, strict=True)
        ]

    outcome = compare(baseline(*cells(OLD, (1, 1, 1))), baseline(*cells(NEW, (1, 1.5, 1))))
    assert outcome.findings == []


def test_a_slowdown_is_found_among_seeds_that_a_busy_machine_made_longer():
    rng = np.random.default_rng(4)

    def cells(values, factor):
        busy = [np.where(rng.random(len(values)) < 0.3, 1.6, 1.0) for _ in range(3)]
        return [
            cell(values, manifold=name, times=factor * 2 * more)
            for name, more in zip(("a", "b", "c"), busy, strict=True)
        ]

    was = baseline(*cells(OLD, 1.0))
    assert compare(was, baseline(*cells(NEW, 1.0))).findings == []
    kinds = [finding.kind for finding in compare(was, baseline(*cells(NEW, 1.5))).findings]
    assert kinds == ["slower"]


def test_times_are_compared_on_the_seeds_that_have_one_and_not_where_jobs_differ():
    slow = cell(NEW, times=20 * np.ones(4))
    was = cell([None, *OLD[1:]], statuses=["failed", *["ok"] * 19])
    assert ("slower", "fast") in found(was, slow)
    outcome = compare(baseline(cell(OLD)), baseline(slow, jobs=1))
    assert (outcome.findings, outcome.timed) == ([], [])
    assert outcome.untimed == "2 cells at a time in the baseline, 1 now"


def test_times_of_another_device_are_not_compared():
    now = baseline(cell(NEW, times=20 * np.ones(4)))
    gpu = now.model_copy(update={"environment": {"device": "cuda"}})
    outcome = compare(baseline(cell(OLD)), gpu)
    assert (outcome.findings, outcome.timed) == ([], [])
    assert "on cuda now" in outcome.untimed


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
    rng = np.random.default_rng(5)

    def cells(values, factors):
        return [
            cell(
                values,
                manifold=name,
                times=2 * factor * np.exp(0.02 * rng.standard_normal(len(values))),
            )
            for name, factor in zip(("a", "b", "c"), factors, strict=True)
        ]

    outcome = compare(baseline(*cells(OLD, (1, 1, 1))), baseline(*cells(NEW, factors)))
    assert [finding.kind for finding in outcome.findings] == kinds


def test_fits_that_are_too_short_to_be_timed_are_not():
    short = compare(baseline(cell(OLD, times=[0.01] * 20)), baseline(cell(NEW, times=[0.05] * 4)))
    assert (short.findings, short.timed) == ([], [])


def test_changed_parameters_and_versions_are_told_as_the_reason():
    (finding,) = compare(
        baseline(cell(OLD)), baseline(cell(NEW + 1, method="other", version=2))
    ).findings
    assert "parameters are others" in finding.why
    assert "version 1 became 2" in finding.why


def test_a_cell_that_is_new_is_told_and_one_that_is_gone_is_an_alarm():
    outcome = compare(
        baseline(cell(OLD), cell(OLD, name="gone")), baseline(cell(NEW), cell(NEW, name="new"))
    )
    assert [(finding.kind, finding.estimator) for finding in outcome.findings] == [
        ("new", "new"),
        ("gone", "gone"),
    ]
    assert [finding.kind for finding in outcome.alarms] == ["gone"]


def test_cells_that_were_not_asked_for_have_not_gone():
    both = baseline(cell(OLD), cell(OLD, name="other"))
    assert compare(both, baseline(cell(NEW)), whole=False).findings == []


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (baseline(cell(NEW), suite="mine"), "suite 'ci', and this run of 'mine'"),
        (baseline(cell(NEW), preset="full"), "preset 'quick', and this run of 'full'"),
        (baseline(cell(NEW, name="other")), "none of the cells"),
        (baseline(cell(NEW, sample="other")), "other samples of 'sphere'"),
    ],
)
def test_a_foreign_baseline_is_refused(now, says):
    with pytest.raises(ValueError, match=says):
        compare(baseline(cell(OLD)), now)


def test_seeds_too_few_for_any_test_are_refused_where_one_is_needed():
    one = NEW[:1]
    with pytest.raises(ValueError, match=r"1 seed against 20.*at least --seeds 2"):
        compare(baseline(cell(OLD, deterministic=False)), baseline(cell(one, deterministic=False)))
    # Of deterministic estimators one seed will do, for all but their times.
    outcome = compare(baseline(cell(OLD)), baseline(cell(one)))
    assert (outcome.findings, outcome.timed, outcome.same) == ([], [], 1)
    assert "1 seed cannot show anything" in outcome.untimed
    assert found(cell(OLD), cell(one + 1)) == [("regressed", "fast")]


def test_a_baseline_is_kept_whole_and_a_line_a_cell(tmp_path):
    was = baseline(cell([0.1 + 0.2, None, 1e-17], statuses=["ok", "failed", "ok"]), cell(OLD))
    save(was, tmp_path / "b.json")
    assert load(tmp_path / "b.json") == was
    assert sum("estimates" in line for line in (tmp_path / "b.json").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "there is no baseline .*baseline save"),
        ("{", "is no baseline"),
        ("[]", "is no baseline"),
        ('{"format": 9}', "format 9, this version reads 1"),
        ('{"format": 1, "suite": "ci"}', "is no baseline: preset"),
    ],
)
def test_a_file_that_is_no_baseline_is_told(tmp_path, content, says):
    if content is not None:
        (tmp_path / "b.json").write_text(content)
    with pytest.raises(ValueError, match=says):
        load(tmp_path / "b.json")


def test_lists_of_different_lengths_are_no_baseline(tmp_path):
    save(baseline(cell(OLD, statuses=["ok"])), tmp_path / "b.json")
    with pytest.raises(ValueError, match="different lengths"):
        load(tmp_path / "b.json")
