"""Which estimators are asked: names, labels of suites, and names with parameters."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

import estimators
from bench.suites import schema
from bench.suites.schema import EstimatorChoice

_CALL = re.compile(r"([^()\s]+)\s*\((.*)\)", re.DOTALL)
#: Words that stand for values of Python.
_WORDS = {"true": True, "false": False, "none": None}


def chosen(specs: Sequence[str]) -> tuple[dict[str, EstimatorChoice], list[str]]:
    """Return choices with parameters by label, and all specs as labels, names and globs.

    A spec is a name or glob, a label that a suite has ("mle-5"), or a name with parameters:
    "mle(neighbors=5)" has the label that suites give it, else one made of them. Raises ValueError
    for what cannot be understood; names are not looked up here, for plug-ins may bring them.
    """
    found: dict[str, EstimatorChoice] = {}
    patterns = []
    for spec in specs:
        if "(" in spec or ")" in spec:
            choice = _called(spec)
            label = _label(choice)
            if found.get(label, choice) != choice:
                label = _label(choice, keys=True)
            found[label] = choice
        else:
            label = spec
            if spec not in estimators.names() and spec in (known := _of_suites()):
                found[label] = known[spec]
        patterns.append(label)
    return found, patterns


def _called(spec: str) -> EstimatorChoice:
    """Return what "NAME(PARAMETER=VALUE, ...)" means."""
    call = _CALL.fullmatch(spec.strip())
    if call is None:
        raise ValueError(f"{spec!r} is no NAME(PARAMETER=VALUE, ...), such as mle(neighbors=5)")
    name, inner = call.groups()
    parameters = {}
    for part in filter(None, map(str.strip, _split(inner))):
        key, equals, value = map(str.strip, part.partition("="))
        if not equals or not key.isidentifier() or not value:
            raise ValueError(f"{spec!r}: {part!r} is no PARAMETER=VALUE, such as neighbors=5")
        if key in parameters:
            raise ValueError(f"{spec!r}: {key!r} is there twice")
        parameters[key] = _value(value)
    return EstimatorChoice(estimator=name, parameters=parameters)


def _split(inner: str) -> list[str]:
    """Split at commas outside of brackets."""
    return re.split(r",(?![^\[(]*[\])])", inner)


def _value(text: str) -> Any:
    """Return a number, truth value, list or text; words need no quotes."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text


def _label(choice: EstimatorChoice, keys: bool = False) -> str:
    """Return the label of a choice in the suites, or one made like those, of values.

    What is no number or word goes with its parameter, as all do with ``keys``.
    """
    if not choice.parameters:
        return choice.estimator
    for label, known in _of_suites().items():
        if known == choice:
            return label
    told = [
        str(value) if type(value) in (int, float, str) and not keys else f"{key}-{value}"
        for key, value in choice.parameters.items()
    ]
    return re.sub(r"[^A-Za-z0-9._+-]+", "_", "-".join([choice.estimator, *told]))[:80]


def _of_suites() -> dict[str, EstimatorChoice]:
    """Return the choices of all suites by label; where two differ, the main suite's."""
    found: dict[str, EstimatorChoice] = {}
    for name in ("euclidean", *schema.names()):
        for label, choice in schema.load(name).estimators.items():
            plain = EstimatorChoice(estimator=choice.estimator, parameters=choice.parameters)
            found.setdefault(label, plain)
    return found
