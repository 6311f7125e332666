"""Texts of ``list`` and ``show``: what there is, and what each thing takes."""

from __future__ import annotations

import inspect
from typing import Any

import attrs

import estimators
import manifolds
from manifolds.registry import Entry, nearest

KINDS = ("suites", "manifolds", "estimators")


def listing(what: str) -> str:
    """A line for each suite, manifold or estimator; ValueError for anything else."""
    if what == "suites":
        from bench import suite

        rows = [(name, suite.load(name).about) for name in suite.names()]
    elif what == "manifolds":
        rows = [(entry.name, entry.about) for entry in manifolds.catalogue.registry.entries()]
    elif what == "estimators":
        rows = [
            (entry.name, f"{entry.about} [{entry.family}, {entry.scope}]")
            for entry in estimators.catalogue.registry.entries()
        ]
    else:
        raise ValueError(f"cannot list {what!r}; {nearest(what, KINDS)}allowed: {', '.join(KINDS)}")
    return _columns(rows)


def description(name: str) -> str:
    """What a suite, manifold or estimator is; ValueError with the nearest name if none is."""
    from bench import suite

    if name in estimators.names():
        entry = estimators.entry(name)
        facts = [
            ("family", entry.family),
            ("scope", entry.scope),
            ("deterministic", "yes" if entry.deterministic else "no, it has a random state"),
            ("GPU", "used where there is one" if entry.gpu else "not used"),
        ]
        if entry.published:
            values = ", ".join(f"{key}={value!r}" for key, value in entry.published.items())
            facts.append(("published with", values))
        return _entry("estimator", entry, facts)
    if name in manifolds.names():
        return _entry("manifold", manifolds.entry(name), [])
    if name in suite.names() or name.endswith(".toml"):
        return _suite(suite.load(name))
    known = [*suite.names(), *manifolds.names(), *estimators.names()]
    raise ValueError(
        f"there is no suite, manifold or estimator {name!r}; {nearest(name, known)}"
        "see: python -m bench list suites|manifolds|estimators"
    )


def _entry(kind: str, entry: Entry, facts: list[tuple[str, str]]) -> str:
    about = (inspect.getdoc(entry.cls) or "").strip()
    rows = [*facts, ("source", entry.source or "not given"), ("version", str(entry.version))]
    lines = [f"{kind} {entry.name}", "", about, "", _columns(rows), "", "parameters:"]
    if not entry.parameters:
        return "\n".join([*lines, "  none"])
    fields = attrs.fields_dict(entry.cls) if attrs.has(entry.cls) else {}
    parameters = [
        (
            f"{name} = {_default(facts)}",
            fields[name].metadata.get("about", "") if name in fields else "",
        )
        for name, facts in entry.parameters.items()
    ]
    return "\n".join([*lines, _columns(parameters, indent="  ")])


def _default(facts: inspect.Parameter) -> str:
    return "(required)" if facts.default is inspect.Parameter.empty else repr(facts.default)


def _suite(suite: Any) -> str:
    def choices(own: dict[str, Any], kind: str) -> str:
        rows = []
        for label, choice in own.items():
            values = ", ".join(f"{key}={value!r}" for key, value in choice.parameters.items())
            rows.append((label, f"{getattr(choice, kind)}({values})"))
        return _columns(rows, indent="  ")

    presets = [
        (
            name,
            f"n = {getattr(suite.presets, name).n}, seeds = {getattr(suite.presets, name).seeds}",
        )
        for name in type(suite.presets).model_fields
    ]
    parts = [f"suite {suite.name}", "", suite.about, "", "presets:", _columns(presets, indent="  ")]
    parts += ["", "manifolds:", choices(suite.manifolds, "manifold")]
    parts += ["", "estimators:", choices(suite.estimators, "estimator")]
    return "\n".join(parts)


def _columns(rows: list[tuple[str, str]], indent: str = "") -> str:
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{indent}{name:<{width}}  {text}".rstrip() for name, text in rows)
