"""Worker slots in a worker of a dask cluster, so that limits hold there as well."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from bench import __version__, environment
from bench.cell import Cell
from bench.workers.messages import BadMessage, pack, unpack
from bench.workers.outcome import DONE, measured_values, outcome_record
from bench.workers.process import Setup
from bench.workers.samples import PREFIX
from bench.workers.worker_slot import CellResult, WorkerSlot

_IDLE = 60.0  # seconds after which a worker process without a cell is ended
#: Events: a cell has begun, reports its progress, has ended (with a result as bytes).
STARTED, PROGRESS, ENDED = "started", "progress", "ended"
# Bytes of an event that the scheduler passes on; larger results come with the whole batch.
_LARGEST = 2**18


def pack_result(result: CellResult) -> bytes:
    """Return a result as bytes that hold data only, nothing that is run when they are read."""
    facts = {
        "key": result.record.key,
        "record": measured_values(result.record),
        "threads": result.record.threads,
        "environment": result.environment,
    }
    return pack(DONE, facts, result.arrays)


def unpack_result(cell: Cell, data: bytes) -> CellResult:
    """Return the result of a cell from its bytes; BadMessage where they are none of it."""
    message = unpack(data)
    threads, where = message.facts.get("threads"), message.facts.get("environment")
    if type(threads) is not int or not isinstance(where, list) or len(where) != 2:
        raise BadMessage("it does not say where it ran")
    identity, facts = where
    if not (isinstance(identity, str) and identity.isascii() and isinstance(facts, dict)):
        raise BadMessage("it does not say where it ran")
    record = outcome_record(cell, threads, message)
    return CellResult(record, message.arrays, (identity, facts))


@dataclass
class _Host:
    """Worker slots of this process by run and device, with their idle times, and sample caches."""

    idle: dict[tuple[str, str], list[tuple[float, WorkerSlot]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    busy: dict[str, set[WorkerSlot]] = field(default_factory=lambda: defaultdict(set))
    scratch: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    cleaner: threading.Thread | None = None


_host = _Host()


def version() -> str:
    """Return the version of this package on the cluster's worker."""
    return __version__


def serve(batch: list[Cell], setup: Setup, device: str, run: str) -> list[CellResult]:
    """Run the cells of a batch one after another, for the run of that name.

    Events go to the topic of that name, with results that are not too large. Cells that are left
    are dropped when the coordinator does not wait for them any more.
    """
    where = _environment(device)
    send, is_needed = _connection(run)
    slot = _take_slot(setup, device, run)
    if slot is None:
        return []
    results = []
    try:
        for cell in batch:
            send({"key": cell.key, "what": STARTED})
            report = functools.partial(_report, send, cell.key)
            result = slot.run(cell, cell.threads or 1, report, is_needed)
            if result is None:
                break
            results.append(replace(result, environment=where))
            data = pack_result(results[-1])
            if len(data) <= _LARGEST:
                send({"key": cell.key, "what": ENDED, "ended": data})
    finally:
        _return_slot(slot, device, run)
    return results


def close(run: str) -> None:
    """End the worker processes of a run on this machine, and remove its samples."""
    with _host.lock:
        _host.closed.add(run)
        slots = list(_host.busy.pop(run, ()))
        for group in [group for group in _host.idle if group[0] == run]:
            slots += [slot for _, slot in _host.idle.pop(group)]
        scratch = _host.scratch.pop(run, None)
    for slot in slots:
        slot.request_close()
    for slot in slots:
        slot.close()
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)


@functools.cache
def _environment(device: str) -> tuple[str, dict[str, Any]]:
    return environment.describe(device)


def _report(send: Callable[[dict[str, Any]], None], key: str, text: str) -> None:
    send({"key": key, "what": PROGRESS, "text": text})


def _connection(topic: str) -> tuple[Callable[[dict[str, Any]], None], Callable[[], bool]]:
    """Return how to send events to the coordinator, and whether it still waits for this task."""
    from distributed import get_worker
    from distributed.worker import thread_state  # type: ignore[attr-defined]

    worker, key = get_worker(), thread_state.key

    def is_needed() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    return functools.partial(worker.log_event, topic), is_needed


def _take_slot(setup: Setup, device: str, run: str) -> WorkerSlot | None:
    """Return a slot for a batch; None where the run was closed while the batch was on its way."""
    with _host.lock:
        if run in _host.closed:
            return None
        if run not in _host.scratch:
            _host.scratch[run] = tempfile.mkdtemp(prefix=PREFIX)
        if _host.cleaner is None:
            _host.cleaner = threading.Thread(target=_end_idle_slots, daemon=True)
            _host.cleaner.start()
            atexit.register(_close_all)
        idle = _host.idle[run, device]
        setup = replace(setup, scratch=_host.scratch[run])
        slot = idle.pop()[1] if idle else WorkerSlot(setup, device)
        _host.busy[run].add(slot)
        slot.siblings = [one for slots in _host.busy.values() for one in slots]
        return slot


def _return_slot(slot: WorkerSlot, device: str, run: str) -> None:
    with _host.lock:
        if is_open := run not in _host.closed:
            _host.busy[run].discard(slot)
            _host.idle[run, device].append((time.monotonic(), slot))
    if not is_open:
        slot.close()


def _end_idle_slots() -> None:
    while True:
        time.sleep(_IDLE / 4)
        now = time.monotonic()
        with _host.lock:
            old = []
            for group, slots in list(_host.idle.items()):
                old += [slot for since, slot in slots if now - since > _IDLE]
                _host.idle[group] = [one for one in slots if now - one[0] <= _IDLE]
            runs = {group[0] for group, slots in _host.idle.items() if slots}
            runs |= {run for run, slots in _host.busy.items() if slots}
            unused = [_host.scratch.pop(run) for run in set(_host.scratch) - runs]
        for slot in old:
            slot.close()
        for scratch in unused:
            shutil.rmtree(scratch, ignore_errors=True)


def _close_all() -> None:
    for run in list(_host.scratch):
        close(run)
