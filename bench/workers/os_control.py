"""What the system tells and does about processes: who belongs to whom, memory, ending them."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_PARENT_DEATH_SIGNAL = 1
_CHILD_SUBREAPER = 36
#: Where files in memory lie that have a name.
SHARED = "/dev/shm/"
_GROUPS = Path("/sys/fs/cgroup")
_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children")


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


def descendants(pid: int) -> list[int]:
    """Numbers of the processes that descend from one, parents before their children."""
    if not _CHILDREN.exists():
        try:
            return [process.pid for process in psutil.Process(pid).children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
    found, parents = [], [pid]
    while parents:
        children = [child for parent in parents for child in _children(parent)]
        found += children
        parents = children
    return found


def _children(pid: int) -> list[int]:
    """Children of a process, of whichever of its threads, from the files that list them (Linux)."""
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return found
    for thread in threads:
        with suppress(OSError):
            text = Path(f"/proc/{pid}/task/{thread}/children").read_text(encoding="ascii")
            found += map(int, text.split())
    return found


def end_descendants(patience: float = 5.0) -> None:
    """Kill all descendants of this process, and theirs that they make meanwhile.

    Returns when the system has let go of them all, whose orphans this process adopts; or after
    ``patience`` seconds, since a process may wait in the kernel for a device.
    """
    until = time.monotonic() + patience
    while time.monotonic() < until:
        for pid in descendants(os.getpid()):
            _kill(pid)
        reap()
        # One that has ended may still have threads, memory and time to be accounted for.
        if not has_children():
            return
        time.sleep(0.005)


def end_marked(variable: str, value: str, patience: float = 5.0) -> None:
    """Kill all processes that were started with a variable of that value (Linux).

    They need not descend from this one any more.
    """
    mark = f"{variable}={value}".encode()
    until = time.monotonic() + patience
    while time.monotonic() < until:
        left = 0
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (place / "environ").read_bytes().split(b"\0"):
                    left += 1
                    _kill(int(place.name))
        if not left:
            return
        time.sleep(0.02)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)


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


def how_it_ended(code: int) -> str:
    """How a process ended, from its exit code."""
    if code >= 0:
        return f"exit code {code}"
    try:
        how = f"killed by {signal.Signals(-code).name}"
    except ValueError:  # the real-time signals have no names
        how = f"killed by signal {-code}"
    if -code == signal.SIGKILL:
        how += " (by the system for want of memory, or by somebody)"
    return how


def memory(pid: int, limit: int | None = None, apart: Collection[int] = ()) -> int:
    """Bytes of memory that a process and its descendants have, without what they map of files.

    Processes of ``apart`` do not count, though what descends from them does. Memory that is shared
    counts, mapped or not, as do files in memory (memfd, /dev/shm) that they have open. Where the
    sum is above ``limit``, pages that several of them share are counted once.
    """
    everyone = [pid, *descendants(pid)]
    family = [one for one in everyone if one not in apart]
    own = shared = 0
    for one in family:
        anonymous, in_memory = _resident(one)
        own, shared = own + anonymous, shared + in_memory
    files = open_in_memory(family)
    mapped = _mapped(family, set(files)) if files else 0
    size = sum(file.size for file in files.values())
    total = own + size + max(0, shared - mapped)
    if limit is None or total <= limit or len(family) == 1:
        return total
    return min(total, sum(map(_proportional, everyone)) + max(0, size - mapped))


def _resident(pid: int) -> tuple[int, int]:
    """Bytes of a process's own memory, and of shared memory that it has mapped."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        facts = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        return 1024 * int(facts["RssAnon"].split()[0]), 1024 * int(facts["RssShmem"].split()[0])
    except (OSError, ValueError, KeyError):
        pass
    try:
        found = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0, 0
    return int(found.rss - getattr(found, "shared", 0)), 0


def _proportional(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return sum(_resident(pid))


@dataclass(frozen=True)
class InMemory:
    """A file in memory: its name, and the bytes that it takes."""

    name: str
    size: int


def open_in_memory(family: Iterable[int]) -> dict[tuple[int, int], InMemory]:
    """Files in memory that processes have open, by device and number (Linux)."""
    found = {}
    for pid in family:
        place = f"/proc/{pid}/fd"
        with suppress(OSError):
            for descriptor in os.listdir(place):
                with suppress(OSError):
                    name = os.readlink(f"{place}/{descriptor}")
                    if name.startswith(("/memfd:", SHARED)):
                        facts = os.stat(f"{place}/{descriptor}")
                        found[facts.st_dev, facts.st_ino] = InMemory(name, 512 * facts.st_blocks)
    return found


def _mapped(family: Iterable[int], files: set[tuple[int, int]]) -> int:
    """Bytes of such files that processes have mapped, and that count as shared already."""
    numbers, size = {number for _, number in files}, 0
    for pid in family:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps").read_text(errors="replace").splitlines():
                facts = line.split()
                if "-" in facts[0] and len(facts) > 4:
                    ours = int(facts[4]) in numbers
                elif ours and facts[0] == "Rss:":
                    size += 1024 * int(facts[1])
    return size


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
