"""What the commands decide around a run, which is replaced by records that are made up."""

import json
from xml.etree import ElementTree

import pytest
from rich.console import Console
from synthetic_baselines import SUITE, baseline, cell, random_cell, records

from bench.regression import command
from bench.regression.baseline import load, save
from bench.regression.gather import gather


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a suite; ``ran`` are the cells of the last run, ``changes`` what they gave."""
    (tmp_path / "s.toml").write_text(SUITE)

    class Place:
        folder, ran, changes = tmp_path, [], {}
        console = Console(record=True, width=200, quiet=False, file=open("/dev/null", "w"))

        @property
        def said(self):
            return self.console.export_text()

        def save(self, states=20, **options):
            return command.save_baseline(
                tmp_path / "b.json", str(tmp_path / "s.toml"), run=True, states=states,
                console=self.console, preset="smoke", jobs=1, **options,
            )  # fmt: skip

        def check(self, **options):
            return command.check(
                tmp_path / "b.json", str(tmp_path / "s.toml"), run=True, console=self.console,
                **{"preset": "smoke", "jobs": 1, "out": tmp_path / "out", **options},
            )  # fmt: skip

    here = Place()

    def measured(job, run, console):
        here.ran = [(c.estimator, c.seed, c.state) for c in job.cells]
        return gather(job, records(job, **here.changes), {"device": "cpu"})

    monkeypatch.setattr(command, "_measure", measured)
    return here


def test_a_baseline_has_the_requested_number_of_states(place):
    place.save(states=7)
    assert len(place.ran) == 2 * (7 + 7 + 5)
    assert "3 cells of 2 seeds, of random estimators 7 states each, are in" in place.said
    place.save(states=3)
    assert len(place.ran) == 2 * (3 + 3 + 3)
    assert command.STATES == 22
    with pytest.raises(ValueError, match="states must be an integer >= 1, not 0"):
        place.save(states=0)


def test_fits_that_failed_are_reported_when_a_baseline_is_saved(place):
    place.changes = {"knn_1_2": {"status": "failed", "estimate": None, "message": "why not"}}
    place.save(states=7)
    output = place.said
    assert "knn on line: 1 fit failed: why not" in output
    assert "twonn" not in output


def test_a_check_runs_one_state_of_the_cells_of_its_baseline(place):
    place.save(estimators=["knn", "twonn"])
    outcome = place.check()
    assert place.ran == [(n, seed, 0) for n in ("twonn", "knn") for seed in (0, 1)]
    assert outcome.left_out == [("line", "svd")]
    assert outcome.findings == []
    assert "not run (--new runs them): svd on line" in place.said
    outcome = place.check(new=True)
    assert ("svd", 0, 0) in place.ran
    assert outcome.left_out == []
    assert [(f.kind, f.estimator) for f in outcome.findings] == [("new", "svd")]
    assert outcome.alarms == []
    place.check(state=9)
    assert ("knn", 1, 9) in place.ran


def test_missing_cells_are_reported_by_a_check_of_the_whole_suite_only(place):
    place.save()
    saved = load(place.folder / "b.json")
    other = cell([1.0, 1.0], name="other", manifold="line")
    save(saved.model_copy(update={"cells": [*saved.cells, other]}), place.folder / "b.json")
    assert [f.kind for f in place.check().alarms] == ["gone"]
    assert place.check(estimators=["twonn"]).alarms == []
    assert place.check(manifolds=["line"]).alarms == []


def test_a_check_writes_its_findings(place):
    place.save()
    place.changes = {"twonn_1_0": {"estimate": 9.0}}
    outcome = place.check()
    assert [(f.kind, f.estimator) for f in outcome.alarms] == [("regressed", "twonn")]
    out = place.folder / "out"
    assert "| regressed | twonn | line |" in (out / "check.md").read_text()
    assert ElementTree.parse(out / "check.xml").getroot().get("failures") == "1"
    assert load(out / "check.json").by_name()["line", "twonn"].estimates == [[1.0], [9.0]]
    output = place.said
    assert "1 regression: 2 of 3 cells as before" in output
    assert f"also in {out}/check.md" in output
    assert "regressed  twonn" in " ".join(output.split(" ")).replace("   ", "  ")
    # And passes options on.
    place.changes = {"twonn_1_0": {"estimate": 3.0}}
    assert place.check(tolerance=0.49).alarms != []
    assert place.check(tolerance=0.51).alarms == []
    place.changes = {"twonn_1_0": {"estimate": 1.1}, "twonn_0_0": {"estimate": 1.05}}
    assert place.check(strict=True).strict


def test_wrong_options_are_refused_before_anything_is_run(place):
    place.save()
    place.ran = None
    for options, message in (
        ({"tolerance": -0.1}, "tolerance must be at least 0 and below 1, not -0.1"),
        ({"tolerance": 1}, "not 1"),
        ({"slower": 0.99}, "slower must be at least 1, not 0.99"),
        ({"preset": "quick"}, "of preset 'smoke', and this run of 'quick'"),
        ({"seeds": 3}, "choose at most --seeds 2"),
        ({"seeds": 1}, "cannot show anything"),
    ):
        with pytest.raises(ValueError, match=message):
            place.check(**options)
    assert place.ran is None
    assert place.check(tolerance=0, slower=1).alarms == []


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_run(place):
    (place.folder / "b.json").mkdir()
    with pytest.raises(ValueError, match="it is not a file"):
        place.save()
    (place.folder / "file").write_text("")
    with pytest.raises(ValueError, match="cannot write"):
        command.save_baseline(
            place.folder / "file" / "b.json", str(place.folder / "s.toml"), run=True,
            console=place.console,
        )  # fmt: skip
    assert place.ran == []


def test_an_update_replaces_the_cells_that_are_run(place):
    with pytest.raises(ValueError, match="there is no baseline"):
        place.save(update=True)
    place.save()
    place.changes = {"knn_0_0": {"estimate": 7.0}, "twonn_0_0": {"estimate": 8.0}}
    saved = place.save(update=True, estimators=["knn"])
    first = {c.estimator: c.estimates[0][0] for c in saved.cells}
    assert first == {"twonn": 1.0, "knn": 7.0, "svd": 1.0}
    assert load(place.folder / "b.json") == saved


def show(path, seeds=None):
    console = Console(record=True, width=200, file=open("/dev/null", "w"))
    command.show(path, seeds, console)
    return console.export_text()


def test_a_baseline_is_shown_with_its_spread_and_the_shift_that_is_detected(tmp_path):
    states = [[4.9, 5.1] * 11] * 4
    environment = {"python": "3.11", "packages": {"numpy": "2"}}
    cells = [random_cell(states, times=[[1.0, 3.0, 9.0]] * 4), cell([7.0] * 4, name="exact")]
    cells.append(random_cell([[5.0] * 22, [None] * 22, [5.0] * 22, [5.0] * 22], name="whole"))
    save(baseline(*cells, environment=environment), tmp_path / "b.json")
    lines = [line.split("│") for line in show(tmp_path / "b.json").splitlines()]
    rows = {row[1].strip(): [c.strip() for c in row] for row in lines if len(row) > 3}
    assert rows["fast"][2:6] == ["sphere", "5", "5", "0.1"]
    assert 0.2 < float(rows["fast"][6]) < 0.3
    assert rows["fast"][7] == "3"
    assert rows["exact"][2:7] == ["sphere", "5", "7", "", "any change"]
    assert rows["whole"][4:7] == ["5 (22 fits failed)", "0", "any change"]
    text = show(tmp_path / "b.json")
    assert "suite ci, preset quick, 4 seeds, 22 random states, 2 cells at a time" in text
    assert "the shift that 4 seeds find with 90 % power at p ≤ 2.5e-03" in text
    assert '"python": "3.11"' in text
    assert '"numpy": "2"' in text
    assert "that 2 seeds find" in show(tmp_path / "b.json", 2)
    save(baseline(cell([7.0] * 4, truth=None)), tmp_path / "b.json")
    assert "finds: on the same samples" in show(tmp_path / "b.json")


def test_the_json_of_a_check_is_a_baseline(place):
    place.save()
    place.check()
    content = json.loads((place.folder / "out" / "check.json").read_text())
    assert (content["format"], content["states"], content["seeds"]) == (2, 1, 2)
