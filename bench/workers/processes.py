"""What the system tells and does about processes: who belongs to whom, memory, ending them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from pathlib import Path

import psutil

_PARENT_DEATH_SIGNAL = 1
_CHILD_SUBREAPER = 36
_GROUPS = Path("/sys/fs/cgroup")


def adopt_orphans() -> None:
    """Let descendants whose own parent ended become children of this process (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> None:
    """Let the system kill this process when its parent dies (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def offer_to_die_first() -> None:
    """Where the system runs out of memory, let it end this process before any other (Linux)."""
    try:
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    except OSError:
        pass


def has_children() -> bool:
    """Whether this process has children, running or ended."""
    if not hasattr(os, "waitid"):
        return bool(psutil.Process().children())
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def end_descendants(patience: float = 5.0) -> None:
    """Kill all descendants of this process, and theirs that they make meanwhile.

    Returns when the system has let go of them all, whose orphans this process adopts; or after
    ``patience`` seconds, since a process may wait in the kernel for a device.
    """
    own = psutil.Process()
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for process in own.children(recursive=True):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass
        reap()
        # One that has ended may still have threads, memory and time to be accounted for.
        if not has_children():
            return
        time.sleep(0.005)


def reap() -> dict[int, int]:
    """Exit codes of the children that have ended, by process number; negative for a signal."""
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = os.waitstatus_to_exitcode(status)


def memory(pid: int, limit: int | None = None) -> int:
    """Bytes of memory that a process and its descendants have, without what they map of files.

    What they share in memory counts; files in memory (/dev/shm) that they have mapped are such.

    Where that is above ``limit``, pages that several of them share are counted once.
    """
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    total = sum(_resident(process) for process in family)
    if limit is None or total <= limit or len(family) == 1:
        return total
    return min(total, sum(_proportional(process) for process in family))


def _resident(process: psutil.Process) -> int:
    try:
        facts = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines()
        kinds = ("RssAnon:", "RssShmem:")
        return 1024 * sum(int(fact.split()[1]) for fact in facts if fact.startswith(kinds))
    except (OSError, ValueError):
        pass
    try:
        found = process.memory_info()
    except psutil.Error:
        return 0
    return int(found.rss - getattr(found, "shared", 0))


def _proportional(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return _resident(process)


def available() -> int:
    """Bytes of memory that the machine, or a control group of this process, has left."""
    return min([int(psutil.virtual_memory().available), *(left for _, left in _groups())])


def reserve() -> int:
    """Bytes of memory that are to stay free, so that the system does not have to choose."""
    total = min([int(psutil.virtual_memory().total), *(limit for limit, _ in _groups())])
    return max(64 * 2**20, total // 32)


def _groups() -> list[tuple[int, int]]:
    """Limit, and what is left of it, of the control groups of this process that have one (Linux).

    A container shows its own as the root; a batch system puts a job deeper.
    """
    try:
        line = Path("/proc/self/cgroup").read_text(encoding="ascii").strip().splitlines()[-1]
        place = _GROUPS / line.rpartition(":")[2].strip("/")
    except (OSError, IndexError):
        return []
    found = []
    for group in (place, *place.parents):
        if not group.is_relative_to(_GROUPS):
            break
        try:
            limit = (group / "memory.max").read_text(encoding="ascii").strip()
            if limit == "max":
                continue
            used = int((group / "memory.current").read_text(encoding="ascii"))
            facts = (group / "memory.stat").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        # Files that were read lately are given up when memory is needed.
        cached = sum(int(fact.split()[1]) for fact in facts if fact.startswith("inactive_file "))
        found.append((int(limit), int(limit) - used + cached))
    return found
