"""Cells of a run in worker processes of this machine, through joblib.

Each place where a cell runs at a time is a worker slot (``bench.workers.worker_slot``), which
enforces the time and memory limits of a cell (``Cell.limits``) and passes on the device.
"""

from __future__ import annotations

import functools
import queue
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from joblib import Parallel, delayed

import estimators
from bench.cell import Cell
from bench.engine.events import CellEnd, CellReport, CellStart, Event
from bench.limits import Capacity
from bench.workers.process import Setup
from bench.workers.worker_slot import WorkerSlot

Batch = Sequence[Cell]
_Queue = queue.SimpleQueue  # of events, exceptions, and None at the end of a source of events


@dataclass(frozen=True)
class Share:
    """Batches of one device, how many of them run at a time, and the capacity that they share."""

    device: str
    batches: list[Batch]
    width: int
    capacity: Capacity


def by_device(batches: Sequence[Batch], device: str) -> tuple[list[Batch], list[Batch]]:
    """Return the batches for the processor, and those for the GPU."""
    parts: tuple[list[Batch], list[Batch]] = ([], [])
    for batch in batches:
        entry = estimators.entry(batch[0].estimator_name)
        parts[entry.device_for(device) == "cuda"].append(batch)
    return parts


def shares(batches: Sequence[Batch], capacity: Capacity, device: str) -> list[Share]:
    """Divide the capacity between the batches of the GPU, if there are any, and the others."""
    on_cpu, on_gpu = by_device(batches, device)
    parts = []
    if on_gpu:
        # Each has a core to feed it: its slots take the place of others.
        width = min(capacity.gpu_jobs, len(on_gpu))
        cores = width * capacity.threads
        parts.append(Share("cuda", on_gpu, width, Capacity(width, cores)))
        capacity = Capacity(max(1, capacity.jobs - width), max(1, capacity.cores - cores))
    if on_cpu:
        parts.append(Share("cpu", on_cpu, min(capacity.jobs, len(on_cpu)), capacity))
    return parts


def run(
    batches: Sequence[Batch], setup: Setup, capacity: Capacity, device: str
) -> Generator[list[Event], None, None]:
    """Run batches of cells and yield their events, those that arrive together in one list.

    The cells of a batch run one after another in one worker. With the device "cuda", cells that
    use the GPU run in slots of their own, beside the others. Closing the iterator kills what is
    running.
    """
    events: _Queue[Any] = queue.SimpleQueue()
    groups = [
        ([WorkerSlot(setup, share.device) for _ in range(share.width)], share)
        for share in shares(batches, capacity, device)
    ]
    slots = [slot for group, _ in groups for slot in group]
    for slot in slots:
        slot.siblings = slots
    threads = [
        threading.Thread(target=_run_share, args=(*group, events), daemon=True) for group in groups
    ]
    try:
        for thread in threads:
            thread.start()
        yield from receive(events, len(threads))
    finally:
        # All at once, then each: what runs is gone in the time of one.
        for slot in slots:
            slot.request_close()
        for slot in slots:
            slot.close()
        for thread in threads:
            thread.join()


def receive(
    events: _Queue[Any],
    sources: int,
    check: Callable[[], None] = lambda: None,
    pause: float | None = None,
) -> Generator[list[Event], None, None]:
    """Yield the events of a queue until each of its sources has put None into it.

    Raises exceptions from the queue, after the events before them. ``check`` is called when
    nothing has come for ``pause`` seconds.
    """
    while sources:
        try:
            items = [events.get(timeout=pause)]
        except queue.Empty:
            check()
            continue
        while not events.empty():
            items.append(events.get())
        ready = [item for item in items if isinstance(item, Event)]
        if ready:
            yield ready
        for item in items:
            if isinstance(item, BaseException):
                raise item
            sources -= item is None


def _run_share(slots: list[WorkerSlot], share: Share, events: _Queue[Any]) -> None:
    """Hand batches to free slots through joblib; its threads only wait for the workers."""
    free: queue.SimpleQueue[WorkerSlot] = queue.SimpleQueue()
    for slot in slots:
        free.put(slot)
    jobs = FairSemaphore(share.capacity.jobs)
    stopped = threading.Event()

    def report(cell: Cell, text: str) -> None:
        events.put(CellReport(cell, text))

    def work(batch: Batch) -> None:
        threads = [share.capacity.threads_of(cell.threads) for cell in batch]
        with jobs.acquire(share.capacity.jobs_of(max(threads))):
            slot = free.get()
            try:
                for cell, number in zip(batch, threads, strict=True):
                    if stopped.is_set():
                        return
                    events.put(CellStart(cell))
                    result = slot.run(cell, number, functools.partial(report, cell))
                    if result is None:
                        # The slots were closed: nothing else is to start.
                        stopped.set()
                        return
                    events.put(CellEnd(cell, result))
            except BaseException:
                stopped.set()
                raise
            finally:
                free.put(slot)

    try:
        pool = Parallel(n_jobs=len(slots), backend="threading", batch_size=1)
        pool(delayed(work)(batch) for batch in share.batches)
    except BaseException as error:
        events.put(error)
    finally:
        events.put(None)


class FairSemaphore:
    """A semaphore of which several units are acquired together, in the order of the requests.

    So those who need many are not passed over for ever.
    """

    def __init__(self, units: int) -> None:
        self._free = self._units = units
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def acquire(self, units: int) -> Iterator[None]:
        """Hold so many units, at most all there are, within the block."""
        units = min(units, self._units)
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: self._waiting[0] is ticket and self._free >= units)
            self._waiting.popleft()
            self._free -= units
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._free += units
                self._changed.notify_all()
