"""A lane: one reusable worker process, which can be killed without harm to anything else."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import Any

from bench.limits import MIB
from bench.plan import Cell
from bench.records import Record
from bench.stopped import NoSpace, WorkerFailed
from bench.workers import keeper, processes, worker
from bench.workers.measure import LONGEST_MESSAGE, blank

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    # Else torch.compile keeps a pool of processes.
    "TORCHINDUCTOR_COMPILE_THREADS",
)
_OUTPUT_LINES, _LINE = 20, 200  # kept of what a failed cell printed: lines, and their length
_LOOK = 0.05  # seconds between looks at the memory of a cell
_STARTS = 3  # times to try to start a worker
_PATIENCE = 10.0  # seconds in which a keeper must answer


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know beside its cells.

    ``plugins`` are paths with their source, ``modules`` names to import, ``entries`` pickled
    entries of the running program; ``scratch`` is the folder of shared samples, "" for none.
    """

    plugins: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] = ()
    entries: bytes = b"\x80\x04]\x94."  # a pickled empty list
    scratch: str = ""


@dataclass(frozen=True)
class Outcome:
    """What a lane returns of a cell: its record, and arrays to keep beside it."""

    record: Record
    arrays: dict[str, Any] = field(default_factory=dict)


class Lane:
    """Runs cells one at a time in a worker process, which is started when it is first needed.

    ``device`` is that of all its cells; without "cuda" its worker sees no GPU.
    """

    def __init__(self, setup: Setup, device: str = "cpu") -> None:
        self.setup = setup
        self.device = device
        #: Bytes of memory of the running cell when it was last looked at, 0 between cells.
        self.used = 0
        #: Lanes of the same machine: where memory runs out, the one that uses most gives way.
        self.siblings: Sequence[Lane] = (self,)
        self._process: subprocess.Popen[bytes] | None = None
        self._work: Connection | None = None
        self._control: Connection | None = None
        self._threads = 0
        self._closed = False

    def run(
        self,
        cell: Cell,
        threads: int = 1,
        tell: Callable[[str], None] = lambda text: None,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Outcome | None:
        """Run a cell on so many threads; None if the lane was closed meanwhile, or nobody wants it.

        ``tell`` gets what the cell logs; ``wanted`` is asked now and then. A cell that goes over a limit is ended and recorded as
        "timeout" or "memory"; one that takes its process along as "crashed", with the last lines
        it printed. Raises WorkerFailed where no worker starts, NoSpace where a disk is full.
        """
        try:
            for _ in range(_STARTS):
                self._start(threads)
                if self._hand_over(cell, threads):
                    return self._watch(cell, tell, wanted)
            raise WorkerFailed("worker processes die before they begin a cell")
        except (EOFError, OSError):
            if self._closed:
                return None
            # The worker is gone, and so is its keeper.
            return self._lost(cell, "crashed", self._obituary())
        finally:
            self.used = 0

    def _hand_over(self, cell: Cell, threads: int) -> bool:
        """Give the worker a cell; False where it died before it began, from what came earlier."""
        assert self._work is not None and self._control is not None
        try:
            self._control.send_bytes(keeper.NEW)
            self._work.send((cell, self.device, threads))
            if self._work in wait([self._work, self._control]):
                return self._work.recv()[0] == worker.BEGUN
        except (EOFError, OSError):
            pass
        if self._closed:
            raise EOFError
        self._obituary()
        return False

    def _watch(
        self, cell: Cell, tell: Callable[[str], None], wanted: Callable[[], bool]
    ) -> Outcome | None:
        """Wait for the outcome of the cell that has begun, or end it where it goes too far."""
        assert self._work is not None and self._control is not None
        start = time.monotonic()
        timeout, memory = cell.limits.timeout, cell.limits.memory
        pause = _LOOK
        while True:
            left = None if timeout is None else start + timeout - time.monotonic()
            if left is not None and left <= 0:
                self._control.send_bytes(keeper.WHERE)
                return self._lost(cell, "timeout", [f"stopped after {timeout:g} s", *self._end()])
            ready = wait([self._work, self._control], pause if left is None else min(pause, left))
            if self._work in ready:
                kind, *said = self._work.recv()
                if kind == worker.TOLD:
                    tell(said[0])
                elif kind == worker.FULL:
                    raise NoSpace(said[0])
                else:
                    return self._done(*said)
            elif self._control in ready:
                return None if self._closed else self._lost(cell, "crashed", self._obituary())
            else:
                if not wanted():
                    self._end()
                    return None
                looked = time.monotonic()
                over = self._over(memory)
                if over:
                    used = self.used / MIB
                    return self._lost(cell, "memory", [over, *self._end()], peak_memory_mib=used)
                # Looking is to take no more than a hundredth of a core.
                pause = max(_LOOK, 100 * (time.monotonic() - looked))

    def _over(self, limit: int | None) -> str:
        """Why the memory of the running cell is too much; "" where it is not."""
        assert self._process is not None
        self.used = processes.memory(self._process.pid, limit)
        if limit is not None and self.used > limit:
            return f"used {_size(self.used)}, more than its limit of {_size(limit)}"
        if processes.available() < processes.reserve():
            if self.used >= max(lane.used for lane in self.siblings):
                return (
                    f"the machine ran out of memory, and this cell used the most, "
                    f"{_size(self.used)}; run fewer at a time (--jobs), or set a limit (--memory)"
                )
        return ""

    def _done(self, record: Record, arrays: dict[str, Any], reusable: bool) -> Outcome:
        if record.status != "ok":
            assert self._control is not None
            self._control.send_bytes(keeper.TAIL)
            code, lines = self._told()
            record = replace(record, message=_message([record.message, *lines]))
            reusable = reusable and code is None
        if not reusable:
            # The cell left processes or threads behind, which are not to disturb the next one.
            self._end()
        return Outcome(record, arrays)

    def close(self) -> None:
        """End the worker; whatever it was doing is given up."""
        self.hang_up()
        process = self._process
        if process is not None:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._kill(process)

    def hang_up(self) -> None:
        """Tell the worker's keeper to end it, without waiting for that."""
        self._closed = True
        control = self._control
        if control is not None:
            try:
                control.send_bytes(keeper.END)
            except (OSError, ValueError):
                pass

    def _start(self, threads: int) -> None:
        """See to it that a worker with so many threads is running."""
        if self._closed:
            raise EOFError
        if self._process is not None and self._threads != threads:
            self._end()
        for attempt in range(_STARTS):
            if self._process is not None:
                return
            self._threads = threads
            self._spawn(threads)
            assert self._work is not None and self._control is not None
            try:
                self._work.send(vars(self.setup))
                ready = wait([self._work, self._control])
                if self._work in ready and self._work.recv()[0] == worker.READY:
                    return
            except (EOFError, OSError):
                pass
            if self._closed:
                raise EOFError
            reason = self._obituary()
            if attempt == _STARTS - 1:
                raise WorkerFailed("\n".join(["a worker process could not be started", *reason]))

    def _spawn(self, threads: int) -> None:
        work, their_work = socket.socketpair()
        control, their_control = socket.socketpair()
        environment = {
            **os.environ,
            **dict.fromkeys(_THREAD_VARIABLES, str(threads)),
            "PYTHONPATH": os.pathsep.join(path for path in (os.getcwd(), *sys.path) if path),
        }
        if self.device != "cuda":
            environment["CUDA_VISIBLE_DEVICES"] = ""
        passed = [their_control.fileno(), their_work.fileno()]
        with their_work, their_control:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "bench.workers.keeper", *map(str, passed)),
                    *(str(os.getpid()), self.setup.scratch),
                ],
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                # Ctrl-C is for the coordinator.
                start_new_session=True,
            )
        self._work, self._control = Connection(work.detach()), Connection(control.detach())
        if self._closed:
            # Closed while the process was being started: nobody else would end it.
            self._end()
            raise EOFError

    def _end(self) -> list[str]:
        """End the worker and its keeper; returns the last lines that it printed."""
        if self._control is not None:
            try:
                self._control.send_bytes(keeper.END)
            except OSError:
                pass
        return self._obituary()[1:]

    def _obituary(self) -> list[str]:
        """How the worker ended, and the last lines it printed."""
        code, lines = self._told()
        process, self._process = self._process, None
        if process is not None:
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._kill(process)
        for connection in (self._work, self._control):
            if connection is not None:
                connection.close()
        self._work = self._control = None
        how = "its keeper was killed" if code is None else f"exit code {code}"
        if code is not None and code < 0:
            how = f"killed by {signal.Signals(-code).name}"
            if -code == signal.SIGKILL:
                how += " (by the system for want of memory, or by somebody)"
        return [f"the worker process ended: {how}", *lines]

    def _told(self) -> tuple[int | None, list[str]]:
        """What the keeper says: the worker's exit code where it ended, and its last lines."""
        if self._control is None:
            return None, []
        try:
            if not self._control.poll(_PATIENCE):
                return None, []
            told = json.loads(self._control.recv_bytes())
        except (EOFError, OSError):
            return None, []
        lines = told["tail"].strip().splitlines()[-_OUTPUT_LINES:]
        return told["code"], [line[-_LINE:] for line in lines]

    @staticmethod
    def _kill(process: subprocess.Popen[bytes]) -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()

    def _lost(self, cell: Cell, status: str, lines: list[str], **values: Any) -> Outcome:
        """A record of a cell that could not report itself."""
        return Outcome(
            blank(
                cell,
                status=status,
                message=_message(lines),
                threads=self._threads,
                device=self.device,
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
