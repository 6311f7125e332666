"""Parameters of a class: as it takes them, and as JSON can hold them for keys and records.

A default reaches its class as it is, whatever it is. Where JSON cannot hold one (a function, say)
it is in no key: the version, and of a plug-in the hash of its code, stand for it. What is set
must be plain, because it is in the key, goes to other processes and is shown in tables.
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


def plain(entry: Entry, given: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that are set, with numbers of numpy as Python's.

    Raises ValueError that names the class and the parameter where a value is not ``ALLOWED``.
    """
    return {name: _plain(f"{entry.name}: parameter {name!r}", of) for name, of in given.items()}


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
    """A value for a message, by its type where it has no words of its own."""
    kind = type(value)
    if isinstance(value, dict):
        return "a dictionary with keys that are no texts"
    name = getattr(value, "__name__", None)
    return f"{kind.__name__} {name!r}" if isinstance(name, str) else f"a {kind.__name__}"


def described(entry: Entry, instance: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of an instance that JSON can hold, as it gives them back.

    ``given`` are those that were set. A converter's result that JSON cannot hold is described by
    what it was made from.
    """
    found = {}
    for name, facts in entry.parameters.items():
        for value in (getattr(instance, name, facts.default), given.get(name, facts.default)):
            try:
                found[name] = _through_json(value)
                break
            except (TypeError, ValueError, RecursionError):
                continue
    return found


def arguments(entry: Entry, given: Mapping[str, Any]) -> dict[str, Any]:
    """What to pass to the class: parameters that are set, but for those set to their default.

    A list where the default is a tuple is the default too, as it is for JSON.
    """
    return {
        name: value
        for name, value in given.items()
        if not _same_in_json(value, entry.parameters[name].default)
    }


def _through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _same_in_json(value: Any, default: Any) -> bool:
    try:
        return json.dumps(value, sort_keys=True) == json.dumps(default, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return False
