"""Control of processes: adopt orphans, list descendants, end them, describe how one ended."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

_PARENT_DEATH_SIGNAL = 1
_CHILD_SUBREAPER = 36
_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")


def adopt_orphans() -> None:
    """Make descendants whose own parent ended children of this process (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """Have the system kill this process when its parent dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def die_first_without_memory() -> None:
    """Have the system kill this process before any other when memory runs out (Linux)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def descendants(pid: int) -> list[int]:
    """Return the ids of a process's descendants, parents before their children."""
    if not _CHILDREN.exists():
        try:
            return [process.pid for process in psutil.Process(pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
    pids, parents = [], [pid]
    while parents:
        parents = [child for parent in parents for child in _children(parent)]
        pids += parents
    return pids


def _children(pid: int) -> list[int]:
    """Return the children of all threads of a process, from the files that list them (Linux)."""
    children: list[int] = []
    with suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            with suppress(OSError):
                text = Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii")
                children += map(int, text.split())
    return children


def end_descendants(patience: float = 5.0) -> None:
    """Kill all descendants of this process, and those that they start meanwhile.

    Returns when the system has released all of them, whose orphans this process adopts; or after
    ``patience`` seconds, since a process may wait in the kernel for a device.
    """
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for pid in descendants(os.getpid()):
            _kill(pid)
        # One that has ended may still have threads, memory and time to be accounted for.
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.005)


def end_marked(variable: str, value: str, patience: float = 5.0, unknown: float = 1.0) -> None:
    """Kill all processes that were started with an environment variable of that value (Linux).

    They need not descend from this one any more. Returns after two passes over all processes in a
    row that met none: one that ended during a pass may have started another. A process that is just
    being replaced by a program has no environment yet, and is waited for, up to ``unknown`` seconds
    since some processes never have one.
    """
    mark = f"{variable}={value}".encode()
    began = time.monotonic()
    passes = 0
    while passes < 2 and time.monotonic() < began + patience:
        passes += 1
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environment = (folder / "environ").read_bytes()
                if mark in environment.split(b"\0"):
                    _kill(int(folder.name))
                    passes = 0
                elif not environment and time.monotonic() < began + unknown:
                    # Zombies and threads of the kernel have no memory either.
                    memory = (folder / "statm").read_text(encoding="ascii")
                    passes = passes if memory.startswith("0 ") else 0
        time.sleep(0.02)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


def reap() -> dict[int, int]:
    """Return the exit codes of the children that have ended by process id: minus a signal."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def how_it_ended(code: int) -> str:
    """Return how a process ended, from its exit code."""
    if code >= 0:
        return f"exit code {code}"
    try:
        how = f"killed by {signal.Signals(-code).name}"
    except ValueError:  # the real-time signals have no names
        how = f"killed by signal {-code}"
    if -code == signal.SIGKILL:
        how += " (by the system because memory ran out, or by another process)"
    return how
