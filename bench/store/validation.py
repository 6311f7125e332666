"""Validation of records and other values, as they arrive and as a store gives them back."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from bench.format import LONGEST, printable
from bench.record import COLUMNS, Record
from bench.store.arrays import Arrays, validate_arrays

#: No space that estimators meet has more dimensions; sums and squares of estimates stay finite.
LARGEST_DIMENSION = 1e9
_LARGEST, _LARGEST_COUNT = 2**63, 2**53  # of what a database and a data frame hold

_TEXTS = [name for name, column in COLUMNS.items() if column.type is str]
_CHOICES = {name: column.choices for name, column in COLUMNS.items() if column.choices}
_MINIMA = {
    name: -math.inf if column.facts.minimum is None else column.facts.minimum
    for name, column in COLUMNS.items()
    if column.type is not str
}
_COUNTS = {name for name, column in COLUMNS.items() if column.type is int}
_OPTIONAL = {name for name, column in COLUMNS.items() if column.optional}
_LEVEL = {"truth", "weight", "estimate", "low", "high"}


def validate_outcome(record: Record, arrays: Mapping[str, Any]) -> tuple[Record, Arrays]:
    """Return a record and its arrays as tables, figures and terminals may have them.

    Where an estimate, a number or an array is not valid, the record is that of a failure which says
    so, and there are no arrays. Texts have no control characters.
    """
    values = validate_values(vars(record))
    if values["status"] == "ok":
        try:
            return Record(**values), validate_arrays(arrays, record.n)
        except ValueError as error:
            return Record(**_failure(values, error)), {}
    return Record(**values), {}


def validate_values(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record, plain and valid: those of a failure where they are not.

    Raises ValueError where they do not say which cell the record is of.
    """
    values = dict(record)
    for name in _TEXTS:
        values[name] = plain_text(values[name])
    values["message"] = values["message"][:LONGEST]
    if not _is_finite(values["pointwise_error"]):
        # Estimates at some points are infinite, or none is a number.
        values["pointwise_error"] = None
    try:
        check_values(values)
    except ValueError as error:
        values = _failure(values, error)
    if values["status"] != "ok":
        values["arrays"] = ""
    return values


def check_values(values: Mapping[str, Any]) -> None:
    """Raise ValueError where values of a record, or those that are measured, are not valid."""
    for name, value in values.items():
        if name in _MINIMA:
            if value is not None or name not in _OPTIONAL:
                _check_number(name, value)
        elif type(value) is not str:
            raise ValueError(f"{name} must be a text, not {value!r:.40}")
        elif name in _CHOICES and value not in _CHOICES[name]:
            raise ValueError(
                f"{name} must be one of {', '.join(_CHOICES[name])}, not {value!r:.40}"
            )
    if values["status"] == "ok":
        check_estimate(values["estimate"])
    if values["groups"] != "[]":
        _check_groups(values["groups"])


def check_estimate(estimate: float | None) -> None:
    """Raise ValueError where an estimate is no dimension."""
    if estimate is None or not 0 < estimate <= LARGEST_DIMENSION:
        raise ValueError(
            f"dimension_ must be above 0 and at most {LARGEST_DIMENSION:g}, not {estimate!r:.40}"
        )


def plain_text(text: Any) -> str:
    """Return a text without control characters; what is no text is written as one."""
    return printable(text if isinstance(text, str) else "" if text is None else f"{text!r:.80}")


def _failure(values: Mapping[str, Any], error: ValueError) -> dict[str, Any]:
    """Return the values of a record without those that are not valid, as a failure."""
    failure = {**values, **dict.fromkeys(("estimate", "error", "pointwise_error"))}
    for name in _MINIMA:
        try:
            if values[name] is not None or name not in _OPTIONAL:
                _check_number(name, values[name])
        except ValueError as fault:
            if name not in _OPTIONAL:
                raise ValueError(f"record {values['key'][:80]!r} is damaged: {fault}") from None
            failure[name] = None
    for name, choices in _CHOICES.items():
        if failure[name] not in choices:
            failure[name] = COLUMNS[name].default
    message = printable(f"the result is not valid: {error}")[:LONGEST]
    return {**failure, "status": "failed", "message": message, "groups": "[]", "arrays": ""}


def _check_number(name: str, number: Any) -> None:
    if not _is_finite(number):
        raise ValueError(f"{name} must be a finite number, not {number!r:.40}")
    if name in _COUNTS and not (abs(number) < _LARGEST_COUNT and float(number).is_integer()):
        raise ValueError(f"{name} must be an integer below 2**53, not {number!r:.40}")
    if number < _MINIMA[name]:
        raise ValueError(f"{name} must be at least {_MINIMA[name]:g}, not {number!r:.40}")


def _check_groups(groups: str) -> None:
    try:
        levels = json.loads(groups)
    except (ValueError, RecursionError):
        levels = None
    if not isinstance(levels, list):
        raise ValueError("groups are not a list in JSON")
    for level in levels:
        if not isinstance(level, dict) or not level.keys() >= _LEVEL:
            raise ValueError(f"groups must have {', '.join(sorted(_LEVEL))}")
        if not all(map(_is_finite, level.values())):
            raise ValueError(
                f"at points of dimension {level['truth']} the estimates are {level['low']} to "
                f"{level['high']}, which are no dimensions"
            )


def _is_finite(number: Any) -> bool:
    kind = type(number)
    if kind is not float and (kind is bool or not isinstance(number, (int, float))):
        return False
    return -_LARGEST < number < _LARGEST


def are(kind: type, values: Iterable[Any]) -> bool:
    """Return whether all values are of a type, and of no other that is one of it."""
    return all(type(value) is kind for value in values)


def valid_number(value: Any) -> float | None:
    """Return a number that is finite and at least 0, or None."""
    return value if _is_finite(value) and value >= 0 else None


def valid_status(value: Any) -> str:
    """Return a status; one that there is not is that of a failure, as in ``validate_values``."""
    return value if value in _CHOICES["status"] else "failed"


def load_facts(text: Any) -> dict[str, Any]:
    """Return facts in JSON; none where it is damaged."""
    try:
        facts = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
