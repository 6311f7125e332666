"""Values of a store, which anybody may have written to, as other modules may have them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, get_args

from bench.engine.acceptance import plain_text, validate
from bench.record import Record, Status


def stored(values: Mapping[str, Any]) -> Record:
    """A record of a store, which anybody may have written to, as if it arrived now.

    Raises ValueError where it does not say which cell it is of.
    """
    record, _ = validate(Record(**values), {})
    for name in ("n", "seed"):
        if type(values[name]) is not int or not 0 <= values[name] < 2**53:
            raise ValueError(
                f"record {record.key[:80]!r} is damaged: {name} is {values[name]!r:.40}"
            )
    return replace(record, arrays=plain_text(values["arrays"]) if record.status == "ok" else "")


def are(kind: type, values: Iterable[Any]) -> bool:
    """Whether all values are of a type, and of no other that is one of it."""
    return all(type(value) is kind for value in values)


def number(value: Any) -> float | None:
    """A number of the file that is finite and at least 0, or None."""
    return value if isinstance(value, (int, float)) and 0 <= value < 2**63 else None


def status(value: Any) -> str:
    """A status of the file; one that there is not is that of a failure, as ``validate`` has it."""
    return value if value in get_args(Status) else "failed"


def facts(text: Any) -> dict[str, Any]:
    """Facts in JSON; none where it is damaged."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
