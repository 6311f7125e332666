"""The record of a cell: one schema, from which stores, messages, checks and reports are derived.

To add a column, add a field to ``Record`` with its ``Facts``, and a row to
``bench.summary.columns`` where it is to be in summaries and tables.
"""

from __future__ import annotations

import types
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

#: The statuses that tables tell apart from failures.
OK, NOT_APPLICABLE = "ok", "not applicable"
Status = Literal["ok", "failed", "timeout", "memory", "crashed", "not applicable"]
Device = Literal["cpu", "cuda"]


@dataclass(frozen=True)
class Facts:
    """What the type of a record's field does not say.

    ``minimum`` is the least value of a number. What is ``measured`` is sent by the process that
    runs the cell; other fields are known before. A number with a ``label`` is a column of the
    report's table of cells, written by its ``unit``.
    """

    minimum: float | None = None
    measured: bool = False
    unit: str = ""
    label: str = ""


_TEXT = Facts(measured=True)
_NUMBER = Facts(measured=True)
_COUNT = Facts(minimum=0, measured=True)
_SECONDS = Facts(minimum=0, measured=True, unit="s")


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
    n: Annotated[int, _COUNT]
    seed: Annotated[int, Facts(minimum=0)]
    status: Annotated[Status, _TEXT]
    ambient: Annotated[int | None, _COUNT] = None
    points_used: Annotated[int | None, _COUNT] = None
    points_read: Annotated[int | None, _COUNT] = None
    estimate: Annotated[float | None, _NUMBER] = None
    truth: Annotated[float | None, _NUMBER] = None
    error: Annotated[float | None, _NUMBER] = None
    pointwise_error: Annotated[float | None, _NUMBER] = None
    groups: Annotated[str, _TEXT] = "[]"
    fit_seconds: Annotated[float | None, Facts(0, measured=True, unit="s", label="Seconds")] = None
    shared_seconds: Annotated[float | None, _SECONDS] = None
    kernel_seconds: Annotated[float | None, _SECONDS] = None
    sample_seconds: Annotated[float | None, _SECONDS] = None
    peak_memory_mib: Annotated[
        float | None, Facts(0, measured=True, unit="MiB", label="Memory, MiB")
    ] = None
    threads: Annotated[int | None, Facts(minimum=0)] = None
    device: Annotated[Device, _TEXT] = "cpu"
    message: Annotated[str, _TEXT] = ""
    arrays: str = ""
    timeout: Annotated[float | None, Facts(minimum=0, unit="s")] = None
    memory_limit_mib: Annotated[float | None, Facts(minimum=0, unit="MiB")] = None
    environment: str = ""
    finished: str = ""


@dataclass(frozen=True)
class Column:
    """A field of ``Record``: its type (str, int or float) and what else is known of its values.

    ``choices`` are the texts that are allowed, where not all are; ``default`` is
    dataclasses.MISSING of a field that every record has to give.
    """

    name: str
    type: type
    optional: bool
    choices: tuple[str, ...]
    default: Any
    facts: Facts

    @property
    def sql_type(self) -> str:
        """The type of the column in a store."""
        return {str: "TEXT", int: "INTEGER", float: "REAL"}[self.type]

    @property
    def dtype(self) -> str:
        """The type of the column in a data frame."""
        return {str: "object", int: "Int64", float: "float64"}[self.type]


def _columns() -> dict[str, Column]:
    hints = get_type_hints(Record, include_extras=True)
    columns = {}
    for field in fields(Record):
        hint, facts = hints[field.name], Facts()
        if get_origin(hint) is Annotated:
            hint, facts = get_args(hint)
        optional = get_origin(hint) in (Union, types.UnionType)
        if optional:
            (hint,) = (kind for kind in get_args(hint) if kind is not type(None))
        choices = get_args(hint) if get_origin(hint) is Literal else ()
        kind = str if choices else hint
        columns[field.name] = Column(field.name, kind, optional, choices, field.default, facts)
    return columns


#: The fields of a record by name, in their order.
COLUMNS = _columns()
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
