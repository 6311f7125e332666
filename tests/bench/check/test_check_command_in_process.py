"""What `bench baseline` and `bench check` run, write and print; the cells' results are made up."""

import io
import json
import math
import re
from dataclasses import replace

import pytest
from rich.console import Console

from bench.check import command, law
from bench.check.baseline import load
from bench.check.command import STATES, check, save_baseline, show
from bench.check.report import HEADS
from bench.store import Store
from bench.workers.measure import blank

SUITE = """
about = "Small."
[manifolds.line]
manifold = "sphere"
parameters = { dimension = 1, ambient = 3 }
[manifolds.ball]
manifold = "sphere"
parameters = { dimension = 1, ambient = 4 }
[estimators.twonn]
estimator = "twonn"
[estimators.knn]
estimator = "knn"
[presets.smoke]
n = 60
seeds = 4
[presets.quick]
n = 60
seeds = 4
[presets.full]
n = 60
seeds = 4
"""
HERE = {
    "python": "3.1",
    "processor": "chip [fast]",
    "revision": "r1",
    "device": "cpu",
    "packages": {"numpy": "2.0"},
}


class Runner:
    """Takes the place of running cells: results made up, as records in the store.

    ``change`` has what is another for a cell, by label of its estimator and manifold. Cells that
    were run are in ``ran``.
    """

    def __init__(self):
        self.change, self.ran, self.jobs = {}, [], []

    def __call__(self, job, cells, store, console):
        assert isinstance(console, Console)
        # What was run before is no result of this run.
        assert not {cell.key for cell in cells} & store.outcomes().keys()
        self.jobs.append(job)
        self.ran.append([(c.manifold, c.estimator, c.seed, c.state) for c in cells])
        store.add_environment("here", HERE)
        store.add_all([(self.record(cell), {}) for cell in cells])

    def record(self, cell):
        values = {
            "status": "ok",
            "estimate": 1 + 0.1 * cell.seed + (0.01 * cell.state if cell.estimator == "knn" else 0),
            "fit_seconds": 3.0 + cell.seed,
            "shared_seconds": 3.0 + cell.seed,
            "kernel_seconds": 0.5,
            "groups": json.dumps([{"truth": 1, "weight": 1.0}]),
            "environment": "here",
        }
        change = self.change.get((cell.estimator, cell.manifold), {})
        return replace(blank(cell), **{**values, **(change(values) if change else {})})


@pytest.fixture
def runner(monkeypatch):
    found = Runner()
    monkeypatch.setattr("bench.execution.run_cells", found)
    return found


@pytest.fixture
def suite(tmp_path):
    path = tmp_path / "mini.toml"
    path.write_text(SUITE)
    return path


class Screen:
    def __init__(self, **more):
        self.file = io.StringIO()
        self.console = Console(file=self.file, width=300, **more)

    @property
    def lines(self):
        return [line.rstrip() for line in self.file.getvalue().splitlines()]


def saved(suite, *, to="b.json", states=7, screen=None, **more):
    return save_baseline(
        suite.parent / to, str(suite), run=True, states=states,
        console=(screen or Screen()).console, preset="smoke", out=suite.parent / "saved", jobs=1,
        **more,
    )  # fmt: skip


def checked(suite, *, run=True, screen=None, **more):
    return check(
        suite.parent / "b.json", str(suite), run=run, console=(screen or Screen()).console,
        **{"preset": "smoke", "out": suite.parent / "run", "jobs": 1, **more},
    )  # fmt: skip


def moved(by, times=1.0):
    """A result that is further from, or nearer to, the truth than before."""
    return lambda was: {
        "estimate": was["estimate"] + by,
        "shared_seconds": times * was["shared_seconds"],
    }


def failed(message):
    nothing = dict.fromkeys(("estimate", "fit_seconds", "shared_seconds", "kernel_seconds"))
    return lambda was: {**nothing, "status": "failed", "message": message}


# baseline save


def test_a_baseline_has_all_states_of_random_estimators_and_five_fits_of_others(suite, runner):
    screen = Screen()
    found = saved(suite, screen=screen)
    assert found == load(suite.parent / "b.json")
    assert (found.suite, found.preset, found.jobs) == ("mini", "smoke", 1)
    assert (found.seeds, found.states, found.environment) == (4, 7, HERE)
    assert set(found.by_name()) == {(m, e) for m in ("line", "ball") for e in ("twonn", "knn")}
    knn, twonn = found.by_name()["line", "knn"], found.by_name()["line", "twonn"]
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
    found = saved(suite, states=2)
    assert [len(cell.estimates[0]) for cell in found.cells] == [2] * 4
    assert saved(suite, states=1).states == 1


@pytest.mark.parametrize("states", [0, -1])
def test_no_baseline_is_of_less_than_one_state(suite, runner, states):
    with pytest.raises(ValueError, match=f"states must be at least 1, not {states}"):
        saved(suite, states=states)
    assert runner.ran == []


def test_a_reading_one_too_high_on_three_of_four_seeds_needs_the_default_number_of_states():
    # Of thirty cells; one of the baseline's states of the fourth sample is as high.
    def least(states):
        return 2 / (states + 1) ** 3

    assert least(STATES) <= law.level(30) < least(STATES - 1)


def test_a_place_where_no_file_can_be_is_refused_before_anything_is_run(suite, runner):
    (suite.parent / "folder").mkdir()
    with pytest.raises(ValueError, match=r"folder is a folder, not a file for a baseline"):
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
    assert now.by_name()["line", "twonn"].first[0] == 2
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


# check


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


def test_random_states_of_a_check_are_those_that_are_asked_for(suite, runner):
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


def test_long_reasons_are_folded_and_names_are_not(suite, runner):
    saved(suite)
    runner.change["twonn", "line"] = failed("word " * 100)
    screen = Screen()
    screen.console.width = 100
    checked(suite, screen=screen)
    rows = screen.lines[1 : screen.lines.index(next(x for x in screen.lines if "1 failure" in x))]
    assert sum(row.count("word") for row in rows) == 100
    assert rows[0].split()[:3] == ["failed", "twonn", "line"]
    assert max(map(len, rows)) <= 100


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


def test_what_the_baseline_lacks_is_run_only_where_new_cells_are_asked_for(suite, runner):
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
    ("wrong", "says"),
    [
        ({"tolerance": 1}, "tolerance must be at least 0 and below 1, not 1"),
        ({"tolerance": -0.1}, "tolerance must be at least 0 and below 1, not -0.1"),
        ({"tolerance": math.nan}, "tolerance must be at least 0 and below 1, not nan"),
        ({"slower": 0.99}, "slower must be at least 1, not 0.99"),
        ({"slower": math.nan}, "slower must be at least 1, not nan"),
    ],
)
def test_margins_that_make_no_sense_are_refused_before_the_baseline_is_read(suite, wrong, says):
    with pytest.raises(ValueError, match=says):
        checked(suite, **wrong)


def test_a_finished_run_is_read_again_without_running(suite, runner):
    saved(suite)
    with pytest.raises(ValueError, match=r"there are no records in .*run; run without --no-run"):
        checked(suite, run=False)
    with pytest.raises(ValueError, match=r"there are no records in .*run; run without --no-run"):
        saved(suite, to="c.json", states=1) and command.save_baseline(
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


# baseline show


def shown(suite, seeds=None):
    screen = Screen()
    show(suite.parent / "b.json", seeds, screen.console)
    return screen.lines


def row(lines, estimator, manifold):
    (found,) = (
        [cell.strip() for cell in line.strip("│ ").split("│")]
        for line in lines
        if line.replace("│", " ").split()[:2] == [estimator, manifold]
    )
    return found


def test_a_baseline_is_shown_with_what_a_check_of_it_finds(suite, runner):
    runner.change["twonn", "ball"] = failed("no")
    runner.change["knn", "ball"] = lambda was: {"groups": "[]"}
    found = saved(suite)
    lines = shown(suite)
    assert any(
        line.replace("┃", " ").split()
        == ["estimator", "manifold", "d", "mean", "deviation", "finds", "time"]
        for line in lines
    )
    # Seven states a hundredth apart; means over four seeds a tenth apart; times 6, 8, 10 and 12.
    spread = 0.01 * math.sqrt(28 / 6)
    shift = law.found_shift(7, 4, law.level(2))
    assert found.by_name()["line", "knn"].spread == pytest.approx(spread)
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
        f"90 % power at p ≤ 2.5e-03, {shift:.2g} deviations of a normal law; time: median, in "
        "units of the kernel"
    )
    assert lines[start + 2] == "made with " + json.dumps(
        {"python": "3.1", "processor": "chip [fast]", "revision": "r1", "numpy": "2.0"}
    )


def test_fits_that_failed_are_counted_beside_the_mean_of_the_others(suite, runner):
    def first_seed(was):
        return {"status": "failed", "estimate": None} if was["estimate"] == 1 else {}

    runner.change["twonn", "line"] = first_seed
    saved(suite, states=1)
    lines = shown(suite)
    assert row(lines, "twonn", "line")[3] == "1.2 (1 fit failed)"


def test_the_shift_is_that_of_as_many_seeds_as_are_asked_for(suite, runner):
    saved(suite)
    (line,) = (x for x in shown(suite, 3) if x.startswith("deviation: "))
    shift = law.found_shift(7, 3, law.level(2))
    assert f"the shift that 3 seeds find with 90 % power at p ≤ 2.5e-03, {shift:.2g} dev" in line


def test_a_baseline_of_deterministic_estimators_finds_any_change(suite, runner):
    saved(suite, estimators=["twonn"])
    lines = shown(suite)
    assert "finds: on the same samples; time: median, in units of the kernel" in lines
    assert sum("any change" in line for line in lines) == 2
