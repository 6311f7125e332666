"""What a check found, as people and programs read it: terminal, Markdown, JUnit XML."""

from __future__ import annotations

import math
from xml.etree import ElementTree

from bench.check.findings import IMPROVEMENTS, Finding, Outcome
from bench.check.law import FALSE_ALARMS
from bench.progress import counted

#: The names of the columns of ``rows``.
HEADS = ("", "estimator", "manifold", "was", "is", "s.e.", "p", "why")
_SKIPPED = {"new", "still failed"}


def verdict(outcome: Outcome) -> str:
    """The result in a sentence."""
    alarms = len(outcome.alarms)
    gains = sum(finding.kind in IMPROVEMENTS for finding in outcome.findings)
    failing = sum(finding.kind == "still failed" for finding in outcome.findings)
    text = f"{counted(alarms, 'regression')}" if alarms else "no regression"
    if gains:
        text += f", {counted(gains, 'improvement')}"
    if failing:
        text += f", {counted(failing, 'cell')} still failing"
    return f"{text}: {outcome.same} of {counted(len(outcome.compared), 'cell')} as before"


def rows(outcome: Outcome) -> list[tuple[str, ...]]:
    """The findings as texts, alarms first; columns are ``HEADS``."""
    ordered = sorted(outcome.findings, key=lambda finding: not finding.alarm)
    return [
        (
            finding.kind,
            finding.estimator,
            finding.manifold or "(time of a fit)",
            _text(finding.was),
            _text(finding.now),
            "" if math.isnan(finding.standard_errors) else f"{finding.standard_errors:.1f}",
            "" if math.isnan(finding.p) else f"{finding.p:.1e}",
            finding.why,
        )
        for finding in ordered
    ]


def notes(outcome: Outcome) -> list[str]:
    """How it was compared, and what changed around it."""
    old, new = outcome.baseline, outcome.current
    lines = [
        f"Suite {new.suite}, preset {new.preset}: {new.seeds} seeds against {old.seeds} of the "
        f"baseline. An estimate of a random estimator is an alarm at p ≤ {outcome.level:.1e}: "
        f"less than {FALSE_ALARMS:.0%} false alarms over all of them. The time of a fit, in units "
        f"of a calibration kernel, is one at p ≤ {outcome.time_level:.1e} beyond its margin on "
        "every manifold; the margin has to cover how machines differ. s.e.: standard errors, from "
        "the spread over seeds."
    ]
    if outcome.untimed:
        lines.append(f"Times are not compared: {outcome.untimed}.")
    before, now = old.environment.get("packages", {}), new.environment.get("packages", {})
    moved = [
        f"{name} {before.get(name) or 'none'} → {now.get(name) or 'none'}"
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name)
    ]
    for fact in ("python", "processor", "device"):
        if old.environment.get(fact) != new.environment.get(fact):
            moved.append(f"{fact} {old.environment.get(fact)} → {new.environment.get(fact)}")
    if moved:
        lines.append(f"Changed since the baseline: {', '.join(moved)}.")
    return lines


def markdown(outcome: Outcome) -> str:
    """For a comment on a pull request."""
    lines = [f"### Accuracy check: {verdict(outcome)}", ""]
    if outcome.findings:
        lines += [_row(HEADS), _row(["---"] * len(HEADS))]
        lines += [_row(row) for row in rows(outcome)]
        lines.append("")
    return "\n".join([*lines, *notes(outcome), ""])


def _row(cells: tuple[str, ...] | list[str]) -> str:
    return "| " + " | ".join(_escaped(cell) for cell in cells) + " |"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, in a line of a table."""
    for mark in "\\`*_{}[]<>#|~":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())


def junit(outcome: Outcome) -> str:
    """A test case for each cell, and for the time of each estimator."""
    told = {(finding.manifold, finding.estimator): finding for finding in outcome.findings}
    cases = [*outcome.compared, *(("", estimator) for estimator in outcome.timed)]
    cases += [pair for pair in told if pair not in cases]
    suite = ElementTree.Element(
        "testsuite",
        name=f"bench check {outcome.current.suite}",
        tests=str(len(cases)),
        failures=str(len(outcome.alarms)),
        errors="0",
        skipped=str(sum(finding.kind in _SKIPPED for finding in outcome.findings)),
    )
    for manifold, estimator in cases:
        case = ElementTree.SubElement(
            suite, "testcase", classname=estimator, name=manifold or "time of a fit"
        )
        finding = told.get((manifold, estimator))
        if finding is None:
            continue
        text = _printable(_sentence(finding))
        if finding.alarm:
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
    """Text without what XML cannot hold."""
    return "".join(mark for mark in text if mark.isprintable() or mark in "\n\t")


def _text(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.5g}"
