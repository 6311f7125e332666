"""Validation of records and other values, as they arrive and as a store gives them back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from bench.format import MAX_TEXT, printable
from bench.record import COLUMNS, HINTS, OK, Real, Record, Status
from bench.store.arrays import Arrays, validate_arrays

#: No space that estimators meet has more dimensions; sums and squares of estimates stay finite.
LARGEST_DIMENSION = 1e9

_TEXTS = [name for name, column in COLUMNS.items() if column.type is str]


class _Group(TypedDict):
    truth: Real
    weight: Real
    estimate: Real
    low: Real
    high: Real


_Values = TypedDict("_Values", HINTS)  # type: ignore[misc]
_RECORD: TypeAdapter[Any] = TypeAdapter(_Values)
_GROUPS = TypeAdapter(list[_Group])


def validate_outcome(record: Record, arrays: Mapping[str, Any]) -> tuple[Record, Arrays]:
    """Return a record and its arrays as tables, figures and terminals may have them.

    Where an estimate, a number or an array is not valid, the record is that of a failure which says
    so, and there are no arrays. Texts have no control characters.
    """
    values, plain = validate_values(vars(record)), {}
    if values["status"] == OK:
        try:
            plain = validate_arrays(arrays, record.n)
        except ValueError as error:
            values = _failure(values, error)
    return Record(**values), plain


def validate_values(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record, plain and valid: those of a failure where they are not.

    Raises ValueError where they do not say which cell the record is of.
    """
    values = dict(record)
    for name in _TEXTS:
        values[name] = plain_text(values[name])
    values["message"] = values["message"][:MAX_TEXT]
    try:
        values = check_values(values)
    except ValueError as error:
        if "pointwise_error" in _faults(values):
            # Estimates at some points are infinite, or none is a number.
            return validate_values({**values, "pointwise_error": None})
        values = _failure(values, error)
    return values if values["status"] == OK else {**values, "arrays": ""}


def check_values(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a record; ValueError says what is not valid."""
    try:
        values: dict[str, Any] = _RECORD.validate_python(record, strict=True)
    except ValidationError as error:
        raise ValueError(_reason(error)) from None
    if values["status"] == OK:
        check_estimate(values["estimate"])
    if values["groups"] != "[]":
        try:
            _GROUPS.validate_json(values["groups"], strict=True)
        except ValidationError as error:
            raise ValueError(f"groups: {_reason(error)}") from None
    return values


def check_estimate(estimate: float | None) -> None:
    """Raise ValueError where an estimate is no dimension."""
    if estimate is None or not 0 < estimate <= LARGEST_DIMENSION:
        raise ValueError(
            f"dimension_ must be above 0 and at most {LARGEST_DIMENSION:g}, not {estimate!r:.40}"
        )


def _failure(values: Mapping[str, Any], error: ValueError) -> dict[str, Any]:
    """Return the values of a record as those of a failure, without what is not valid."""
    message = printable(f"the result is not valid: {error}")[:MAX_TEXT]
    failure = {**values, "status": "failed", "message": message, "groups": "[]", "arrays": ""}
    for name in ("estimate", "error", "pointwise_error", *_faults(failure)):
        failure[name] = COLUMNS[name].default
        if failure[name] is MISSING:
            raise ValueError(f"record {values['key'][:80]!r} is damaged: {error}")
    return failure


def _faults(values: Mapping[str, Any]) -> list[str]:
    """Return the names of the fields that are not valid."""
    try:
        _RECORD.validate_python(values, strict=True)
    except ValidationError as error:
        return [str(fault["loc"][0]) for fault in error.errors(include_url=False)]
    return []


def _reason(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    name, must = ".".join(map(str, fault["loc"])), fault["msg"].replace("Input should", "must")
    return f"{name} {must}, not {fault['input']!r:.40}".strip()


def plain_text(text: Any) -> str:
    """Return a text without control characters; what is no text is written as one."""
    return printable(text if isinstance(text, str) else "" if text is None else f"{text!r:.80}")


def have_type(kind: type, values: Iterable[Any]) -> bool:
    """Return whether all values are of a type, and of no other that is one of it."""
    return all(type(value) is kind for value in values)


def valid_number(value: Any) -> float | None:
    """Return a number that is finite and at least 0, or None."""
    return value if isinstance(value, (int, float)) and 0 <= value < 2**63 else None


def valid_status(value: Any) -> str:
    """Return a status; one that there is not is that of a failure, as in ``validate_values``."""
    return value if value in get_args(Status) else "failed"


def load_facts(text: Any) -> dict[str, Any]:
    """Return facts in JSON; none where it is damaged."""
    try:
        facts = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return facts if isinstance(facts, dict) else {}
