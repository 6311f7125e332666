"""A worker process as a lane has it in hand: started, spoken to, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from bench.plan import Cell
from bench.workers import keeper

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
_PATIENCE = 10.0  # seconds in which a keeper must answer


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


class Handle:
    """A worker with its keeper. All methods raise ``Ended`` where they are gone.

    Without the device "cuda" the worker sees no GPU.
    """

    def __init__(self, setup: Setup, device: str, threads: int) -> None:
        self.threads = threads
        self._setup = setup
        work, their_work = socket.socketpair()
        control, their_control = socket.socketpair()
        environment = {
            **os.environ,
            **dict.fromkeys(_THREAD_VARIABLES, str(threads)),
            "PYTHONPATH": os.pathsep.join(path for path in (os.getcwd(), *sys.path) if path),
        }
        if device != "cuda":
            environment["CUDA_VISIBLE_DEVICES"] = ""
        passed = [their_control.fileno(), their_work.fileno()]
        with their_work, their_control:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "bench.workers.keeper", *map(str, passed)),
                    *(str(os.getpid()), setup.scratch),
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

    @property
    def pid(self) -> int:
        """Number of the keeper, from which the worker and what it starts descend."""
        return self._process.pid

    def greet(self) -> None:
        """Send the setup, and wait until the worker is ready."""
        self._send(vars(self._setup))
        self.hear()

    def begin(self, cell: Cell, device: str) -> None:
        """Hand over a cell, and wait until the worker begins it."""
        self._order(keeper.NEW)
        # Else what the cell prints might be forgotten with what came before.
        code, lines = self._answer()
        if code is not None:
            raise Ended(self._ended(code, lines))
        self._send((cell, device, self.threads))
        self.hear()

    def hear(self, timeout: float | None = None) -> tuple[Any, ...] | None:
        """What the worker says next, as ``worker`` has it; None if nothing in so many seconds."""
        ready = wait([self._work, self._control], timeout)
        if not ready:
            return None
        if self._work in ready:
            try:
                heard: tuple[Any, ...] = self._work.recv()
                return heard
            except (EOFError, OSError):
                pass
        raise Ended(self._obituary())

    def output(self) -> list[str]:
        """The last lines that the cell printed."""
        self._order(keeper.TAIL)
        code, lines = self._answer()
        if code is not None:
            raise Ended(self._ended(code, lines))
        return lines

    def end(self, *, asking_where: bool = False) -> list[str]:
        """End the worker and all that it started; returns the last lines that it printed.

        With ``asking_where`` they are the lines of code that it is at.
        """
        try:
            if asking_where:
                self._order(keeper.WHERE)
            self._order(keeper.END)
        except Ended as ended:
            return ended.lines[1:]
        return self._obituary()[1:]

    def hang_up(self) -> None:
        """Have the worker ended, without waiting for that; another thread may wait for it."""
        try:
            self._control.send_bytes(keeper.END)
        except (OSError, ValueError):
            pass

    def wait(self) -> None:
        """Wait until the keeper is gone; kill it where it does not go."""
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()

    def _send(self, what: object) -> None:
        try:
            self._work.send(what)
        except OSError:
            raise Ended(self._obituary()) from None

    def _order(self, order: bytes) -> None:
        try:
            self._control.send_bytes(order)
        except OSError:
            raise Ended(self._obituary()) from None

    def _answer(self) -> tuple[int | None, list[str]]:
        """What the keeper says: the worker's exit code where it ended, and its last lines."""
        try:
            if not self._control.poll(_PATIENCE):
                return None, []
            told = json.loads(self._control.recv_bytes())
        except (EOFError, OSError):
            return None, []
        lines = told["tail"].strip().splitlines()[-_OUTPUT_LINES:]
        return told["code"], [line[-_LINE:] for line in lines]

    def _obituary(self) -> list[str]:
        """How the worker ended, and the last lines it printed; worker and keeper are gone then."""
        return self._ended(*self._answer())

    def _ended(self, code: int | None, lines: list[str]) -> list[str]:
        self.wait()
        self._work.close()
        self._control.close()
        how = "its keeper was killed" if code is None else f"exit code {code}"
        if code is not None and code < 0:
            how = f"killed by {signal.Signals(-code).name}"
            if -code == signal.SIGKILL:
                how += " (by the system for want of memory, or by somebody)"
        return [f"the worker process ended: {how}", *lines]
