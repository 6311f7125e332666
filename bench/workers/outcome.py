"""The outcome of a cell as a message of the process that ran it."""

from __future__ import annotations

from typing import Any

from bench.cell import Cell
from bench.format import MAX_TEXT, printable
from bench.record import MEASURED, Record
from bench.store.validation import check_values
from bench.workers.measure import blank
from bench.workers.messages import BadMessage, Message

#: The kind of message that holds the outcome of a cell.
DONE = "done"


def measured_values(record: Record) -> dict[str, Any]:
    """Return what was measured, for a message; the rest of a record says which cell it is."""
    return {name: value for name, value in vars(record).items() if name in MEASURED}


def outcome_record(cell: Cell, threads: int, message: Message) -> Record:
    """Return the record of a cell that ran on so many threads; BadMessage where it is not valid.

    Whatever an estimator returns is valid when it is sent (see ``validate_outcome``): a message
    that is not has come from a process that is not to be used again.
    """
    values = message.facts.get("record")
    if message.facts.get("key") != cell.key:
        raise BadMessage(f"it is of another cell, {str(message.facts.get('key'))[:80]!r}")
    if not isinstance(values, dict) or values.keys() != MEASURED:
        raise BadMessage("it has no record")
    try:
        values = check_values({**vars(blank(cell, threads=threads)), **values})
    except ValueError as error:
        raise BadMessage(f"its record is not valid: {error}") from None
    return Record(**{**values, "message": printable(values["message"])[:MAX_TEXT]})
