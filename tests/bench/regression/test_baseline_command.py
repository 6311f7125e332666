"""`bench baseline save` and `show`: cells that they run, files and output, of synthetic results."""

import json
import math

import pytest
from synthetic_cells import HERE, Screen, failed, moved, saved

from bench.regression import permutation_test
from bench.regression.baseline import load
from bench.regression.command import STATES, show


def test_a_baseline_has_all_states_of_random_estimators_and_five_fits_of_others(suite, runner):
    screen = Screen()
    baseline = saved(suite, screen=screen)
    assert baseline == load(suite.parent / "b.json")
    assert (baseline.suite, baseline.preset, baseline.jobs) == ("mini", "smoke", 1)
    assert (baseline.seeds, baseline.states, baseline.environment) == (4, 7, HERE)
    assert set(baseline.by_name()) == {(m, e) for m in ("line", "ball") for e in ("twonn", "knn")}
    knn, twonn = baseline.by_name()["line", "knn"], baseline.by_name()["line", "twonn"]
    assert twonn.estimates == [[pytest.approx(1 + 0.1 * seed)] * 5 for seed in range(4)]
    states = [[1 + 0.1 * seed + 0.01 * state for state in range(7)] for seed in range(4)]
    assert [pytest.approx(row) for row in states] == knn.estimates
    assert knn.times == twonn.times == [[2 * (3.0 + seed)] * 5 for seed in range(4)]
    assert screen.lines == [
        f"4 cells of 4 seeds, of random estimators 7 states each, are in {suite.parent / 'b.json'}"
    ]
    (job,) = runner.jobs
    assert job.calibrated


def test_fewer_states_than_five_are_as_many_fits_of_deterministic_estimators(suite, runner):
    baseline = saved(suite, states=2)
    assert [len(cell.estimates[0]) for cell in baseline.cells] == [2] * 4
    assert saved(suite, states=1).states == 1


@pytest.mark.parametrize("states", [0, -1])
def test_no_baseline_is_of_less_than_one_state(suite, runner, states):
    with pytest.raises(ValueError, match=f"states must be an integer >= 1, not {states}"):
        saved(suite, states=states)
    assert runner.ran == []


def test_an_estimate_one_too_high_on_three_of_four_seeds_needs_the_default_number_of_states():
    # Of thirty cells; one of the baseline's states of the fourth sample is as high.
    def least(states):
        return 2 / (states + 1) ** 3

    assert least(STATES) <= permutation_test.level(30) < least(STATES - 1)


def test_a_place_where_no_file_can_be_is_refused_before_anything_is_run(suite, runner):
    (suite.parent / "folder").mkdir()
    with pytest.raises(ValueError, match=r"folder: it is not a file"):
        saved(suite, to="folder")
    for below_a_file in ("mini.toml/b.json", "mini.toml/deeper/b.json"):
        with pytest.raises(ValueError, match=rf"cannot write .*{below_a_file}: \w+"):
            saved(suite, to=below_a_file)
    assert runner.ran == []
    saved(suite, to="new/folders/b.json", states=1)
    saved(suite, to="new/folders/b.json", states=1)
    assert [path.name for path in (suite.parent / "new" / "folders").iterdir()] == ["b.json"]


def test_other_cells_stay_as_they_are_only_where_a_baseline_is_updated(suite, runner):
    was = saved(suite)
    runner.change["twonn", "line"] = runner.change["knn", "line"] = moved(1)
    screen = Screen()
    now = saved(suite, update=True, estimators=["twonn"], manifolds=["line"], screen=screen)
    assert now == load(suite.parent / "b.json")
    assert "4 cells" in screen.lines[0]
    assert now.by_name()["line", "twonn"].first_estimates[0] == 2
    for pair in (("ball", "twonn"), ("line", "knn"), ("ball", "knn")):
        assert now.by_name()[pair] == was.by_name()[pair]
    assert set(saved(suite, estimators=["twonn"]).by_name()) == {
        ("line", "twonn"), ("ball", "twonn"),
    }  # fmt: skip
    with pytest.raises(ValueError, match="there is no baseline"):
        saved(suite, to="another.json", update=True)


def test_fits_of_a_new_baseline_that_failed_are_listed_with_their_reason(suite, runner):
    runner.change["twonn", "ball"] = failed("no [good] neighbours")
    screen = Screen()
    saved(suite, states=1, screen=screen)
    assert screen.lines[1:] == ["twonn on ball: 4 fits failed: no [good] neighbours"]


def output_of(suite, seeds=None):
    screen = Screen()
    show(suite.parent / "b.json", seeds, screen.console)
    return screen.lines


def row(lines, estimator, manifold):
    (result,) = (
        [cell.strip() for cell in line.strip("│ ").split("│")]
        for line in lines
        if line.replace("│", " ").split()[:2] == [estimator, manifold]
    )
    return result


def test_a_baseline_is_shown_with_what_a_check_of_it_finds(suite, runner):
    runner.change["twonn", "ball"] = failed("no")
    runner.change["knn", "ball"] = lambda was: {"groups": "[]"}
    baseline = saved(suite)
    lines = output_of(suite)
    assert any(
        line.replace("┃", " ").split()
        == ["estimator", "manifold", "d", "mean", "deviation", "finds", "time"]
        for line in lines
    )
    # Seven states a hundredth apart; means over four seeds a tenth apart; times 6, 8, 10 and 12.
    spread = 0.01 * math.sqrt(28 / 6)
    shift = permutation_test.detectable_shift(7, 4, permutation_test.level(2))
    assert baseline.by_name()["line", "knn"].spread == pytest.approx(spread)
    assert row(lines, "knn", "line") == ["knn", "line", "1", "1.18", f"{spread:.2g}",
                                         f"{shift * spread:.2g}", "10"]  # fmt: skip
    assert row(lines, "knn", "ball")[2] == ""
    assert row(lines, "twonn", "line") == ["twonn", "line", "1", "1.15", "", "any change", "10"]
    assert [cell for cell in row(lines, "twonn", "ball") if cell] == [
        "twonn", "ball", "(20 fits failed)", "any change",
    ]  # fmt: skip
    start = lines.index("suite mini, preset smoke, 4 seeds, 7 random states, 1 cell at a time")
    assert lines[start + 1] == (
        "deviation: over the random states of a sample; finds: the shift that 4 seeds find with "
        f"90 % power at p ≤ 2.5e-03, {shift:.2g} deviations of a normal distribution; time: "
        "median, in units of the kernel"
    )
    assert lines[start + 2] == "made with " + json.dumps(
        {"python": "3.1", "processor": "chip [fast]", "revision": "r1", "numpy": "2.0"}
    )


def test_fits_that_failed_are_counted_beside_the_mean_of_the_others(suite, runner):
    def first_seed(was):
        return {"status": "failed", "estimate": None} if was["estimate"] == 1 else {}

    runner.change["twonn", "line"] = first_seed
    saved(suite, states=1)
    lines = output_of(suite)
    assert row(lines, "twonn", "line")[3] == "1.2 (1 fit failed)"


def test_the_shift_is_that_of_the_requested_number_of_seeds(suite, runner):
    saved(suite)
    (line,) = (x for x in output_of(suite, 3) if x.startswith("deviation: "))
    shift = permutation_test.detectable_shift(7, 3, permutation_test.level(2))
    assert f"the shift that 3 seeds find with 90 % power at p ≤ 2.5e-03, {shift:.2g} dev" in line


def test_a_baseline_of_deterministic_estimators_finds_any_change(suite, runner):
    saved(suite, estimators=["twonn"])
    lines = output_of(suite)
    assert "finds: on the same samples; time: median, in units of the kernel" in lines
    assert sum("any change" in line for line in lines) == 2
