"""A worker slot: runs cells one at a time, and ends those that go over a limit."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench import format
from bench.cell import Cell
from bench.errors import NoSpace, WorkerFailed
from bench.limits import MIB
from bench.record import OK, Record
from bench.workers import usage
from bench.workers.messages import BadMessage, Message
from bench.workers.outcome import DONE, FULL, PROGRESS, STAGE, STAGES, empty_record, outcome_record
from bench.workers.process import (
    PREPARATION,
    CellEnded,
    Setup,
    WorkerEnded,
    WorkerProcess,
    WorkerTimeout,
)

_INTERVAL, _LONG_INTERVAL = 0.05, 0.2  # seconds between checks of a cell's memory, from and to
_LONGEST = 3600.0  # seconds before its fit for a cell without a time limit
_GRACE = 0.5  # seconds after the limit in which a message that came in time may be read
_PARTIAL = 10.0  # seconds for which an incomplete message may not grow
_ATTEMPTS = 3  # to start a worker
_MODULE = re.compile(r"[\w.]{1,200}")
_MODULES = 5000  # names of modules that are stored, at most


@dataclass(frozen=True)
class CellResult:
    """The record of a cell with its arrays; ``environment`` (id, facts) if of another machine."""

    record: Record
    arrays: dict[str, Any] = field(default_factory=dict)
    environment: tuple[str, dict[str, Any]] | None = None


class WorkerSlot:
    """Runs cells in processes of a worker, which starts with the first cell.

    ``device`` is that of all its cells. A worker is replaced after a cell that was stopped, that
    ended it, or that needs another number of threads.
    """

    def __init__(self, setup: Setup, device: str = "cpu") -> None:
        self._setup = setup
        self._device = device
        #: Bytes of memory of the running cell at the last check, 0 between cells.
        self.used = 0
        #: Slots of the same machine: where memory runs out, the cell that uses most is stopped.
        self.siblings: Sequence[WorkerSlot] = (self,)
        self._worker: WorkerProcess | None = None
        self._closed = False
        self._running = threading.RLock()
        # Modules that cells had to import: workers import them before the next cell.
        self._modules: dict[str, None] = {}

    def run(
        self,
        cell: Cell,
        threads: int = 1,
        report: Callable[[str], None] = lambda text: None,
        is_needed: Callable[[], bool] = lambda: True,
    ) -> CellResult | None:
        """Run a cell on so many threads; None if the slot was closed, or the cell is not needed.

        ``report`` gets what the cell logs, as printable lines; ``is_needed`` is called at
        intervals. A cell that goes over a limit is ended and recorded as "timeout" or "memory";
        one that ends its process as "crashed", with the last lines it printed; one that sends an
        invalid message as "failed". Raises WorkerFailed where no worker starts, NoSpace where a
        disk is full.
        """
        with self._running:
            return self._run(cell, threads, report, is_needed)

    def _run(
        self,
        cell: Cell,
        threads: int,
        report: Callable[[str], None],
        is_needed: Callable[[], bool],
    ) -> CellResult | None:
        try:
            worker = self._begin(cell, threads)
            if worker is None:
                return None
            memory = usage.CellMemory(worker)
            try:
                return self._wait(worker, memory, cell, report, is_needed)
            finally:
                memory.remove_files()
        except WorkerEnded as ended:
            self._worker = None
            return None if self._closed else self._failure(cell, threads, "crashed", ended.lines)
        except WorkerTimeout:
            if self._closed:
                return None
            lines = [f"its worker did not begin it within {PREPARATION:g} s", *self._end(0)]
            return self._failure(cell, threads, "timeout", lines)
        finally:
            self.used = 0

    def close(self) -> None:
        """End the worker, and wait for that; a running cell is stopped."""
        self.request_close()
        worker = self._worker
        if worker is not None:
            worker.wait()
            # Another thread that still runs a cell is about to return.
            with self._running:
                worker.close_connections()

    def request_close(self) -> None:
        """Have the worker ended, without waiting for that."""
        self._closed = True
        worker = self._worker
        if worker is not None:
            worker.request_end()

    def _begin(self, cell: Cell, threads: int) -> WorkerProcess | None:
        """Return a worker with so many threads that has begun the cell; None if closed.

        A worker that ends before it begins does so because of an earlier cell, or for want of
        something that all of them need.
        """
        if self._worker is not None and self._worker.threads != threads:
            self._end()
        lines = ["?"]
        for _ in range(_ATTEMPTS):
            if self._closed:
                return None
            try:
                worker = self._worker
                if worker is None:
                    self._worker = worker = WorkerProcess(self._setup, self._device, threads)
                    if not self._closed:
                        self._prepare(worker)
                if self._closed:
                    # Perhaps while the process was being started: no other thread would end it.
                    self._end()
                    return None
                worker.begin(cell, self._device, self._modules)
                return worker
            except WorkerEnded as ended:
                lines = ended.lines
                self._worker = None
        raise WorkerFailed("\n".join(["worker processes do not start", *lines]))

    def _prepare(self, worker: WorkerProcess) -> None:
        try:
            worker.prepare()
        except WorkerTimeout:
            plugins = ", ".join(path for path, _ in self._setup.plugins)
            what = f"plug-in {plugins}" if plugins else "packages"
            first = (
                f"a worker process did not start within {PREPARATION:g} s: it was still importing "
                f"the {what}"
            )
            raise WorkerFailed("\n".join([first, *self._end(0)])) from None

    def _wait(
        self,
        worker: WorkerProcess,
        memory: usage.CellMemory,
        cell: Cell,
        report: Callable[[str], None],
        is_needed: Callable[[], bool],
    ) -> CellResult | None:
        """Wait for the outcome of the cell, or end it where it goes over a limit."""
        clock, timeout = usage.Clock(), cell.limits.timeout
        # The time before the fit is counted as one.
        stage, start, pause, next_check, partial = "sample", 0.0, _INTERVAL, 0.0, (0.0, 0)
        while True:
            now = clock.seconds(pause)
            allowed = timeout
            if stage != "fit":
                # Imports and compilation of a worker for a first fit do not count for the cell.
                allowed = _LONGEST if timeout is None else timeout + PREPARATION
            left = pause if allowed is None else start + allowed - now
            try:
                message = worker.receive(max(0.0, min(pause, left)))
                now = clock.seconds(pause)
                incomplete, size = worker.partial_message
                if not incomplete or size != partial[1]:
                    partial = (now, size)
                elif now > partial[0] + _PARTIAL:
                    raise BadMessage(f"half of one, and no more for {_PARTIAL:g} s")
                if message is not None and message.what == DONE:
                    return self._result(worker, cell, message)
                if message is not None:
                    before, stage = stage, _next_stage(message, stage, report)
                    if stage == "fit" and before != "fit":
                        start = now
            except BadMessage as error:
                self._end()
                lines = [f"the process of the cell sent an invalid message: {error}"]
                return self._failure(cell, worker.threads, "failed", lines)
            except CellEnded as ended:
                lines = [f"the worker process ended: {ended}", *worker.output()]
                return self._failure(cell, worker.threads, "crashed", lines)
            if left <= (-_GRACE if message is not None or incomplete else 0):
                where = "" if stage == "fit" else f" before its fit, {STAGES[stage]}"
                lines = [f"stopped after {allowed:g} s{where}", *self._end(worker.cell)]
                return self._failure(cell, worker.threads, "timeout", lines)
            if now >= next_check:
                if not is_needed():
                    self._end()
                    return None
                began = time.monotonic()
                if excess := self._excess(memory, cell.limits.memory):
                    used = self.used / MIB
                    lines = [excess, *self._end(worker.cell)]
                    return self._failure(
                        cell, worker.threads, "memory", lines, peak_memory_mib=used
                    )
                # Checks take at most a hundredth of a core, unless they would become rare.
                pause = min(max(_INTERVAL, 100 * (time.monotonic() - began)), _LONG_INTERVAL)
                next_check = now + pause

    def _excess(self, memory: usage.CellMemory, limit: int | None) -> str:
        """Return why the memory of the running cell is too much; "" where it is not."""
        self.used = memory.used(limit)
        used = format.memory(self.used / MIB, 2)
        if limit is not None and self.used > limit:
            return f"used {used}, more than its limit of {format.memory(limit / MIB, 2)}"
        if usage.available() < usage.reserve():
            if self.used >= max(slot.used for slot in self.siblings):
                return (
                    "the machine ran out of memory, and this cell used the most, "
                    f"{used}; run fewer at a time (--jobs), or set a limit (--memory)"
                )
        return ""

    def _result(self, worker: WorkerProcess, cell: Cell, message: Message) -> CellResult:
        record = outcome_record(cell, worker.threads, message)
        worker.close_results()
        names = message.facts.get("modules")
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str) and _MODULE.fullmatch(name) and len(self._modules) < _MODULES:
                self._modules[name] = None
        if record.status != OK:
            try:
                lines = worker.output()
            except WorkerEnded as ended:
                self._worker, lines = None, ended.lines[1:]
            record = replace(record, message=_join([record.message, *lines]))
        return CellResult(record, message.arrays)

    def _end(self, print_stack: int | None = None) -> list[str]:
        """End the worker; returns the last lines it printed: see ``WorkerProcess.end``."""
        worker, self._worker = self._worker, None
        return worker.end(print_stack=print_stack) if worker is not None else []

    def _failure(
        self, cell: Cell, threads: int, status: str, lines: list[str], **values: Any
    ) -> CellResult:
        """Return the result of a cell that could not send one."""
        facts = {"status": status, "message": _join(lines), "threads": threads, **values}
        return CellResult(empty_record(cell, device=self._device, **facts))


def _next_stage(message: Message, stage: str, report: Callable[[str], None]) -> str:
    """Handle a message that a cell sends before its outcome; returns the stage that it is at."""
    text, new = message.facts.get("text", ""), message.facts.get("stage")
    if message.what == STAGE and isinstance(new, str) and new in STAGES:
        order = list(STAGES)
        if order.index(new) >= order.index(stage):
            return new
    elif message.what == PROGRESS and isinstance(text, str):
        report(format.one_line(text[: format.MAX_TEXT]))
        return stage
    elif message.what == FULL and isinstance(text, str):
        raise NoSpace(text)
    raise BadMessage(f"unexpected {message.what[:80]!r}")


def _join(lines: list[str]) -> str:
    """Join the first line and, as far as the length of a message allows, the last ones."""
    first, rest = lines[0], "\n".join(lines[1:])
    left = max(0, format.MAX_TEXT - len(first))
    return "\n".join(part for part in (first, rest[-left:] if left else "") if part)
