"""The record of a cell: one schema, from which stores, messages, checks and reports are derived.

To add a column, add a field to ``Record`` with its ``FieldFacts``, and a row to
``bench.summary.columns`` where it is to be in summaries and tables.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Field

#: The statuses that tables tell apart from failures.
OK, NOT_APPLICABLE = "ok", "not applicable"
Status = Literal["ok", "failed", "timeout", "memory", "crashed", "not applicable"]
Device = Literal["cpu", "cuda"]

#: Numbers that a store and a data frame hold.
Real = Annotated[float, Field(gt=-(2**63), lt=2**63, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, lt=2**63, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**53)]


@dataclass(frozen=True)
class FieldFacts:
    """Facts of a record's field beside its type.

    What is ``measured`` is sent by the process that runs the cell; other fields are known before.
    A number with a ``label`` is a column of the report's table of cells, written by its ``unit``.
    """

    measured: bool = False
    label: str = ""
    unit: str = ""


_MEASURED = FieldFacts(measured=True)


@dataclass(frozen=True)
class Record:
    """The outcome of one cell.

    ``error`` is the absolute error: over the levels of the true dimension (one, but for unions)
    the mean of \\|estimate - truth\\|, weighted by their share of the points. ``groups`` is JSON, a
    list with truth, weight, estimate, low and high (quartiles over points) of each level.
    ``fit_seconds`` is the time of the estimator alone, ``shared_seconds`` what it took where
    another cell had already built the neighbour graph or trained the score model;
    ``kernel_seconds`` is the time of the calibration kernel beside the fit, in calibrated runs:
    both are then seconds of the processor, but on a GPU.
    ``arrays`` is a path beside the store. ``timeout`` (seconds) and ``memory_limit_mib`` are the
    limits that were in force.
    """

    key: str
    suite: str
    manifold: str
    estimator: str
    manifold_name: str
    manifold_parameters: str
    estimator_name: str
    estimator_parameters: str
    family: str
    n: Annotated[Count, _MEASURED]
    seed: Count
    status: Annotated[Status, _MEASURED]
    ambient: Annotated[Count | None, _MEASURED] = None
    points_used: Annotated[Count | None, _MEASURED] = None
    points_read: Annotated[Count | None, _MEASURED] = None
    estimate: Annotated[Real | None, _MEASURED] = None
    truth: Annotated[Real | None, _MEASURED] = None
    error: Annotated[Real | None, _MEASURED] = None
    pointwise_error: Annotated[Real | None, _MEASURED] = None
    groups: Annotated[str, _MEASURED] = "[]"
    fit_seconds: Annotated[Amount | None, FieldFacts(True, "Seconds", "s")] = None
    shared_seconds: Annotated[Amount | None, _MEASURED] = None
    kernel_seconds: Annotated[Amount | None, _MEASURED] = None
    sample_seconds: Annotated[Amount | None, _MEASURED] = None
    peak_memory_mib: Annotated[Amount | None, FieldFacts(True, "Memory, MiB", "MiB")] = None
    threads: Count | None = None
    device: Annotated[Device, _MEASURED] = "cpu"
    message: Annotated[str, _MEASURED] = ""
    arrays: str = ""
    timeout: Amount | None = None
    memory_limit_mib: Amount | None = None
    environment: str = ""
    finished: str = ""


@dataclass(frozen=True)
class Column:
    """A field of ``Record``: its type (str, int or float), default (or MISSING) and facts."""

    name: str
    type: type
    default: Any
    facts: FieldFacts

    @property
    def sql_type(self) -> str:
        """The type of the column in a store."""
        return {str: "TEXT", int: "INTEGER", float: "REAL"}[self.type]

    @property
    def dtype(self) -> str:
        """The type of the column in a data frame."""
        return {str: "object", int: "Int64", float: "float64"}[self.type]


#: The annotations of the fields of a record, with their bounds.
HINTS = get_type_hints(Record, include_extras=True)


def _column(name: str, default: Any) -> Column:
    kind = HINTS[name]
    facts = [fact for fact in getattr(kind, "__metadata__", ()) if isinstance(fact, FieldFacts)]
    while get_origin(kind) in (Annotated, Union, UnionType):
        kind = get_args(kind)[0]
    return Column(
        name, str if get_origin(kind) is Literal else kind, default, *facts or [FieldFacts()]
    )


#: The fields of a record by name, in their order.
COLUMNS = {field.name: _column(field.name, field.default) for field in fields(Record)}
#: Those that the process of a cell measures and sends.
MEASURED = frozenset(name for name, column in COLUMNS.items() if column.facts.measured)


@dataclass(frozen=True)
class Timing:
    """Mean seconds of ``count`` finished fits of one estimator at one n and D.

    ``estimator_parameters`` is JSON with sorted keys; ``ambient`` is D.
    """

    estimator_name: str
    estimator_parameters: str
    n: int
    ambient: int
    seconds: float
    count: int
