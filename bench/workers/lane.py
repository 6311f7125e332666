"""A lane: runs cells in a worker process, which it replaces when a cell has gone too far."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bench.limits import MIB
from bench.plan import Cell
from bench.records import Record
from bench.stopped import NoSpace, WorkerFailed
from bench.workers import processes, worker
from bench.workers.handle import Ended, Handle, Setup
from bench.workers.measure import LONGEST_MESSAGE, blank

_LOOK = 0.05  # seconds between looks at the memory of a cell
_PREPARATION = 120.0  # seconds that imports, compilation and the sample may take beside the limit
_STARTS = 3  # times to try to start a worker


@dataclass(frozen=True)
class Outcome:
    """What a lane returns of a cell: its record, and arrays to keep beside it."""

    record: Record
    arrays: dict[str, Any] = field(default_factory=dict)


class Lane:
    """Runs cells one at a time in a worker process, which is started when it is first needed.

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
        "crashed", with the last lines it printed. Raises WorkerFailed where no worker starts,
        NoSpace where a disk is full.
        """
        try:
            running = self._begun(cell, threads)
            return None if running is None else self._watch(running, cell, tell, wanted)
        except Ended as ended:
            self._worker = None
            return None if self._closed else self._lost(cell, threads, "crashed", ended.lines)
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
                        running.greet()
                if self._closed:
                    # Perhaps while the process was being started: nobody else would end it.
                    self._end(running)
                    return None
                running.begin(cell, self._device)
                return running
            except Ended as ended:
                lines = ended.lines
                self._worker = None
        raise WorkerFailed("\n".join(["worker processes do not start", *lines]))

    def _watch(
        self,
        running: Handle,
        cell: Cell,
        tell: Callable[[str], None],
        wanted: Callable[[], bool],
    ) -> Outcome | None:
        """Wait for the outcome of the cell that has begun, or end it where it goes too far."""
        start = time.monotonic()
        timeout, memory = cell.limits.timeout, cell.limits.memory
        pause, grace = _LOOK, _PREPARATION
        next_look = start + pause
        while True:
            left = None if timeout is None else start + grace + timeout - time.monotonic()
            if left is not None and left <= 0:
                lines = [f"stopped after {timeout:g} s", *self._end(running, asking_where=True)]
                return self._lost(cell, running.threads, "timeout", lines)
            heard = running.hear(pause if left is None else min(pause, left))
            now = time.monotonic()
            if now >= next_look:
                if not wanted():
                    self._end(running)
                    return None
                over = self._over(running, memory)
                if over:
                    used = self.used / MIB
                    lines = [over, *self._end(running, asking_where=True)]
                    return self._lost(cell, running.threads, "memory", lines, peak_memory_mib=used)
                # Looking is to take no more than a hundredth of a core.
                pause = max(_LOOK, 100 * (time.monotonic() - now))
                next_look = time.monotonic() + pause
            if heard is None:
                continue
            if heard[0] == worker.FITTING:
                # What a worker needs for its first fit of a kind is not the cell's doing.
                start, grace = time.monotonic(), 0.0
            elif heard[0] == worker.TOLD:
                tell(heard[1])
            elif heard[0] == worker.FULL:
                raise NoSpace(heard[1])
            else:
                return self._done(running, *heard[1:])

    def _over(self, running: Handle, limit: int | None) -> str:
        """Why the memory of the running cell is too much; "" where it is not."""
        self.used = processes.memory(running.pid, limit)
        if limit is not None and self.used > limit:
            return f"used {_size(self.used)}, more than its limit of {_size(limit)}"
        if processes.available() < processes.reserve():
            if self.used >= max(lane.used for lane in self.siblings):
                return (
                    "the machine ran out of memory, and this cell used the most, "
                    f"{_size(self.used)}; run fewer at a time (--jobs), or set a limit (--memory)"
                )
        return ""

    def _done(
        self, running: Handle, record: Record, arrays: dict[str, Any], reusable: bool
    ) -> Outcome:
        if record.status != "ok":
            try:
                lines = running.output()
            except Ended as ended:
                self._worker, lines = None, ended.lines[1:]
            record = replace(record, message=_message([record.message, *lines]))
        if not reusable and self._worker is not None:
            # The cell left processes or threads behind, which are not to disturb the next one.
            self._end(running)
        return Outcome(record, arrays)

    def _end(self, running: Handle, *, asking_where: bool = False) -> list[str]:
        self._worker = None
        return running.end(asking_where=asking_where)

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
