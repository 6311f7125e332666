"""The file of a baseline: what it holds, what is refused, and parts of it that are replaced."""

import json
import math
from pathlib import Path

import pytest
from synthetic_baselines import baseline, cell, random_cell

from bench.engine import plan
from bench.regression.baseline import Baseline, load, save
from bench.suites import schema

OLD = [5.0, 5.1, 5.2, 5.3]


def test_a_baseline_is_saved_whole_and_a_line_a_cell(tmp_path):
    was = baseline(cell([0.1 + 0.2, None, 1e-17]), random_cell([[1.5, 2], [3, 4], [5, None]]))
    save(was, tmp_path / "b.json")
    assert load(tmp_path / "b.json") == was
    assert sum("estimates" in line for line in (tmp_path / "b.json").read_text().splitlines()) == 2


def test_what_is_summed_up_of_a_cell():
    one = random_cell([[1.0, 3.0, None], [4.0, 4.0, 4.0]])
    assert [list(values) for values in one.known_estimates] == [[1, 3], [4, 4, 4]]
    assert one.first_estimates == [1, 4]
    assert one.mean == pytest.approx(16 / 5)
    # Variances 2 and 0.
    assert one.spread == 1
    assert (one.fits, one.failed) == (6, 1)
    none = cell([None, None])
    assert math.isnan(none.mean)
    assert (none.spread, none.failed) == (0, 2)
    assert cell([5.0], times=[[1.0, None]]).all_times == [1.0, None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no baseline .*baseline save"),
        ("{", "is not a valid baseline"),
        ("[]", "is not a valid baseline"),
        ('{"format": 1, "suite": "ci"}', "format 1, this version reads 2; save a new one"),
        ('{"format": 9}', "format 9, this version reads 2"),
        ('{"format": 2, "suite": "ci"}', "is not a valid baseline: preset: Field required"),
        ('{"suite": "ci", "preset": "quick"}', "is not a valid baseline: format: Field required"),
        ("3", "is not a valid baseline: the file: Input should be"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused(tmp_path, content, message):
    if content is not None:
        (tmp_path / "b.json").write_text(content)
    with pytest.raises(ValueError, match=message):
        load(tmp_path / "b.json")


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        (
            "estimates",
            [[5.0], [None], [-1.0], [2.0]],
            r"cells\.0\.estimates\.2\.0: .* greater than 0",
        ),
        ("times", [[0.0], [None], [2.0], [2.0]], r"cells\.0\.times\.0\.0: .* greater than 0"),
        ("statuses", [], r"cells\.0\.statuses: .* at least 1 item"),
        ("truth", math.nan, r"cells\.0\.truth: .* finite"),
        ("extra", 1, r"cells\.0\.extra: "),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_place(tmp_path, name, value, where):
    content = json.loads(baseline(cell(OLD)).model_dump_json())
    content["cells"][0][name] = value
    (tmp_path / "b.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=rf"b\.json is not a valid baseline: {where}"):
        load(tmp_path / "b.json")
    content["cells"] = []
    (tmp_path / "b.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="is not a valid baseline: cells: "):
        load(tmp_path / "b.json")


@pytest.mark.parametrize("name", ["seeds", "states", "jobs"])
def test_a_baseline_is_of_one_seed_state_and_cell_at_a_time_or_more(name):
    content = json.loads(baseline(cell(OLD)).model_dump_json())
    assert getattr(Baseline.model_validate({**content, name: 1}), name) == 1
    with pytest.raises(ValueError, match=name):
        Baseline.model_validate({**content, name: 0})


def test_an_estimator_is_random_where_its_states_differ_or_may_be_alike_by_rounding():
    assert random_cell([[1.5, 1.5], [2.5, 2.75]]).random
    assert not random_cell([[1.5, 1.5], [2.5, 2.5]]).random
    assert random_cell([[2.0, 2.0], [3.0, 3.0]]).random
    assert not random_cell([[2.0, 2.0], [2.5, 2.5]]).random
    # Nothing is known of those with one estimate a sample.
    assert random_cell([[1.5], [2.5]]).random
    assert random_cell([[1.5, None], [2.5, None]]).random
    assert not random_cell([[1.5, 1.5], [2.5, None]]).random
    assert not cell([[1.5, 2.5]]).random


def test_a_file_that_is_no_text_is_no_baseline(tmp_path):
    (tmp_path / "b.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path / "b.json")


def test_a_folder_is_no_baseline(tmp_path):
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"statuses": [["ok"]] * 3},
        {"estimates": [[5.0]] * 3},
        {"times": [[5.0]] * 3},
        {"estimates": [[5.0, 5.0], [5.0], [5.0], [5.0]]},
        {"times": [[5.0, 5.0], [5.0], [5.0], [5.0]]},
        {"statuses": [[]] * 4, "estimates": [[]] * 4, "times": [[]] * 4},
    ],
)
def test_lists_of_different_lengths_are_no_baseline(tmp_path, changes):
    save(baseline(cell(OLD)).model_copy(update={"cells": [cell(OLD)]}), tmp_path / "b.json")
    content = json.loads((tmp_path / "b.json").read_text())
    content["cells"][0].update(changes)
    (tmp_path / "b.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match="fast on sphere has lists of different lengths"):
        load(tmp_path / "b.json")
    # There may be fewer times than states.
    content["cells"] = [json.loads(random_cell([[1.0, 2.0]], times=[[3.0]]).model_dump_json())]
    (tmp_path / "b.json").write_text(json.dumps(content))
    assert load(tmp_path / "b.json").cells[0].times == [[3.0]]


def test_cells_are_replaced_in_a_baseline_of_the_same_settings():
    environment = {"processor": "a", "revision": "1"}
    old = baseline(cell(OLD), cell(OLD, name="b"), environment=environment)
    new = baseline(
        cell([6.0] * 4, name="b"), cell(OLD, name="c"), environment={**environment, "revision": "2"}
    )
    both = old.merge(new)
    assert [(one.estimator, one.mean) for one in both.cells] == [
        ("fast", pytest.approx(5.15)),
        ("b", 6),
        ("c", pytest.approx(5.15)),
    ]
    assert both.environment["revision"] == "2"


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"suite": "mine"}, "of suite 'ci', and this run of 'mine'"),
        ({"preset": "full"}, "of preset 'quick', and this run of 'full'"),
        ({"jobs": 1}, "of jobs 2, and this run of 1"),
        ({"environment": {"processor": "b"}}, "with processor 'a', and this run with 'b'"),
    ],
)
def test_cells_of_another_run_are_not_put_into_a_baseline(other, message):
    old = baseline(cell(OLD), environment={"processor": "a"})
    with pytest.raises(ValueError, match=message):
        old.merge(baseline(cell(OLD), **{"environment": {"processor": "a"}, **other}))
    with pytest.raises(ValueError, match="seeds"):
        old.merge(old.model_copy(update={"seeds": 5}))
    few, more = (baseline(random_cell([[1.0] * states] * 4)) for states in (2, 3))
    with pytest.raises(ValueError, match="the baseline is of states 2, and this run of 3"):
        few.merge(more)


def test_cells_of_deterministic_estimators_are_replaced_whatever_the_number_of_random_states():
    states = random_cell([[1.0, 2.0, 3.0]] * 4, name="r")
    both, fixed = baseline(states, cell(OLD)), baseline(cell([6.0] * 4))
    for merged in (both.merge(fixed), fixed.merge(both)):
        assert {one.estimator for one in merged.cells} == {"r", "fast"}
        assert merged.states == 3
    assert both.merge(fixed).by_name()["sphere", "fast"].first_estimates == [6.0] * 4
    assert fixed.merge(baseline(cell(OLD, name="b"))).states == 1


def test_the_baseline_of_continuous_integration_has_every_cell_of_its_suite():
    loaded = load(Path(__file__).parents[3] / "results" / "baselines" / "ci.json")
    ci = schema.load("ci")
    cells = plan.build(ci, "quick")
    assert set(loaded.by_name()) == {(cell.manifold, cell.estimator) for cell in cells}
    assert (loaded.suite, loaded.preset, loaded.seeds) == ("ci", "quick", ci.preset("quick").seeds)
    assert all(len(one.times[0]) == 5 and not one.failed for one in loaded.cells)
