"""A worker process as a lane has it in hand: started, spoken to, ended."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from bench.cell import Cell
from bench.workers import orders, os_control, start, supervisor, worker
from bench.workers.messages import BadMessage, Message, Receiver

_OUTPUT_LINES, _LINE = 20, 200  # kept of what a failed cell printed: lines, and their length
_PATIENCE = 10.0  # seconds in which a process that no estimator runs in must answer
#: Seconds that imports and compilation in a worker may take.
PREPARATION = 120.0


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know beside its cells.

    ``plugins`` are paths with their source, ``modules`` names to import, ``entries`` pickled
    entries of the running program; ``scratch`` is the folder of shared samples, "" for none.
    With ``calibrated``, fits are timed alone and repeated, beside a calibration kernel.
    """

    plugins: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] = ()
    entries: bytes = b"\x80\x04]\x94."  # a pickled empty list
    scratch: str = ""
    calibrated: bool = False


class Ended(Exception):
    """The worker, or its keeper, has ended; ``lines`` say how, and the last that it printed."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(lines[0])
        self.lines = lines


class Late(Exception):
    """The worker did not answer in time."""


class CellEnded(Exception):
    """The process of the cell has ended without an outcome; the worker goes on."""


class Handle:
    """A worker with its keeper. All methods raise ``Ended`` where they are gone.

    Without the device "cuda" the worker sees no GPU.
    """

    def __init__(self, setup: Setup, device: str, threads: int) -> None:
        self.threads = threads
        #: Numbers of the worker, of the process of its cell, and of that of the next one.
        self.worker = self.cell = self.spare = 0
        self._mark = uuid.uuid4().hex
        self._code = 0
        self._running = self._torn = False
        self._silent_since = math.inf
        self._results: Receiver | None = None
        self._modules: set[str] = set()
        path, last = start.search_path()
        self._setup = {**vars(setup), "last": last}
        ours, their_orders = socket.socketpair()
        control, their_control = socket.socketpair()
        passed = [their_control.fileno(), their_orders.fileno()]
        with their_orders, their_control:
            self._process = subprocess.Popen(
                start.command(
                    "bench.workers.supervisor", *passed, os.getpid(), setup.scratch, path=path
                ),
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=start.environment(path, device, threads, self._mark),
                # Ctrl-C is for the coordinator.
                start_new_session=True,
            )
        self._control = Connection(control.detach())
        self._orders = ours
        self._answers = Receiver(ours.dup())

    @property
    def pid(self) -> int:
        """Number of the keeper, from which the worker and what it starts descend."""
        return self._process.pid

    def greet(self) -> None:
        """Send the setup, and wait until the worker is ready; Late where it is not in time."""
        self._send(self._setup)
        self._expect(worker.READY, PREPARATION)

    def begin(self, cell: Cell, device: str, modules: Iterable[str]) -> None:
        """Hand over a cell, and wait until its process begins; Late where it does not in time.

        ``modules`` are to be imported before.
        """
        if self._running:
            # What the last cell has left is being ended.
            try:
                self._expect(worker.ENDED, _PATIENCE)
            except Late:
                lines = self.end()
                raise Ended(["the worker process did not answer between cells", *lines]) from None
        # Else what the cell prints might be forgotten with what came before.
        self._ask(supervisor.NEW)
        results, theirs = socket.socketpair()
        self._results, self._torn = Receiver(results), False
        self._silent_since = math.inf
        with theirs:
            new = [name for name in modules if name not in self._modules]
            self._modules.update(new)
            self._send((cell, device, self.threads, new), theirs.fileno())
        self._expect(worker.BEGUN, PREPARATION)
        self._running = True

    def hear(self, timeout: float) -> Message | None:
        """What the cell says next, as ``child`` has it; None if nothing in so many seconds.

        Raises CellEnded where it is gone without an outcome, BadMessage where it says nonsense.
        """
        if self._running:
            sources: list[Connection | int] = [self._control, self._answers.fileno()]
            if self._results is not None:
                sources.append(self._results.fileno())
            ready = wait(sources, timeout)
            if self._control in ready:
                raise Ended(self._obituary())
            if self._answers.fileno() in ready:
                self._hear_worker()
        if self._results is not None:
            try:
                message = self._results.receive()
                if message is not None or self._running:
                    return message
            except EOFError:
                pass
            self._torn = self._results.within
            self._silent_since = time.monotonic()
            self._forget()
        if self._running and time.monotonic() > self._silent_since + _PATIENCE:
            raise BadMessage("it closed the connection, and goes on")
        if not self._running:
            if self._torn and self._code >= 0:
                raise BadMessage(
                    f"it ended in the middle of one, with {os_control.how_it_ended(self._code)}"
                )
            raise CellEnded(os_control.how_it_ended(self._code))
        return None

    @property
    def apart(self) -> tuple[int, ...]:
        """Numbers of the processes below the keeper that are not the cell's."""
        return self.pid, self.worker, self.spare

    @property
    def half(self) -> tuple[bool, int]:
        """Whether a message has begun and not ended, and how many bytes have come of the cell."""
        return (self._results.within, self._results.size) if self._results else (False, 0)

    def done(self) -> None:
        """The outcome of the cell is there: what else comes of it does not count."""
        self._forget()

    def output(self) -> list[str]:
        """The last lines that the cell printed."""
        return self._ask(supervisor.TAIL)

    def end(self, *, asking: int | None = None) -> list[str]:
        """End the worker and all that it started; returns the last lines that it printed.

        With the number of a process to be asked, 0 for the worker, these are the lines of code
        that it is at.
        """
        try:
            if asking is not None:
                self._order(b"%s %d" % (supervisor.WHERE, asking))
            self._order(supervisor.END)
        except Ended as ended:
            return ended.lines[1:]
        return self._obituary()[1:]

    def hang_up(self) -> None:
        """Have the worker ended, without waiting for that; another thread may wait for it."""
        try:
            self._control.send_bytes(supervisor.END)
        except (OSError, ValueError):
            pass

    def wait(self) -> None:
        """Wait until the keeper is gone, and see that nothing is left where it was prevented."""
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            os_control.end_marked(start.MARK, self._mark)
            self._process.kill()
            self._process.wait()

    def _send(self, what: object, descriptor: int = -1) -> None:
        try:
            self._orders.settimeout(PREPARATION)
            orders.send(self._orders, what, descriptor)
            self._orders.setblocking(False)
        except TimeoutError:
            raise Late from None
        except OSError:
            raise Ended(self._obituary()) from None

    def _expect(self, what: str, patience: float) -> None:
        """Wait until the worker says something; Late where it does not in time."""
        until = time.monotonic() + patience
        while True:
            left = max(0.0, until - time.monotonic())
            ready = wait([self._answers.fileno(), self._control], left)
            if self._control in ready:
                raise Ended(self._obituary())
            if not ready:
                raise Late
            message = self._hear_worker()
            if message is not None and message.what == what:
                return

    def _hear_worker(self) -> Message | None:
        try:
            message = self._answers.receive()
        except (EOFError, BadMessage):
            raise Ended(self._obituary()) from None
        if message is None:
            return None
        if message.what == worker.READY:
            self.worker = message.facts["pid"]
        elif message.what == worker.BEGUN:
            self.cell, self.spare = message.facts["pid"], 0
        elif message.what == worker.SPARE:
            self.spare = message.facts["pid"]
        elif message.what == worker.ENDED:
            self._running, self._code = False, message.facts["code"]
        return message

    def _forget(self) -> None:
        if self._results is not None:
            self._results.close()
            self._results = None

    def _ask(self, order: bytes) -> list[str]:
        """The last lines that were printed, where the worker is there."""
        self._order(order)
        code, lines = self._answer()
        if code is not None or lines is None:
            raise Ended(self._ended(code, lines))
        return lines

    def _order(self, order: bytes) -> None:
        try:
            self._control.send_bytes(order)
        except OSError:
            raise Ended(self._obituary()) from None

    def _answer(self) -> tuple[int | None, list[str] | None]:
        """What the keeper says: the worker's exit code where it ended, and its last lines.

        No lines where it does not answer.
        """
        try:
            if not self._control.poll(_PATIENCE):
                return None, None
            told = json.loads(self._control.recv_bytes())
        except (EOFError, OSError):
            return None, None
        lines = told["tail"].strip().splitlines()[-_OUTPUT_LINES:]
        return told["code"], [line[-_LINE:] for line in lines]

    def _obituary(self) -> list[str]:
        """How the worker ended, and the last lines it printed; worker and keeper are gone then."""
        return self._ended(*self._answer())

    def _ended(self, code: int | None, lines: list[str] | None) -> list[str]:
        self.wait()
        self._forget()
        for connection in (self._orders, self._answers, self._control):
            connection.close()
        how = "its keeper was killed" if code is None else os_control.how_it_ended(code)
        return [f"the worker process ended: {how}", *(lines or [])]
