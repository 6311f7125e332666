"""A lane: runs cells in processes of a worker, which it replaces when a cell has gone too far."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.cell import Cell
from bench.errors import NoSpace, WorkerFailed
from bench.limits import MIB
from bench.record import Record
from bench.workers import child, os_control
from bench.workers.measure import LONGEST_MESSAGE, STAGES, blank
from bench.workers.messages import BadMessage, Message
from bench.workers.outcome import DONE, outcome_record
from bench.workers.process import PREPARATION, CellEnded, Ended, Handle, Late, Setup
from bench.workers.watch import Clock, Memory

_LOOK, _RARELY = 0.05, 0.2  # seconds between looks at the memory of a cell, at least and at most
_LONGEST = 3600.0  # seconds that a cell without a limit may take before its fit
_GRACE = 0.5  # seconds in which what came in time may be read after the limit
_HALF = 10.0  # seconds that a part of a message may wait for the rest
_STARTS = 3  # times to try to start a worker
_MODULE = re.compile(r"[\w.]{1,200}")
_MODULES = 5000  # of which names are remembered, at most


@dataclass(frozen=True)
class Outcome:
    """What a lane returns of a cell: its record, and arrays to keep beside it."""

    record: Record
    arrays: dict[str, Any] = field(default_factory=dict)


class Lane:
    """Runs cells one at a time under a worker process, which is started when it is first needed.

    ``device`` is that of all its cells.
    """

    def __init__(self, setup: Setup, device: str = "cpu") -> None:
        self._setup = setup
        self._device = device
        #: Bytes of memory of the running cell when it was last looked at, 0 between cells.
        self.used = 0
        #: Lanes of the same machine: where memory runs out, the one that uses most gives way.
        self.siblings: Sequence[Lane] = (self,)
        self._worker: Handle | None = None
        self._closed = False
        # Modules that cells had to import: the worker does it before the next one.
        self._modules: dict[str, None] = {}

    def run(
        self,
        cell: Cell,
        threads: int = 1,
        tell: Callable[[str], None] = lambda text: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Outcome | None:
        """Run a cell on so many threads; None if the lane was closed, or nobody wants the cell.

        ``tell`` gets what the cell logs; ``wanted`` is asked now and then. A cell that goes over a
        limit is ended and recorded as "timeout" or "memory"; one that takes its process along as
        "crashed", with the last lines it printed; one that sends nonsense as "failed". Raises
        WorkerFailed where no worker starts, NoSpace where a disk is full.
        """
        try:
            running = self._begun(cell, threads)
            if running is None:
                return None
            memory = Memory(running)
            try:
                return self._watch(running, memory, cell, tell, wanted)
            finally:
                memory.clear()
        except Ended as ended:
            self._worker = None
            return None if self._closed else self._lost(cell, threads, "crashed", ended.lines)
        except Late:
            if self._closed:
                return None
            lines = [f"its worker did not begin it within {PREPARATION:g} s", *self._where()]
            return self._lost(cell, threads, "timeout", lines)
        finally:
            self.used = 0

    def close(self) -> None:
        """End the worker; whatever it was doing is given up."""
        self.hang_up()
        running = self._worker
        if running is not None:
            running.wait()

    def hang_up(self) -> None:
        """Have the worker ended, without waiting for that."""
        self._closed = True
        running = self._worker
        if running is not None:
            running.hang_up()

    def _begun(self, cell: Cell, threads: int) -> Handle | None:
        """A worker with so many threads that has begun the cell; None if the lane was closed.

        A worker that dies before it begins does so from what came earlier, or for want of
        something that all of them need.
        """
        if self._worker is not None and self._worker.threads != threads:
            self._end(self._worker)
        lines = ["?"]
        for _ in range(_STARTS):
            if self._closed:
                return None
            try:
                running = self._worker
                if running is None:
                    self._worker = running = Handle(self._setup, self._device, threads)
                    if not self._closed:
                        self._greet(running)
                if self._closed:
                    # Perhaps while the process was being started: nobody else would end it.
                    self._end(running)
                    return None
                running.begin(cell, self._device, self._modules)
                return running
            except Ended as ended:
                lines = ended.lines
                self._worker = None
        raise WorkerFailed("\n".join(["worker processes do not start", *lines]))

    def _greet(self, running: Handle) -> None:
        try:
            running.greet()
        except Late:
            plugins = ", ".join(path for path, _ in self._setup.plugins)
            what = f"plug-in {plugins}" if plugins else "packages"
            raise WorkerFailed(
                "\n".join(
                    [
                        f"a worker process did not start within {PREPARATION:g} s: it was still "
                        f"importing the {what}",
                        *self._where(),
                    ]
                )
            ) from None

    def _where(self) -> list[str]:
        """End the worker, asking it for the lines of code that it is at."""
        running, self._worker = self._worker, None
        return running.end(asking=0) if running else []

    def _watch(
        self,
        running: Handle,
        memory: Memory,
        cell: Cell,
        tell: Callable[[str], None],
        wanted: Callable[[], bool],
    ) -> Outcome | None:
        """Wait for the outcome of the cell that has begun, or end it where it goes too far."""
        clock, timeout = Clock(), cell.limits.timeout
        stage, start, pause, next_look, half = "sample", 0.0, _LOOK, 0.0, (0.0, 0)
        while True:
            now = clock.seconds(pause)
            allowed = timeout
            if stage != "fit":
                # What a worker needs for its first fit of a kind is not the cell's doing.
                allowed = _LONGEST if timeout is None else timeout + PREPARATION
            left = pause if allowed is None else start + allowed - now
            try:
                message = running.hear(max(0.0, min(pause, left)))
                now = clock.seconds(pause)
                whole, size = not running.half[0], running.half[1]
                if whole or size != half[1]:
                    half = (now, size)
                elif now > half[0] + _HALF:
                    raise BadMessage(f"half of one, and no more for {_HALF:g} s")
                if message is not None and message.what == DONE:
                    return self._done(running, cell, message)
                if message is not None:
                    stage, start = self._news(message, stage, start, now, tell)
            except BadMessage as error:
                self._end(running)
                lines = [f"the process of the cell sent what is no outcome: {error}"]
                return self._lost(cell, running.threads, "failed", lines)
            except CellEnded as ended:
                lines = [f"the worker process ended: {ended}", *running.output()]
                return self._lost(cell, running.threads, "crashed", lines)
            if left <= (0 if message is None and whole else -_GRACE):
                lines = [f"stopped after {allowed:g} s"]
                if stage != "fit":
                    lines = [f"{lines[0]} before its fit, {STAGES[stage]}"]
                lines += self._end(running, asking=running.cell)
                return self._lost(cell, running.threads, "timeout", lines)
            if now >= next_look:
                if not wanted():
                    self._end(running)
                    return None
                before = time.monotonic()
                over = self._over(memory, cell.limits.memory)
                if over:
                    used = self.used / MIB
                    lines = [over, *self._end(running, asking=running.cell)]
                    return self._lost(cell, running.threads, "memory", lines, peak_memory_mib=used)
                # Looking is to take no more than a hundredth of a core, unless it would be rare.
                pause = min(max(_LOOK, 100 * (time.monotonic() - before)), _RARELY)
                next_look = now + pause

    def _news(
        self,
        message: Message,
        stage: str,
        start: float,
        now: float,
        tell: Callable[[str], None],
    ) -> tuple[str, float]:
        """Take what a cell says before its outcome; returns its stage, and when that began.

        The time before the fit is counted together.
        """
        text = message.facts.get("text", "")
        new = message.facts.get("stage")
        if message.what == child.STAGE and isinstance(new, str) and new in STAGES:
            order = list(STAGES)
            if order.index(new) >= order.index(stage):
                return new, now if new == "fit" and stage != "fit" else start
        elif message.what == child.TOLD and isinstance(text, str):
            tell("".join(letter if letter.isprintable() else " " for letter in text).strip())
            return stage, start
        elif message.what == child.FULL and isinstance(text, str):
            raise NoSpace(text)
        raise BadMessage(f"{message.what[:80]!r} out of turn")

    def _over(self, memory: Memory, limit: int | None) -> str:
        """Why the memory of the running cell is too much; "" where it is not."""
        self.used = memory.used(limit)
        if limit is not None and self.used > limit:
            return f"used {_size(self.used)}, more than its limit of {_size(limit)}"
        if os_control.available() < os_control.reserve():
            if self.used >= max(lane.used for lane in self.siblings):
                return (
                    "the machine ran out of memory, and this cell used the most, "
                    f"{_size(self.used)}; run fewer at a time (--jobs), or set a limit (--memory)"
                )
        return ""

    def _done(self, running: Handle, cell: Cell, message: Message) -> Outcome:
        record = outcome_record(cell, running.threads, message)
        running.done()
        names = message.facts.get("modules")
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str) and _MODULE.fullmatch(name) and len(self._modules) < _MODULES:
                self._modules[name] = None
        if record.status != "ok":
            try:
                lines = running.output()
            except Ended as ended:
                self._worker, lines = None, ended.lines[1:]
            record = replace(record, message=_message([record.message, *lines]))
        return Outcome(record, message.arrays)

    def _end(self, running: Handle, *, asking: int | None = None) -> list[str]:
        self._worker = None
        return running.end(asking=asking)

    def _lost(
        self, cell: Cell, threads: int, status: str, lines: list[str], **values: Any
    ) -> Outcome:
        """A record of a cell that could not report itself."""
        return Outcome(
            blank(
                cell,
                status=status,
                message=_message(lines),
                threads=threads,
                device=self._device,
                **values,
            )
        )


def _message(lines: list[str]) -> str:
    """The first line and, as far as there is room, the last ones."""
    first, rest = lines[0], "\n".join(lines[1:])
    room = max(0, LONGEST_MESSAGE - len(first))
    return "\n".join(part for part in (first, rest[-room:] if room else "") if part)


def _size(size: int) -> str:
    return f"{size / 2**30:.2f} GiB" if size >= 2**30 else f"{size / MIB:.0f} MiB"
