"""Parameters of a class: as passed to it, and as JSON can hold them for keys and records.

A default reaches its class as it is, whatever it is. Where JSON cannot hold one (a function, say)
it is in no key: the version, and of a plug-in the hash of its code, stand for it. A value that is
set must be plain, because it is in the key, goes to other processes and is shown in tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from manifolds.registry import Entry

#: What a parameter may be set to.
ALLOWED = (
    "None, a truth value, a number, a text, or a list or dictionary (with texts as keys) of these"
)


def check_settable(entry: Entry, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters that are set, with numbers of numpy as Python's.

    Raises ValueError that names the class and the parameter if a value is not ``ALLOWED``.
    """
    return {name: _plain(f"{entry.name}: parameter {name!r}", of) for name, of in values.items()}


def _plain(where: str, value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) in (list, tuple):
        return type(value)(_plain(where, part) for part in value)
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _plain(where, part) for key, part in value.items()}
    raise ValueError(
        f"{where} is set to, or holds, {_shown(value)}; allowed: {ALLOWED}. Anything else can be a "
        "default of a class of its own"
    )


def _shown(value: Any) -> str:
    """Return a value for a message, by its type."""
    kind = type(value)
    if isinstance(value, dict):
        return "a dictionary with keys that are no texts"
    name = getattr(value, "__name__", None)
    return f"{kind.__name__} {name!r}" if isinstance(name, str) else f"a {kind.__name__}"


def json_values(entry: Entry, instance: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return all parameters of an instance that JSON can hold, as it gives them back.

    ``values`` are those that were set. A converter's result that JSON cannot hold is described by
    its argument.
    """
    result = {}
    for name, facts in entry.parameters.items():
        for value in (getattr(instance, name, facts.default), values.get(name, facts.default)):
            try:
                result[name] = json.loads(json.dumps(value))
                break
            except (TypeError, ValueError, RecursionError):
                continue
    return result


def arguments(entry: Entry, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to pass to the class: parameters that are set to another than their default.

    A list is the default too if that is a tuple of the same, as it is for JSON.
    """
    return {
        name: value
        for name, value in values.items()
        if not _same_in_json(value, entry.parameters[name].default)
    }


def _same_in_json(value: Any, default: Any) -> bool:
    try:
        return json.dumps(value, sort_keys=True) == json.dumps(default, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return False
