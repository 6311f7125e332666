"""The commands ``list`` and ``show``: suites, manifolds and estimators, and their parameters."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bench.cli import options, shell_completion

if TYPE_CHECKING:
    from bench.suites.schema import Suite
    from manifolds.registry import Entry


def list_(
    what: Annotated[
        str | None,
        typer.Argument(
            help="suites, manifolds or estimators; all three if not given.",
            autocompletion=shell_completion.kinds,
        ),
    ] = None,
    plugin: options.Plugin = None,
) -> None:
    """List what there is: suites, manifolds or estimators."""
    with options.usage_errors():
        options.load_plugins(plugin)
        options.echo(listing(what))


def show(
    name: Annotated[
        str,
        typer.Argument(
            help="A suite, manifold or estimator.", autocompletion=shell_completion.anything
        ),
    ],
    plugin: options.Plugin = None,
) -> None:
    """Show a suite, manifold or estimator: what it is, parameters, defaults, source."""
    with options.usage_errors():
        options.load_plugins(plugin)
        options.echo(description(name))


def listing(what: str | None = None) -> str:
    """Return a line for each suite, manifold or estimator, or of all three if ``what`` is None.

    Raises ValueError for anything else.
    """
    import estimators
    import manifolds
    from bench.suites import schema
    from manifolds.registry import nearest

    if what is None:
        return "\n\n".join(f"{kind}:\n{listing(kind)}" for kind in shell_completion.KINDS)
    if what not in shell_completion.KINDS:
        raise ValueError(
            f"cannot list {what!r}; {nearest(what, shell_completion.KINDS)}allowed: "
            f"{', '.join(shell_completion.KINDS)}"
        )
    if what == "suites":
        return _columns([(name, schema.load(name).about) for name in schema.names()])
    if what == "manifolds":
        return _columns([(e.name, e.about) for e in manifolds.catalogue.registry.entries()])
    entries = estimators.catalogue.registry.entries()
    return _columns([(e.name, f"{e.about} [{e.family}, {e.scope}]") for e in entries])


def description(name: str) -> str:
    """Describe a suite, manifold or estimator; ValueError with the nearest name if none is.

    If a suite has the name of a manifold (digits), both are described.
    """
    import estimators
    import manifolds
    from bench.suites import schema
    from manifolds.registry import nearest

    if name in estimators.names():
        entry = estimators.entry(name)
        facts = [
            ("family", entry.family),
            ("scope", entry.scope),
            ("deterministic", "yes" if entry.deterministic else "no, it has a random state"),
            ("GPU", "used where there is one" if entry.gpu else "not used"),
        ]
        if entry.published:
            facts.append(("published with", _values(entry.published)))
        if entry.weakness:
            facts.append(("known to fail", entry.weakness))
        return _entry("estimator", entry, facts)
    texts = []
    if name in manifolds.names():
        texts.append(_entry("manifold", manifolds.entry(name), []))
    if name in schema.names() or name.endswith(".toml"):
        texts.append(_suite(schema.load(name)))
    if texts:
        return "\n\n".join(texts)
    calls = _labels()
    if name in calls:
        return _label(name, calls[name])
    known = [*schema.names(), *manifolds.names(), *estimators.names(), *calls]
    raise ValueError(
        f"there is no suite, manifold or estimator {name!r}; {nearest(name, known)}"
        "see: python -m bench list suites|manifolds|estimators"
    )


def _labels() -> dict[str, dict[tuple[str, str], list[str]]]:
    """Return the calls (name, call) that labels of suites stand for, each with its suites."""
    from bench.suites import schema

    calls: dict[str, dict[tuple[str, str], list[str]]] = {}
    for suite in map(schema.load, schema.names()):
        choices = [(label, c.manifold, c.parameters) for label, c in suite.manifolds.items()]
        choices += [(label, c.estimator, c.parameters) for label, c in suite.estimators.items()]
        for label, name, parameters in choices:
            call = name, _call(name, parameters)
            calls.setdefault(label, {}).setdefault(call, []).append(suite.name)
    return calls


def _suites_of(name: str) -> str:
    """Return the suites that have an estimator or manifold, each with its labels if others."""
    suites: dict[str, list[str]] = {}
    for label, calls in _labels().items():
        for (registered, _), places in calls.items():
            for place in places if registered == name else ():
                suites.setdefault(place, []).append(label)
    return ", ".join(
        place if labels == [name] else f"{place} ({', '.join(labels)})"
        for place, labels in suites.items()
    )


def _entry(kind: str, entry: Entry, facts: list[tuple[str, str]]) -> str:
    facts += [("cannot pass", f"{check}: {reason}") for check, reason in entry.cannot.items()]
    facts.append(("suites", _suites_of(entry.name) or "none"))
    rows = [*facts, ("source", entry.source or "not given"), ("version", str(entry.version))]
    lines = [f"{kind} {entry.name}", "", entry.text, "", _columns(rows), "", "parameters:"]
    if not entry.parameters:
        return "\n".join([*lines, "  none"])
    import attrs

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


def _label(label: str, calls: Mapping[tuple[str, str], list[str]]) -> str:
    """Describe a label of suites: an estimator or manifold with parameters of its own."""
    lines = [
        f"{label} is {call} in suite{'s' if len(suites) > 1 else ''} {', '.join(suites)}"
        for (_, call), suites in calls.items()
    ]
    names = dict.fromkeys(name for name, _ in calls)
    return "\n\n".join(["\n".join(lines), *map(description, names)])


def _call(name: str, parameters: Mapping[str, Any]) -> str:
    return f"{name}({_values(parameters)})"


def _values(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}={value!r}" for key, value in parameters.items())


def _suite(suite: Suite) -> str:
    from bench.suites.schema import PRESETS

    parts = [f"suite {suite.name}", "", suite.about, "", "manifolds:"]
    places = [(label, _call(c.manifold, c.parameters)) for label, c in suite.manifolds.items()]
    methods = [(label, _call(c.estimator, c.parameters)) for label, c in suite.estimators.items()]
    parts += [_columns(places, "  "), "", "estimators:", _columns(methods, "  ")]
    for name in PRESETS:
        preset = suite.preset(name)
        only = [preset.only_manifolds, preset.only_estimators]
        changes = [("only", ", ".join(chosen)) for chosen in only if chosen]
        for label, change in {**preset.manifolds, **preset.estimators}.items():
            values = change.model_dump(exclude_defaults=True)
            values.update(values.pop("parameters", {}))
            changes.append((label, ", ".join(f"{key} = {value}" for key, value in values.items())))
        parts += ["", f"preset {name}: n = {preset.n}, seeds = {preset.seeds}"]
        parts += [_columns(changes, "  ")] if changes else []
    return "\n".join(parts)


def _columns(rows: list[tuple[str, str]], indent: str = "") -> str:
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{indent}{name:<{width}}  {text}".rstrip() for name, text in rows)
