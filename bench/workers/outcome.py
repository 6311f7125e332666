"""The record of a cell on its way from the process that measured it, and checked when it comes."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any, get_args, get_type_hints

from bench.cell import Cell
from bench.record import Record, Status
from bench.workers.measure import LONGEST_MESSAGE, blank
from bench.workers.messages import BadMessage, Message

#: News of a cell: its outcome.
DONE = "done"
#: What is measured; the rest of a record says which cell it is, and is not sent.
MEASURED = (
    *("status", "message", "n", "ambient", "points_used", "points_read", "estimate", "truth"),
    *("error", "pointwise_error", "groups", "fit_seconds", "shared_seconds", "kernel_seconds"),
    *("sample_seconds", "peak_memory_mib", "device"),
)
_KINDS = {
    name: get_args(kind) or (kind,)
    for name, kind in get_type_hints(Record).items()
    if name in MEASURED
}
_GROUP = {"truth", "weight", "estimate", "low", "high"}
_LARGEST = 2**63 - 1  # what a database takes


def measured(record: Record) -> dict[str, Any]:
    """What a record says that was measured, for a message."""
    return {name: value for name, value in asdict(record).items() if name in MEASURED}


def outcome_record(cell: Cell, threads: int, message: Message) -> Record:
    """The record of a cell that ran on so many threads; BadMessage where that is none of it."""
    found = message.facts.get("record")
    if message.facts.get("key") != cell.key:
        raise BadMessage(f"it is of another cell, {str(message.facts.get('key'))[:80]!r}")
    if not isinstance(found, dict) or set(found) != set(MEASURED):
        raise BadMessage("it holds no record")
    for name, value in found.items():
        _check(name, value)
    if found["status"] == "ok" and not 0 < (found["estimate"] or 0.0) < float("inf"):
        raise BadMessage(f"its estimate is {found['estimate']!r}")
    _check_groups(found["groups"])
    text = found["message"][:LONGEST_MESSAGE].encode("utf-8", "replace").decode()
    return replace(blank(cell, threads=threads), **{**found, "message": text})


def _check(name: str, value: Any) -> None:
    """Raise BadMessage where a field of a record cannot be so."""
    kinds = _KINDS[name]
    if name == "status":
        good = value in get_args(Status)
    elif name == "device":
        good = value in ("cpu", "cuda")
    elif float in kinds:
        good = value is None or type(value) is float or _is_count(value)
    else:
        good = _is_count(value) if int in kinds and value is not None else type(value) in kinds
    if not good:
        raise BadMessage(f"its record has {name} {str(value)[:80]!r}")


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= _LARGEST


def _check_groups(text: str) -> None:
    try:
        groups = json.loads(text)
        good = isinstance(groups, list) and all(
            isinstance(group, dict)
            and set(group) == _GROUP
            and all(type(value) in (int, float) for value in group.values())
            for group in groups
        )
    except (ValueError, TypeError, RecursionError):
        good = False
    if not good:
        raise BadMessage("its record has groups that are none")
