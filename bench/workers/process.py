"""A worker process with its supervisor, as a worker slot uses it: start, send a cell, end."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from bench.cell import Cell
from bench.workers import launch, os_control, supervisor, worker
from bench.workers.messages import BadMessage, Message, Receiver

_OUTPUT_LINES, _LINE = 20, 200  # of the output of a failed cell: lines, and their length
_PATIENCE = 10.0  # seconds in which a process that no estimator runs in must answer
#: Seconds that imports and compilation in a worker may take.
PREPARATION = 120.0


@dataclass(frozen=True)
class Setup:
    """Facts that a worker needs beside its cells.

    ``plugins`` are paths with their source, ``modules`` names to import, ``entries`` pickled
    entries of the running program; ``scratch`` is the folder of the sample cache, "" for none.
    With ``calibrated``, fits are timed alone and repeated, beside a calibration kernel.
    """

    plugins: tuple[tuple[str, str], ...] = ()
    modules: tuple[str, ...] = ()
    entries: bytes = b"\x80\x04]\x94."  # a pickled empty list
    scratch: str = ""
    calibrated: bool = False


class WorkerEnded(Exception):
    """The worker or its supervisor has ended; ``lines`` say how, and end with its output."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(lines[0])
        self.lines = lines


class WorkerTimeout(Exception):
    """The worker did not answer in time."""


class CellEnded(Exception):
    """The process of the cell has ended without an outcome; the worker goes on."""


class WorkerProcess:
    """A worker with its supervisor. All methods raise ``WorkerEnded`` where they have ended.

    Without the device "cuda" the worker sees no GPU.
    """

    def __init__(self, setup: Setup, device: str, threads: int) -> None:
        self.threads = threads
        #: Process ids of the worker, of its cell, and of the process for the next cell.
        self.worker = self.cell = self.spare = 0
        self._mark = uuid.uuid4().hex
        self._code = 0
        self._running = self._truncated = False
        self._closed_at = math.inf
        self._results: Receiver | None = None
        self._modules: set[str] = set()
        path, last = launch.search_path()
        self._setup = {**vars(setup), "last": last}
        orders, worker_orders = socket.socketpair()
        control, supervisor_control = socket.socketpair()
        passed = [supervisor_control.fileno(), worker_orders.fileno()]
        with worker_orders, supervisor_control:
            self._process = subprocess.Popen(
                launch.command(
                    "bench.workers.supervisor", *passed, os.getpid(), setup.scratch, path=path
                ),
                pass_fds=passed,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=launch.environment(path, device, threads, self._mark),
                # Ctrl-C is for the coordinator.
                start_new_session=True,
            )
        self._control = Connection(control.detach())
        self._orders = orders
        self._answers = Receiver(orders.dup())

    @property
    def pid(self) -> int:
        """Id of the supervisor, from which the worker and all that it starts descend."""
        return self._process.pid

    @property
    def other_pids(self) -> tuple[int, ...]:
        """Ids of the supervisor and those of its descendants that are not the cell's."""
        return self.pid, self.worker, self.spare

    @property
    def partial_message(self) -> tuple[bool, int]:
        """Return whether a message of the cell is incomplete, and the bytes received of it."""
        return (self._results.partial, self._results.size) if self._results else (False, 0)

    def prepare(self) -> None:
        """Send the setup, and wait until the worker is ready; WorkerTimeout where it is late."""
        self._send(self._setup)
        self._expect(worker.READY, PREPARATION)

    def begin(self, cell: Cell, device: str, modules: Iterable[str]) -> None:
        """Send a cell, and wait until its process begins; WorkerTimeout where it is late.

        ``modules`` are to be imported before.
        """
        if self._running:
            # Processes that the last cell has left are being ended.
            try:
                self._expect(worker.ENDED, _PATIENCE)
            except WorkerTimeout:
                message = "the worker process did not answer between cells"
                raise WorkerEnded([message, *self.end()]) from None
        # Before the cell prints anything: earlier output is deleted.
        self._request_output(supervisor.NEW)
        results, cell_results = socket.socketpair()
        self._results, self._truncated = Receiver(results), False
        self._closed_at = math.inf
        with cell_results:
            new = [name for name in modules if name not in self._modules]
            self._modules.update(new)
            self._send((cell, device, self.threads, new), cell_results.fileno())
        self._expect(worker.BEGUN, PREPARATION)
        self._running = True

    def receive(self, timeout: float) -> Message | None:
        """Return the next message of the cell; None if there is none in so many seconds.

        Raises CellEnded where it ended without an outcome, BadMessage for an invalid message.
        """
        if self._running:
            sources: list[Connection | int] = [self._control, self._answers.fileno()]
            if self._results is not None:
                sources.append(self._results.fileno())
            ready = wait(sources, timeout)
            if self._control in ready:
                raise WorkerEnded(self._exit_lines())
            if self._answers.fileno() in ready:
                self._receive_from_worker()
        if self._results is not None:
            with suppress(EOFError):
                message = self._results.receive()
                if message is not None or self._running:
                    return message
            self._truncated = self._results.partial
            self._closed_at = time.monotonic()
            self.close_results()
        if self._running and time.monotonic() > self._closed_at + _PATIENCE:
            raise BadMessage("it closed the connection, and goes on")
        if not self._running:
            how = os_control.how_it_ended(self._code)
            if self._truncated and self._code >= 0:
                raise BadMessage(f"it ended in the middle of one, with {how}")
            raise CellEnded(how)
        return None

    def close_results(self) -> None:
        """Receive no further message of the cell, such as after its outcome."""
        if self._results is not None:
            self._results.close()
            self._results = None

    def close_connections(self) -> None:
        """Close all connections to a worker that has ended."""
        self.close_results()
        for connection in (self._orders, self._answers, self._control):
            connection.close()

    def output(self) -> list[str]:
        """Return the last lines that the cell printed."""
        return self._request_output(supervisor.TAIL)

    def end(self, *, print_stack: int | None = None) -> list[str]:
        """End the worker and all that it started; returns the last lines that it printed.

        The process with the id ``print_stack`` (0: the worker) first prints the lines of code at
        which it is.
        """
        try:
            if print_stack is not None:
                self._request(b"%s %d" % (supervisor.WHERE, print_stack))
            self._request(supervisor.END)
        except WorkerEnded as ended:
            return ended.lines[1:]
        return self._exit_lines()[1:]

    def request_end(self) -> None:
        """Have the worker ended, without waiting for that; another thread may wait for it."""
        with suppress(OSError, ValueError):
            self._control.send_bytes(supervisor.END)

    def wait(self) -> None:
        """Wait until the supervisor has ended; where it did not end well, kill all that is left."""
        try:
            code = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            code = None
        if code != 0:
            os_control.end_marked(launch.MARK, self._mark)
            self._process.kill()
            self._process.wait()

    def _send(self, order: object, descriptor: int = -1) -> None:
        try:
            self._orders.settimeout(PREPARATION)
            launch.send_order(self._orders, order, descriptor)
            self._orders.setblocking(False)
        except TimeoutError:
            raise WorkerTimeout from None
        except OSError:
            raise WorkerEnded(self._exit_lines()) from None

    def _expect(self, what: str, patience: float) -> None:
        """Wait for a message of the worker; WorkerTimeout where it does not come in time."""
        until = time.monotonic() + patience
        while True:
            left = max(0.0, until - time.monotonic())
            ready = wait([self._answers.fileno(), self._control], left)
            if self._control in ready:
                raise WorkerEnded(self._exit_lines())
            if not ready:
                raise WorkerTimeout
            message = self._receive_from_worker()
            if message is not None and message.what == what:
                return

    def _receive_from_worker(self) -> Message | None:
        try:
            message = self._answers.receive()
        except (EOFError, BadMessage):
            raise WorkerEnded(self._exit_lines()) from None
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

    def _request(self, request: bytes) -> None:
        try:
            self._control.send_bytes(request)
        except OSError:
            raise WorkerEnded(self._exit_lines()) from None

    def _request_output(self, request: bytes) -> list[str]:
        """Return the last lines that were printed, while the worker runs."""
        self._request(request)
        code, lines = self._reply()
        if code is not None or lines is None:
            raise WorkerEnded(self._close(code, lines))
        return lines

    def _reply(self) -> tuple[int | None, list[str] | None]:
        """Return the worker's exit code where it ended, and its last lines; None: no reply."""
        try:
            if not self._control.poll(_PATIENCE):
                return None, None
            reply = json.loads(self._control.recv_bytes())
        except (EOFError, OSError):
            return None, None
        lines = reply["tail"].strip().splitlines()[-_OUTPUT_LINES:]
        return reply["code"], [line[-_LINE:] for line in lines]

    def _exit_lines(self) -> list[str]:
        """Wait for the end of worker and supervisor; returns how, and the last lines printed."""
        return self._close(*self._reply())

    def _close(self, code: int | None, lines: list[str] | None) -> list[str]:
        self.wait()
        self.close_connections()
        how = "its supervisor was killed" if code is None else os_control.how_it_ended(code)
        return [f"the worker process ended: {how}", *(lines or [])]
