"""What runs in a worker of a cluster: lanes of its own, so that limits hold there as well."""

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
from bench.record import Record
from bench.workers.messages import BadMessage, pack, unpack
from bench.workers.outcome import DONE, measured_values, outcome_record
from bench.workers.process import Setup
from bench.workers.worker_slot import Lane

_IDLE = 60.0  # seconds after which a worker process that nobody needs is ended
#: News: a cell has begun, says something, has ended (with an ``Ended`` as bytes).
STARTED, TOLD, ENDED = "started", "told", "ended"
# Bytes of news that the scheduler is asked to pass on; what is larger comes with the whole batch.
_LARGEST = 2**18


@dataclass(frozen=True)
class Ended:
    """A cell that has ended on another machine, and what that machine is."""

    key: str
    record: Record
    arrays: dict[str, Any]
    environment: tuple[str, dict[str, Any]]

    def packed(self) -> bytes:
        """It as bytes, in which nothing can be hidden that is run."""
        facts = {
            "key": self.key,
            "record": measured_values(self.record),
            "threads": self.record.threads,
            "environment": self.environment,
        }
        return pack(DONE, facts, self.arrays)


def unpacked(cell: Cell, data: bytes) -> Ended:
    """What was packed of a cell; BadMessage where that is none of it."""
    message = unpack(data)
    threads, where = message.facts.get("threads"), message.facts.get("environment")
    if type(threads) is not int or not isinstance(where, list) or len(where) != 2:
        raise BadMessage("it does not say where it ran")
    identity, facts = where
    if not (isinstance(identity, str) and identity.isascii() and isinstance(facts, dict)):
        raise BadMessage("it does not say where it ran")
    record = outcome_record(cell, threads, message)
    return Ended(cell.key, record, message.arrays, (identity, facts))


@dataclass
class _Host:
    """The lanes of this process by run and device, those that are idle since when, and samples."""

    idle: dict[tuple[str, str], list[tuple[float, Lane]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    busy: dict[str, set[Lane]] = field(default_factory=lambda: defaultdict(set))
    scratch: dict[str, str] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    guard: threading.Lock = field(default_factory=threading.Lock)
    janitor: threading.Thread | None = None


_host = _Host()


def version() -> str:
    """The version of this package on the cluster's worker."""
    return __version__


def serve(batch: list[Cell], setup: Setup, device: str, run: str) -> list[Ended]:
    """Run the cells of a batch one after another, for the run of that name.

    News goes to the topic of that name, records that are not too large among it. What is left is
    given up when nobody waits for it any more.
    """
    facts = _environment(device)
    say, wanted = _connection(run)
    lane = _take(setup, device, run)
    if lane is None:
        return []
    ended = []
    try:
        for cell in batch:
            say({"key": cell.key, "what": STARTED})
            tell = functools.partial(_say, say, cell.key)
            outcome = lane.run(cell, cell.threads or 1, tell, wanted)
            if outcome is None:
                break
            ended.append(Ended(cell.key, outcome.record, outcome.arrays, facts))
            told = ended[-1].packed()
            if len(told) <= _LARGEST:
                say({"key": cell.key, "what": ENDED, "ended": told})
    finally:
        _put_back(lane, device, run)
    return ended


def close(run: str) -> None:
    """End the worker processes of a run on this machine, and remove its samples."""
    with _host.guard:
        _host.closed.add(run)
        idle = [lane for (name, _), lanes in _host.idle.items() if name == run for _, lane in lanes]
        for place in [place for place in _host.idle if place[0] == run]:
            del _host.idle[place]
        lanes = [*idle, *_host.busy.pop(run, ())]
        scratch = _host.scratch.pop(run, None)
    for lane in lanes:
        lane.hang_up()
    for lane in lanes:
        lane.close()
    if scratch:
        shutil.rmtree(scratch, ignore_errors=True)


@functools.cache
def _environment(device: str) -> tuple[str, dict[str, Any]]:
    return environment.describe(device)


def _say(say: Callable[[dict[str, Any]], None], key: str, text: str) -> None:
    say({"key": key, "what": TOLD, "text": text})


def _connection(topic: str) -> tuple[Callable[[dict[str, Any]], None], Callable[[], bool]]:
    """How to send news to the coordinator, and whether it still waits for this task."""
    from distributed import get_worker
    from distributed.worker import thread_state  # type: ignore[attr-defined]

    worker, key = get_worker(), thread_state.key

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    return functools.partial(worker.log_event, topic), wanted


def _take(setup: Setup, device: str, run: str) -> Lane | None:
    """A lane for a batch; None where the run was closed while the batch was on its way."""
    with _host.guard:
        if run in _host.closed:
            return None
        if run not in _host.scratch:
            _host.scratch[run] = tempfile.mkdtemp(prefix="bench-samples-")
        if _host.janitor is None:
            _host.janitor = threading.Thread(target=_end_the_idle, daemon=True)
            _host.janitor.start()
            atexit.register(_close_all)
        idle = _host.idle[run, device]
        setup = replace(setup, scratch=_host.scratch[run])
        lane = idle.pop()[1] if idle else Lane(setup, device)
        _host.busy[run].add(lane)
        lane.siblings = [one for lanes in _host.busy.values() for one in lanes]
        return lane


def _put_back(lane: Lane, device: str, run: str) -> None:
    with _host.guard:
        going_on = run not in _host.closed
        if going_on:
            _host.busy[run].discard(lane)
            _host.idle[run, device].append((time.monotonic(), lane))
    if not going_on:
        lane.close()


def _end_the_idle() -> None:
    while True:
        time.sleep(_IDLE / 4)
        now = time.monotonic()
        with _host.guard:
            old = []
            for place, lanes in list(_host.idle.items()):
                old += [lane for since, lane in lanes if now - since > _IDLE]
                _host.idle[place] = [one for one in lanes if now - one[0] <= _IDLE]
            runs = {place[0] for place, lanes in _host.idle.items() if lanes}
            runs |= {run for run, lanes in _host.busy.items() if lanes}
            unused = [_host.scratch.pop(run) for run in set(_host.scratch) - runs]
        for lane in old:
            lane.close()
        for scratch in unused:
            shutil.rmtree(scratch, ignore_errors=True)


def _close_all() -> None:
    for run in list(_host.scratch):
        close(run)
