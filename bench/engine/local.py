"""Runs cells through joblib, each in a worker process of its own lane, and tells what happens."""

from __future__ import annotations

import functools
import queue
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from joblib import Parallel, delayed

import estimators
from bench.cell import Cell
from bench.engine import capacity
from bench.engine.capacity import Room
from bench.record import Record
from bench.workers.process import Setup
from bench.workers.worker_slot import WorkerSlot


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
    """A cell has ended, well or not.

    ``environment`` is what it ran on, an id and the facts, where that is not this machine.
    """

    cell: Cell
    record: Record
    arrays: dict[str, Any] = field(default_factory=dict)
    environment: tuple[str, dict[str, Any]] | None = None


Event = Started | Told | Finished
Batch = Sequence[Cell]
_Queue = queue.SimpleQueue  # of events, exceptions, and None where a group of lanes is done


def uses_gpu(cell: Cell) -> bool:
    """Whether a cell runs on the GPU where there is one."""
    return bool(getattr(estimators.entry(cell.estimator_name), "gpu", False))


def divided(batches: Sequence[Batch], device: str) -> tuple[list[Batch], list[Batch]]:
    """Batches for the processor, and for the GPU."""
    on_gpu = [batch for batch in batches if device == "cuda" and uses_gpu(batch[0])]
    chosen = set(map(id, on_gpu))
    return [batch for batch in batches if id(batch) not in chosen], on_gpu


def run(
    batches: Sequence[Batch], setup: Setup, room: Room, device: str
) -> Generator[list[Event], None, None]:
    """Run batches of cells and yield events as they come, those together that came together.

    The cells of a batch run one after another in one worker. With ``device`` "cuda" the cells
    that use the GPU run in lanes of their own, one at a time unless ``room`` says more, beside
    the others. Closing the iterator kills what is running.
    """
    yield from _events(
        [
            _Group([WorkerSlot(setup, share.device) for _ in range(share.width)], share)
            for share in shares(batches, room, device)
        ]
    )


@dataclass(frozen=True)
class Share:
    """Batches of one device, how many of them run at a time, and the room that they have."""

    device: str
    batches: list[Batch]
    width: int
    room: Room


def shares(batches: Sequence[Batch], room: Room, device: str) -> list[Share]:
    """How the room is shared between the GPU's batches, if there are any, and the others."""
    on_cpu, on_gpu = divided(batches, device)
    found = []
    if on_gpu:
        # Each has a core to feed it: its lanes take the place of others.
        width, each = min(room.gpu_jobs, len(on_gpu)), capacity.share(room.cores, room.jobs)
        found.append(Share("cuda", on_gpu, width, Room(width, width * each)))
        room = Room(max(1, room.jobs - width), max(1, room.cores - width * each))
    if on_cpu:
        found.append(Share("cpu", on_cpu, min(room.jobs, len(on_cpu)), room))
    return found


@dataclass(frozen=True)
class _Group:
    """Lanes of one kind with the share of the batches that they run."""

    lanes: list[WorkerSlot]
    share: Share


def _events(groups: list[_Group]) -> Generator[list[Event], None, None]:
    events: _Queue[Any] = queue.SimpleQueue()
    lanes = [lane for group in groups for lane in group.lanes]
    for lane in lanes:
        lane.siblings = lanes
    threads = [
        threading.Thread(target=_drive, args=(group, events), daemon=True) for group in groups
    ]
    try:
        for thread in threads:
            thread.start()
        yield from collected(events, len(threads))
    finally:
        # All at once, then each: what runs is gone in the time of one.
        for lane in lanes:
            lane.request_close()
        for lane in lanes:
            lane.close()
        for thread in threads:
            thread.join()


def collected(
    events: _Queue[Any],
    sources: int,
    look: Callable[[], None] = lambda: None,
    pause: float | None = None,
) -> Generator[list[Event], None, None]:
    """What is in the queue, together, until each of the sources has put a None into it.

    Raises exceptions that are in it, after what came before. ``look`` is called when nothing
    came for ``pause`` seconds.
    """
    while sources:
        try:
            together = [events.get(timeout=pause)]
        except queue.Empty:
            look()
            continue
        while not events.empty():
            together.append(events.get())
        ready = [event for event in together if isinstance(event, Event)]
        if ready:
            yield ready
        for event in together:
            if isinstance(event, BaseException):
                raise event
            sources -= event is None


def _tell(events: _Queue[Any], cell: Cell, text: str) -> None:
    events.put(Told(cell, text))


def _drive(group: _Group, events: _Queue[Any]) -> None:
    """Hand batches to free lanes through joblib; its threads only wait for the workers."""
    free: queue.SimpleQueue[WorkerSlot] = queue.SimpleQueue()
    for lane in group.lanes:
        free.put(lane)
    cores, jobs = group.share.room.cores, group.share.room.jobs
    places = capacity.Slots(jobs)
    stopped = threading.Event()

    def work(batch: Batch) -> None:
        threads = [capacity.threads_of(cell.threads, cores, jobs) for cell in batch]
        with places.taken(capacity.places_of(max(threads), cores, jobs)):
            lane = free.get()
            try:
                for cell, number in zip(batch, threads, strict=True):
                    if stopped.is_set():
                        return
                    events.put(Started(cell))
                    outcome = lane.run(cell, number, functools.partial(_tell, events, cell))
                    if outcome is None:
                        # The lanes were closed: nothing else is to start.
                        stopped.set()
                        return
                    events.put(Finished(cell, outcome.record, outcome.arrays))
            except BaseException:
                stopped.set()
                raise
            finally:
                free.put(lane)

    try:
        pool = Parallel(n_jobs=len(group.lanes), backend="threading", batch_size=1)
        pool(delayed(work)(batch) for batch in group.share.batches)
    except BaseException as error:
        events.put(error)
    finally:
        events.put(None)
