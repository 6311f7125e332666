"""Validation of the outcome of a cell, in one place: records and arrays from here are valid."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, get_args

from bench.format import LONGEST, printable
from bench.record import Record, Status
from bench.store.arrays import Arrays, checked_arrays

#: No space that estimators meet has more dimensions; sums and squares of estimates stay finite.
LARGEST_DIMENSION = 1e9

_TEXTS = {field.name for field in fields(Record) if field.type == "str"}
_SECONDS = ("fit_seconds", "shared_seconds", "kernel_seconds", "sample_seconds")
_COUNTS = ("ambient", "points_used", "points_read", "threads")
_LEAST_0 = (*_SECONDS, *_COUNTS, "peak_memory_mib", "timeout", "memory_limit_mib")
_NUMBERS = (*_LEAST_0, "estimate", "truth", "error", "pointwise_error")
_LEVEL = {"truth", "weight", "estimate", "low", "high"}


def validate(record: Record, arrays: Mapping[str, Any]) -> tuple[Record, Arrays]:
    """Return a record and its arrays as tables, figures and terminals can show them.

    If an estimate, a number or an array is invalid, the record is that of a failure which says so,
    and there are no arrays. Texts have no control characters.
    """
    texts: dict[str, Any] = {name: plain_text(getattr(record, name)) for name in _TEXTS}
    record = replace(record, **{**texts, "message": texts["message"][:LONGEST]})
    if not _finite(record.pointwise_error):
        # Pointwise estimates are infinite at some points, or none is a number.
        record = replace(record, pointwise_error=None)
    try:
        _check(record)
        return record, checked_arrays(arrays, record.n)
    except ValueError as error:
        invalid = {name for name in _NUMBERS if _fault(name, getattr(record, name))}
        empty: dict[str, Any] = dict.fromkeys(invalid | {"estimate", "error", "pointwise_error"})
        reason = printable(f"invalid result: {error}")[:LONGEST]
        record = replace(record, **empty, groups="[]", arrays="")
        return replace(record, status="failed", message=reason), {}


def plain_text(text: Any) -> str:
    """Return a value as a text without control characters."""
    return printable(text if isinstance(text, str) else "" if text is None else f"{text!r:.80}")


def _check(record: Record) -> None:
    if record.status not in get_args(Status):
        raise ValueError(f"its status is {record.status!r}")
    for name in _NUMBERS:
        if fault := _fault(name, getattr(record, name)):
            raise ValueError(fault)
    if record.status == "ok" and not 0 < (record.estimate or 0) <= LARGEST_DIMENSION:
        raise ValueError(
            f"dimension_ is {record.estimate!r}; a dimension is above 0, and at most "
            f"{LARGEST_DIMENSION:g}"
        )
    for level in _levels(record.groups):
        if not isinstance(level, dict) or not level.keys() >= _LEVEL:
            raise ValueError("groups are not valid levels of a record")
        if not all(map(_finite, level.values())):
            raise ValueError(
                f"at points of dimension {level['truth']} its estimates are {level['low']} to "
                f"{level['high']}, which are no dimensions"
            )


def _fault(name: str, number: Any) -> str:
    """Return what is wrong with a number of a record, or ""."""
    if number is not None and not _finite(number):
        return f"{name} is {number!r:.40}, not a finite number"
    if number is not None and name in _COUNTS and not float(number).is_integer():
        return f"{name} is {number!r}, not an integer"
    if number is not None and name in _LEAST_0 and number < 0:
        return f"{name} is {number!r}, less than 0"
    return ""


def _levels(groups: str) -> list[Any]:
    try:
        levels = json.loads(groups)
    except (ValueError, RecursionError):
        levels = None
    if not isinstance(levels, list):
        raise ValueError("groups are not valid levels of a record")
    return levels


def _finite(number: Any) -> bool:
    return isinstance(number, (int, float)) and abs(number) < 2**63 and math.isfinite(number)
