"""Runs cells through joblib, each in a worker process of its own lane, and tells what happens."""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from joblib import Parallel, delayed

import estimators
from bench.lane import Lane, Setup
from bench.plan import Cell
from bench.records import Record


@dataclass(frozen=True)
class Started:
    """A cell has begun."""

    cell: Cell


@dataclass(frozen=True)
class Told:
    """A cell says how far it is."""

    cell: Cell
    text: str


@dataclass(frozen=True)
class Finished:
    """A cell has ended, well or not."""

    cell: Cell
    record: Record
    arrays: dict[str, Any] = field(default_factory=dict)


Event = Started | Told | Finished
_Queue = queue.SimpleQueue  # of events, exceptions, and None where a group of lanes is done


def run(
    batches: Sequence[Sequence[Cell]],
    setup: Setup,
    *,
    jobs: int,
    device: str,
    timeout: float | None,
) -> Generator[Event, None, None]:
    """Run batches of cells, at most ``jobs`` at a time, and yield events as they come.

    The cells of a batch run one after another in one worker. With ``device`` "cuda" the cells
    that use the GPU run in a lane of their own, one at a time, beside the others. Closing the
    iterator kills what is running.
    """
    on_gpu: list[Sequence[Cell]] = []
    on_cpu: list[Sequence[Cell]] = []
    for batch in batches:
        (on_gpu if device == "cuda" and _uses_gpu(batch[0]) else on_cpu).append(batch)
    # The lane of the GPU takes the place of one of the others.
    width = max(1, jobs - 1) if on_gpu else jobs
    groups = [(1, on_gpu)] if on_gpu else []
    if on_cpu:
        groups.append((min(width, len(on_cpu)), on_cpu))
    events: _Queue[Any] = queue.SimpleQueue()
    lanes = [[Lane(setup) for _ in range(width)] for width, _ in groups]
    threads = [
        threading.Thread(target=_drive, args=(own, group, device, timeout, events), daemon=True)
        for own, (_, group) in zip(lanes, groups, strict=True)
    ]
    try:
        for thread in threads:
            thread.start()
        running = len(threads)
        while running:
            event = events.get()
            if isinstance(event, BaseException):
                raise event
            if event is None:
                running -= 1
            else:
                yield event
    finally:
        for lane in (lane for own in lanes for lane in own):
            lane.close()
        for thread in threads:
            thread.join()


def _tell(events: _Queue[Any], cell: Cell, text: str) -> None:
    events.put(Told(cell, text))


def _uses_gpu(cell: Cell) -> bool:
    return bool(getattr(estimators.entry(cell.estimator_name), "gpu", False))


def _drive(
    lanes: Sequence[Lane],
    batches: Sequence[Sequence[Cell]],
    device: str,
    timeout: float | None,
    events: _Queue[Any],
) -> None:
    """Hand batches to free lanes through joblib; its threads only wait for the workers."""
    free: queue.SimpleQueue[Lane] = queue.SimpleQueue()
    for lane in lanes:
        free.put(lane)

    def work(batch: Sequence[Cell]) -> None:
        lane = free.get()
        try:
            for cell in batch:
                events.put(Started(cell))
                tell = functools.partial(_tell, events, cell)
                outcome = lane.run(cell, device, timeout, tell)
                if outcome is None:
                    return
                events.put(Finished(cell, *outcome))
        finally:
            free.put(lane)

    try:
        pool = Parallel(n_jobs=len(lanes), backend="threading", batch_size=1)
        pool(delayed(work)(batch) for batch in batches)
    except BaseException as error:
        events.put(error)
    finally:
        events.put(None)
