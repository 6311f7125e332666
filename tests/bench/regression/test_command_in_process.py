"""`bench check`: cells that it runs, files and output, of synthetic results."""

import math
import re

import pytest
from synthetic_cells import HERE, SUITE, Screen, checked, failed, moved, saved

from bench.regression.baseline import load
from bench.regression.command import save_baseline
from bench.regression.report import HEADS
from bench.store.store import Store


def test_unchanged_results_are_no_finding_and_are_written_three_times(suite, runner):
    saved(suite)
    screen, run = Screen(), suite.parent / "run"
    outcome = checked(suite, screen=screen)
    assert outcome.findings == outcome.left_out == []
    assert len(outcome.compared) == 4
    assert outcome.current == load(run / "check.json")
    assert (outcome.current.states, outcome.current.environment) == (1, HERE)
    assert (run / "check.md").read_text().startswith("### Accuracy check: no regression: 4 of 4")
    assert 'failures="0"' in (run / "check.xml").read_text()
    assert screen.lines[0] == "no regression: 4 of 4 cells as before"
    assert screen.lines[1].startswith("Suite mini, preset smoke: 4 seeds, each against 7 random")
    assert screen.lines[-1] == f"also in {run}/check.md"
    assert {state for *_, state in runner.ran[-1]} == {0}


def test_random_states_of_a_check_are_the_requested_ones(suite, runner):
    saved(suite)
    outcome = checked(suite, state=6)
    assert {state for *_, state in runner.ran[-1]} == {6}
    assert {(f.kind, f.estimator) for f in outcome.findings} == {("other numbers", "knn")}


def test_findings_are_a_table_with_alarms_in_red_and_messages_as_they_are(suite, runner):
    runner.change["knn", "line"] = moved(1)
    saved(suite)
    runner.change = {
        ("twonn", "line"): failed("no [good] neighbours"),
        ("twonn", "ball"): moved(0.5),
    }
    screen = Screen(force_terminal=True, color_system="standard")
    outcome = checked(suite, screen=screen)
    assert {f.kind for f in outcome.findings} == {"failed", "regressed", "improved"}
    heads, *rows = screen.lines[:4]
    assert re.sub(r"\x1b\[\d*m", "", heads).split() == [head for head in HEADS if head]
    red = {re.sub(r"\x1b\[\d*m", "", row).split()[0]: "\x1b[31m" in row for row in rows}
    assert red == {"failed": True, "regressed": True, "improved": False}
    assert sum("4 of 4 seeds: failed: no [good] neighbours" in row for row in rows) == 1
    assert "1 regression" in screen.lines[4]
    run = suite.parent / "run"
    assert "| regressed | twonn | ball |" in (run / "check.md").read_text()
    assert 'failures="2"' in (run / "check.xml").read_text()


def test_long_reasons_are_folded_and_names_and_notes_are_not(suite, runner):
    saved(suite)
    runner.change["twonn", "line"] = failed("word " * 100)
    screen = Screen()
    screen.console.width = 100
    checked(suite, screen=screen)
    rows = screen.lines[1 : screen.lines.index(next(x for x in screen.lines if "1 failure" in x))]
    assert sum(row.count("word") for row in rows) == 100
    assert rows[0].split()[:3] == ["failed", "twonn", "line"]
    assert max(map(len, rows)) <= 100
    assert any(line.startswith("Suite mini") and len(line) > 300 for line in screen.lines)


def test_a_deterministic_estimate_may_differ_by_the_tolerance(suite, runner):
    saved(suite)
    runner.change["twonn", "line"] = moved(0.01)
    assert [f.kind for f in checked(suite).findings] == ["regressed"]
    assert checked(suite, tolerance=0.011).findings == []
    runner.change["twonn", "line"] = moved(5e-10)
    assert checked(suite).findings == []
    assert [f.kind for f in checked(suite, tolerance=0).findings] == ["regressed"]


def test_times_may_be_longer_by_the_margin(suite, runner):
    saved(suite)
    for manifold in ("line", "ball"):
        runner.change["twonn", manifold] = moved(0, times=6)
    assert [(f.kind, f.estimator) for f in checked(suite).alarms] == [("slower", "twonn")]
    assert checked(suite, slower=7).findings == []
    for manifold in ("line", "ball"):
        runner.change["twonn", manifold] = moved(0, times=1.0)
    assert checked(suite, slower=1).findings == []


def test_improvements_are_alarms_where_the_check_is_strict(suite, runner):
    runner.change["twonn", "line"] = moved(1)
    saved(suite)
    runner.change.clear()
    assert checked(suite).alarms == []
    assert [f.kind for f in checked(suite, strict=True).alarms] == ["improved"]


def test_cells_of_the_baseline_are_missed_in_a_check_of_the_whole_suite_only(suite, runner):
    saved(suite)
    smaller = SUITE.replace('[estimators.knn]\nestimator = "knn"\n', "")
    suite.write_text(smaller)
    assert {(f.kind, f.estimator) for f in checked(suite).findings} == {("gone", "knn")}
    assert checked(suite, estimators=["twonn"]).findings == []
    assert checked(suite, manifolds=["line"]).findings == []


def test_cells_that_the_baseline_lacks_are_run_only_with_new(suite, runner):
    saved(suite, estimators=["twonn"])
    screen = Screen()
    outcome = checked(suite, screen=screen)
    assert sorted(outcome.left_out) == [("ball", "knn"), ("line", "knn")]
    assert {estimator for _, estimator, *_ in runner.ran[-1]} == {"twonn"}
    assert len(outcome.compared) == 2
    assert any("not run (--new runs them): knn on line, knn on ball." in x for x in screen.lines)
    outcome = checked(suite, new=True)
    assert outcome.left_out == []
    assert {estimator for _, estimator, *_ in runner.ran[-1]} == {"twonn", "knn"}
    assert [f.kind for f in outcome.findings] == ["new", "new"]


def test_what_cannot_be_compared_is_refused_and_records_of_before_stay(suite, runner):
    saved(suite)
    checked(suite)
    runs = len(runner.ran)
    with pytest.raises(ValueError, match="of preset 'smoke', and this run of 'quick'"):
        checked(suite, preset="quick")
    with pytest.raises(ValueError, match="choose at most --seeds 4"):
        checked(suite, seeds=5)
    with pytest.raises(ValueError, match="cannot show anything"):
        checked(suite, seeds=1)
    with pytest.raises(ValueError, match="of other samples of 'line'"):
        checked(suite, n=61)
    suite.write_text(SUITE.replace("seeds = 4", "seeds = 5", 1))
    with pytest.raises(ValueError, match=r"has 4 seeds of .* on .*, and this run 5"):
        checked(suite)
    suite.rename(suite.parent / "maxi.toml")
    with pytest.raises(ValueError, match="of suite 'mini', and this run of 'maxi'"):
        checked(suite.parent / "maxi.toml")
    assert len(runner.ran) == runs
    with Store(suite.parent / "run", writing=False) as store:
        assert len(store.outcomes()) == 16


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tolerance": 1}, "tolerance must be at least 0 and below 1, not 1"),
        ({"tolerance": -0.1}, "tolerance must be at least 0 and below 1, not -0.1"),
        ({"tolerance": math.nan}, "tolerance must be at least 0 and below 1, not nan"),
        ({"slower": 0.99}, "slower must be at least 1, not 0.99"),
        ({"slower": math.nan}, "slower must be at least 1, not nan"),
    ],
)
def test_margins_that_make_no_sense_are_refused_before_the_baseline_is_read(suite, wrong, message):
    with pytest.raises(ValueError, match=message):
        checked(suite, **wrong)


def test_a_finished_run_is_read_again_without_running(suite, runner):
    saved(suite)
    with pytest.raises(ValueError, match=r"there are no records in .*run; run without --no-run"):
        checked(suite, run=False)
    with pytest.raises(ValueError, match=r"there are no records in .*run; run without --no-run"):
        save_baseline(
            suite.parent / "c.json", str(suite), run=False, console=Screen().console,
            preset="smoke", out=suite.parent / "run",
        )  # fmt: skip
    done = checked(suite)
    runs = len(runner.ran)
    assert checked(suite, run=False).current == done.current
    assert len(runner.ran) == runs


def test_a_second_run_removes_its_own_records_and_no_others(suite, runner):
    saved(suite)
    checked(suite, state=5)
    runner.change["twonn", "line"] = moved(1)
    checked(suite)
    assert [f.kind for f in checked(suite).findings] == ["regressed"]
    with Store(suite.parent / "run", writing=False) as store:
        assert len(store.outcomes()) == 32
