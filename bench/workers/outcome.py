"""Messages of the process that runs a cell: its stage, its progress, its outcome."""

from __future__ import annotations

import json
from typing import Any

from bench.cell import Cell
from bench.format import LONGEST, printable
from bench.limits import MIB
from bench.record import MEASURED, Record
from bench.store.validation import check_values
from bench.workers.messages import BadMessage, Message

#: Kinds of messages: the outcome, the stage, what the estimator logs, that a disk is full.
DONE, STAGE, PROGRESS, FULL = "done", "stage", "progress", "full"
#: Stages of a cell in their order, as messages name them.
STAGES = {
    "sample": "drawing or reading its sample",
    "estimator": "making its estimator and warming it up",
    "fit": "in its fit",
}


def empty_record(cell: Cell, **values: Any) -> Record:
    """Return a record of the cell without measurements, of status "failed" unless given."""
    return Record(
        key=cell.key,
        suite=cell.suite,
        manifold=cell.manifold,
        estimator=cell.estimator,
        manifold_name=cell.manifold_name,
        manifold_parameters=json.dumps(cell.manifold_parameters, sort_keys=True),
        estimator_name=cell.estimator_name,
        estimator_parameters=json.dumps(cell.estimator_parameters, sort_keys=True),
        family=cell.family,
        n=cell.n,
        seed=cell.seed,
        timeout=cell.limits.timeout,
        memory_limit_mib=None if cell.limits.memory is None else cell.limits.memory / MIB,
        **{"status": "failed", **values},
    )


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
        values = check_values({**vars(empty_record(cell, threads=threads)), **values})
    except ValueError as error:
        raise BadMessage(f"its record is not valid: {error}") from None
    return Record(**{**values, "message": printable(values["message"])[:LONGEST]})
