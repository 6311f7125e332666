"""The result of a check for people and programs: terminal, Markdown, JUnit XML."""

from __future__ import annotations

import math
from collections import Counter
from xml.etree import ElementTree

from bench.format import plural
from bench.regression.findings import IMPROVEMENTS, CheckResult, Finding, Kind
from bench.regression.permutation_test import FALSE_ALARMS
from bench.tables.markup import markdown_escape, markdown_table

#: The names of the columns of ``rows``.
HEADS = ("", "estimator", "manifold", "was", "is", "s.e.", "p", "why")
_SKIPPED = {"new", "still failed"}
# One, and several, of a kind of finding about a cell.
_NAMES: dict[Kind, tuple[str, str]] = {
    "regressed": ("regression", "regressions"),
    "changed": ("change", "changes"),
    "failed": ("failure", "failures"),
    "gone": ("cell gone", "cells gone"),
    "improved": ("improvement", "improvements"),
    "recovered": ("cell recovered", "cells recovered"),
    "other numbers": ("cell with different random results", "cells with different random results"),
    "still failed": ("cell still failing", "cells still failing"),
    "new": ("new cell", "new cells"),
    "slower": ("estimator slower", "estimators slower"),
    "faster": ("estimator faster", "estimators faster"),
}


def verdict(result: CheckResult) -> str:
    """Return the result in a sentence; every compared cell and time is counted once."""
    counts = Counter(finding.kind for finding in result.findings)
    parts = [
        f"{counts[kind]} {one if counts[kind] == 1 else many}"
        for kind, (one, many) in _NAMES.items()
        if counts[kind]
    ]
    if not result.alarms:
        parts.insert(0, "no regression")
    text = f"{', '.join(parts)}: {result.same} of {plural(len(result.compared), 'cell')}"
    if result.same_times < len(result.timed):
        text += f" and {result.same_times} of {plural(len(result.timed), 'time')}"
    return f"{text} as before"


def rows(result: CheckResult) -> list[tuple[tuple[str, ...], bool]]:
    """Return the findings as texts, in columns ``HEADS``, and whether each is an alarm.

    Alarms come first.
    """
    ordered = sorted(result.findings, key=lambda finding: not result.is_alarm(finding))
    return [
        (
            (
                finding.kind,
                finding.estimator,
                finding.manifold or "(time of a fit)",
                _text(finding.was),
                _text(finding.now),
                "" if math.isnan(finding.standard_errors) else f"{finding.standard_errors:.1f}",
                "" if math.isnan(finding.p) else f"{finding.p:.1e}",
                finding.why,
            ),
            result.is_alarm(finding),
        )
        for finding in ordered
    ]


def notes(result: CheckResult) -> list[str]:
    """Return how it was compared, and what changed around it."""
    old, new = result.baseline, result.current
    lines = [
        f"Suite {new.suite}, preset {new.preset}: {plural(new.seeds, 'seed')}, each against "
        f"{plural(old.states, 'random state')} of the baseline on the same sample. An estimate of "
        f"a random estimator is an alarm at p ≤ {result.level:.1e}: less than "
        f"{100 * FALSE_ALARMS / 2:g} % false alarms over all of them. The time of a fit, in units "
        f"of a calibration kernel, is one at p ≤ {result.time_level:.1e} beyond its margin on "
        "every manifold; the margin has to cover how machines differ. s.e.: standard errors, of a "
        "random estimator from the spread over random states."
    ]
    gains = sum(finding.kind in IMPROVEMENTS for finding in result.findings)
    if gains:
        lines.append(
            "Improvements are alarms (--strict)."
            if result.strict
            else "Improvements are no alarms; with --strict they are. Save a new baseline to have "
            "them compared with."
        )
    if result.same_environment and any(f.kind == "other numbers" for f in result.findings):
        lines.append(
            "Other numbers: on this machine with these libraries, the baseline's code gives the "
            "baseline's numbers. They are no further off than those of other random states"
            + (", and alarms (--strict)." if result.strict else "; with --strict they are alarms.")
        )
    if result.left_out:
        cells = ", ".join(f"{estimator} on {manifold}" for manifold, estimator in result.left_out)
        lines.append(f"Not in the baseline, and not run (--new runs them): {cells}.")
    lines += [f"{why[0].upper()}{why[1:]}." for why in result.untimed]
    before, now = old.environment.get("packages", {}), new.environment.get("packages", {})
    changes = [
        f"{name} {before.get(name) or 'none'} → {now.get(name) or 'none'}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    for fact in ("python", "processor", "device"):
        if old.environment.get(fact) != new.environment.get(fact):
            changes.append(f"{fact} {old.environment.get(fact)} → {new.environment.get(fact)}")
    if changes:
        lines.append(f"Changed since the baseline: {', '.join(changes)}.")
    return lines


def markdown(result: CheckResult) -> str:
    """Return the findings as a comment on a pull request."""
    lines = [f"### Accuracy check: {verdict(result)}", ""]
    if result.findings:
        cells = [[markdown_escape(text) for text in row] for row, _ in rows(result)]
        lines += [markdown_table(HEADS, cells, ["---"] * len(HEADS)), ""]
    return "\n".join([*lines, *notes(result), ""])


def junit(result: CheckResult) -> str:
    """Return JUnit XML: a test case for each cell, and for the time of each estimator."""
    by_pair = {(finding.manifold, finding.estimator): finding for finding in result.findings}
    cases = [*result.compared, *(("", estimator) for estimator in result.timed)]
    cases += [pair for pair in by_pair if pair not in cases]
    suite = ElementTree.Element(
        "testsuite",
        name=f"bench check {result.current.suite}",
        tests=str(len(cases)),
        failures=str(len(result.alarms)),
        errors="0",
        skipped=str(sum(finding.kind in _SKIPPED for finding in result.findings)),
    )
    for manifold, estimator in cases:
        case = ElementTree.SubElement(
            suite, "testcase", classname=estimator, name=manifold or "time of a fit"
        )
        finding = by_pair.get((manifold, estimator))
        if finding is None:
            continue
        text = _printable(_sentence(finding))
        if result.is_alarm(finding):
            ElementTree.SubElement(case, "failure", type=finding.kind, message=text)
        elif finding.kind in _SKIPPED:
            ElementTree.SubElement(case, "skipped", message=text)
        else:
            ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _sentence(finding: Finding) -> str:
    text = f"{finding.kind}: was {_text(finding.was)}, is {_text(finding.now)}"
    if not math.isnan(finding.standard_errors):
        text += f" ({finding.standard_errors:.1f} standard errors)"
    return f"{text}; {finding.why}" if finding.why else text


def _printable(text: str) -> str:
    """Return text without what XML cannot hold."""
    return "".join(mark for mark in text if mark.isprintable() or mark in "\n\t")


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.5g}"
