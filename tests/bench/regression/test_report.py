"""Output of a check: counts, notes, Markdown and JUnit XML."""

import dataclasses
from xml.etree import ElementTree

import pytest
from synthetic_baselines import STATES, baseline, cell, random_cell, timed

from bench.regression import report
from bench.regression.comparison import compare
from bench.regression.findings import Finding

OLD = [5.5, 5.6, 5.4, 5.5]


def outcome(was, now, **options):
    return compare(baseline(*was), baseline(*now), **options)


def moved(**options):
    """Of each kind one: a regression, an improvement, a failure, a cell that has not changed."""
    was = [cell(OLD, name=name) for name in "abcd"]
    now = [cell([6.5] * 4, name="a"), cell([5.0] * 4, name="b")]
    now += [cell([None, *OLD[1:]], name="c", message="x|y\n*z*"), cell(OLD, name="d")]
    return outcome(was, now, **options)


def test_the_verdict_counts_every_cell_and_time_once():
    assert report.verdict(outcome([cell(OLD)], [cell(OLD)])) == (
        "no regression: 1 of 1 cell as before"
    )
    assert report.verdict(moved()) == (
        "1 regression, 1 failure, 1 improvement: 1 of 4 cells as before"
    )
    two = outcome([cell(OLD), cell(OLD, name="b")], [cell([7.0] * 4), cell([7.0] * 4, name="b")])
    assert report.verdict(two) == "2 regressions: 0 of 2 cells as before"
    better = outcome([cell(OLD)], [cell([5.0] * 4)])
    assert report.verdict(better) == "no regression, 1 improvement: 0 of 1 cell as before"
    strict = outcome([cell(OLD)], [cell([5.0] * 4)], strict=True)
    assert report.verdict(strict) == "1 improvement: 0 of 1 cell as before"


def test_a_slower_estimator_is_no_regression_of_cells_that_are_as_before():
    was = [timed(1, fits=5, manifold=m) for m in "abc"] + [timed(1, fits=5, name="b")]
    now = [timed(2, fits=1, manifold=m) for m in "abc"] + [timed(1, fits=1, name="b")]
    assert report.verdict(outcome(was, now)) == (
        "1 estimator slower: 4 of 4 cells and 1 of 2 times as before"
    )
    now = [timed(0.3, fits=1, manifold=m) for m in "abc"] + [timed(1, fits=1, name="b")]
    assert report.verdict(outcome(was, now)) == (
        "no regression, 1 estimator faster: 4 of 4 cells and 1 of 2 times as before"
    )


def test_rows_begin_with_the_alarms():
    result = report.rows(moved())
    assert [(row[0], alarm) for row, alarm in result] == [
        ("regressed", True),
        ("failed", True),
        ("improved", False),
    ]
    assert all(len(row) == len(report.HEADS) for row, _ in result)
    assert result[0][0][1:7] == ("a", "sphere", "5.5", "6.5", "", "")
    assert [alarm for _, alarm in report.rows(moved(strict=True))] == [True] * 3
    (row,) = report.rows(outcome([timed(1, fits=5)], [timed(2, fits=1)]))
    assert row[0][2] == "(time of a fit)"
    assert row[0][6] == "9.4e-05"


def test_notes_give_levels_as_percentages_and_changes_of_the_environment():
    was = [random_cell([[5.0] * STATES] * 4), *(cell(OLD, name=name) for name in "ab")]
    now = [random_cell([5.0] * 4), *(cell(OLD, name=name) for name in "ab")]
    old = {"packages": {"numpy": "1", "scipy": "1", "gone": "3"}, "python": "3.11", "device": "cpu"}
    new = {"packages": {"numpy": "2", "scipy": "1", "torch": "9"}, "python": "3.12"}
    result = compare(baseline(*was, environment=old), baseline(*now, environment=new))
    text = " ".join(report.notes(result))
    assert "4 seeds, each against 22 random states of the baseline on the same sample" in text
    assert "at p ≤ 5.0e-03: less than 0.5 % false alarms" in text
    assert f"one at p ≤ {0.005 / 3:.1e} beyond its margin" in text
    assert "numpy 1 → 2, torch none → 9, python 3.11 → 3.12" in text.replace("gone 3 → none, ", "")
    assert "gone 3 → none" in text
    assert "scipy" not in text
    assert "Times are not compared: on cpu in the baseline, on None now." in text
    assert "--strict" not in text
    assert "--new" not in text


def test_notes_say_what_was_not_run_and_what_improvements_are():
    result = outcome([cell(OLD)], [cell([5.0] * 4)], left_out=[("sphere", "mine"), ("line", "b")])
    text = " ".join(report.notes(result))
    assert "Not in the baseline, and not run (--new runs them): mine on sphere, b on line." in text
    assert "Improvements are no alarms; with --strict they are." in text
    strict = outcome([cell(OLD)], [cell([5.0] * 4)], strict=True)
    assert "Improvements are alarms (--strict)." in report.notes(strict)


def test_notes_say_what_other_numbers_are_where_nothing_else_has_changed():
    states = [[5.0 + i / 100 for i in range(STATES)]] * 4
    pair = [random_cell(states)], [random_cell([5.105] * 4)]
    same = {"processor": "a"}
    was, now = (baseline(*cells, environment=same) for cells in pair)
    output = " ".join(report.notes(compare(was, now)))
    assert "no further off than those of other random states; with --strict they are" in output
    strict = compare(was, now, strict=True)
    assert "other random states, and alarms (--strict)." in " ".join(report.notes(strict))
    assert report.verdict(strict) == "1 cell with different random results: 0 of 1 cell as before"
    elsewhere = compare(was, baseline(*pair[1], environment={"processor": "b"}))
    assert "Other numbers:" not in " ".join(report.notes(elsewhere))


def test_an_unchanged_environment_has_no_note():
    same = {"packages": {"numpy": "1"}, "python": "3.11", "processor": "a", "device": "cpu"}
    result = compare(baseline(cell(OLD), environment=same), baseline(cell(OLD), environment=same))
    assert not any("Changed since" in line for line in report.notes(result))
    other = {**same, "processor": "b"}
    result = compare(baseline(cell(OLD), environment=same), baseline(cell(OLD), environment=other))
    assert "Changed since the baseline: processor a → b." in report.notes(result)


def test_markdown_is_a_table_whose_cells_hold_what_they_say():
    text = report.markdown(moved())
    assert text.startswith("### Accuracy check: 1 regression, 1 failure")
    lines = text.splitlines()
    assert lines[2] == "|  | estimator | manifold | was | is | s.e. | p | why |"
    assert lines[3] == "|" + " --- |" * len(report.HEADS)
    assert [line.split(" | ")[0] for line in lines[4:7]] == [
        "| regressed",
        "| failed",
        "| improved",
    ]
    assert r"x\|y \*z\*" in lines[5]
    assert "|" not in report.markdown(outcome([cell(OLD)], [cell(OLD)]))


def test_junit_has_a_case_for_every_cell_and_time():
    none = {"times": [[]] * 4}
    was = [*(cell(OLD, name=name, **none) for name in "abcd"), cell([None] * 4, name="e", **none)]
    was.append(timed(1, fits=5, name="f"))
    now = [cell([v] * 4, name=n, **none) for n, v in (("a", 6.5), ("b", 5.0))]
    now += [cell(OLD, name="d", **none), cell([None] * 4, name="e", **none)]
    now += [cell([None, *OLD[1:]], name="c", message="bad \x00 byte", **none)]
    now += [timed(2, fits=1, name="f"), cell(OLD, name="g")]
    root = ElementTree.fromstring(report.junit(outcome(was, now)))
    cases = {(case.get("classname"), case.get("name")): case for case in root}
    assert set(cases) == {*((n, "sphere") for n in "abcdefg"), ("f", "time of a fit")}
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("8", "3", "2")
    assert root.get("errors") == "0"
    assert root.get("name") == "bench check ci"
    kinds = {name: [child.tag for child in case] for (name, _), case in cases.items()}
    assert kinds == {
        "a": ["failure"],
        "b": ["system-out"],
        "c": ["failure"],
        "d": [],
        "e": ["skipped"],
        "f": ["failure"],
        "g": ["skipped"],
    }
    assert cases["a", "sphere"][0].get("type") == "regressed"
    assert cases["a", "sphere"][0].get("message") == (
        "regressed: was 5.5, is 6.5; on the same samples, by up to 20 %"
    )
    assert "bad  byte" in cases["c", "sphere"][0].get("message")
    assert "standard errors" in cases["f", "time of a fit"][0].get("message")
    assert cases["b", "sphere"][0].text.startswith("improved: was 5.5, is 5")


def test_an_improvement_fails_in_junit_where_the_check_is_strict():
    root = ElementTree.fromstring(
        report.junit(outcome([cell(OLD)], [cell([5.0] * 4)], strict=True))
    )
    assert (root.get("failures"), root[0][0].tag) == ("1", "failure")


@pytest.mark.parametrize(("kind", "alarm"), [("changed", True), ("still failed", False)])
def test_every_kind_has_a_name_in_the_verdict(kind, alarm):
    result = dataclasses.replace(
        outcome([cell(OLD)], [cell(OLD)]), findings=[Finding(kind, "sphere", "fast")] * 2
    )
    assert bool(result.alarms) == alarm
    assert report.verdict(result).endswith(
        "2 changes: 0 of 1 cell as before"
        if alarm
        else "2 cells still failing: 0 of 1 cell as before"
    )
