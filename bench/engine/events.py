"""Events of a run: a cell starts, reports its progress, ends."""

from __future__ import annotations

from dataclasses import dataclass

from bench.cell import Cell
from bench.workers.worker_slot import CellResult


@dataclass(frozen=True)
class CellStart:
    """A cell has started, for the first time or again."""

    cell: Cell


@dataclass(frozen=True)
class CellReport:
    """A running cell reports its progress."""

    cell: Cell
    text: str


@dataclass(frozen=True)
class CellEnd:
    """A cell has ended, well or not."""

    cell: Cell
    result: CellResult


Event = CellStart | CellReport | CellEnd
