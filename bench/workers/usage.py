"""Memory and time that a running cell uses, and the memory that the machine has left."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.workers.os_control import descendants
from bench.workers.process import WorkerProcess

#: Folder of named files in memory.
SHARED = "/dev/shm/"
_GROUPS = Path("/sys/fs/cgroup")
#: Seconds without a reading after which the reader of a clock was suspended.
_SUSPENDED = 1.0


class Clock:
    """Seconds that this process was running; to be read several times a second.

    While the coordinator is suspended (Ctrl-Z), a cell cannot report that it has ended.
    """

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._seconds = 0.0

    def seconds(self, waiting: float = 0.0) -> float:
        """Return the seconds until now, of which ``waiting`` were spent on purpose."""
        now = time.monotonic()
        passed, self._last = now - self._last, now
        self._seconds += min(passed, waiting + _SUSPENDED)
        return self._seconds


class CellMemory:
    """Memory of the cell of a worker, with the files in memory that the cell has created."""

    def __init__(self, worker: WorkerProcess) -> None:
        self._worker = worker
        self._files_before = _shared_names()
        self._files: dict[Path, int] = {}

    def used(self, limit: int | None) -> int:
        """Return the bytes in use now; files that the cell has closed count while they exist."""
        root, others = self._worker.pid, self._worker.other_pids
        used = memory(root, limit, others)
        opened = open_memory_files(set(descendants(root)) - set(others))
        for (_, inode), file in opened.items():
            path = Path(file.name)
            if path.parent == Path(SHARED) and path.name not in self._files_before:
                self._files[path] = inode
        opened_inodes = {inode for _, inode in opened}
        for path, inode in self._files.items():
            with suppress(OSError):
                status = path.stat()
                if status.st_ino == inode and inode not in opened_inodes:
                    used += 512 * status.st_blocks
        return used

    def remove_files(self) -> None:
        """Remove the files in memory that the cell has created."""
        for path, inode in self._files.items():
            with suppress(OSError):
                if path.stat().st_ino == inode:
                    path.unlink()
        self._files = {}


def _shared_names() -> set[str]:
    with suppress(OSError):
        return set(os.listdir(SHARED))
    return set()


def memory(pid: int, limit: int | None = None, excluded: Collection[int] = ()) -> int:
    """Return the bytes of a process and its descendants, without files that they map from disk.

    Processes ``excluded`` do not count, but their descendants do. Shared memory counts, mapped or
    not, as do files in memory (memfd, /dev/shm) that are open. Where the sum is above ``limit``,
    pages that several of the processes share are counted once.
    """
    everyone = [pid, *descendants(pid)]
    family = [one for one in everyone if one not in excluded]
    own = shared = 0
    for one in family:
        anonymous, in_memory = _resident(one)
        own, shared = own + anonymous, shared + in_memory
    files = open_memory_files(family)
    mapped = _mapped(family, set(files)) if files else 0
    size = sum(file.size for file in files.values())
    total = own + size + max(0, shared - mapped)
    if limit is None or total <= limit or len(family) == 1:
        return total
    return min(total, sum(map(_proportional, everyone)) + max(0, size - mapped))


def _resident(pid: int) -> tuple[int, int]:
    """Return the bytes of a process's own memory, and of shared memory that it has mapped."""
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        return 1024 * int(fields["RssAnon"].split()[0]), 1024 * int(fields["RssShmem"].split()[0])
    except (OSError, ValueError, KeyError):
        pass
    try:
        info = psutil.Process(pid).memory_info()
    except psutil.Error:
        return 0, 0
    return int(info.rss - getattr(info, "shared", 0)), 0


def _proportional(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_full_info().pss)
    except (psutil.Error, AttributeError):
        return sum(_resident(pid))


@dataclass(frozen=True)
class MemoryFile:
    """A file in memory: its name, and the bytes that it takes."""

    name: str
    size: int


def open_memory_files(family: Iterable[int]) -> dict[tuple[int, int], MemoryFile]:
    """Return the files in memory that processes have open, by device and inode (Linux)."""
    files = {}
    for pid in family:
        folder = f"/proc/{pid}/fd"
        with suppress(OSError):
            for descriptor in os.listdir(folder):
                with suppress(OSError):
                    name = os.readlink(f"{folder}/{descriptor}")
                    if name.startswith(("/memfd:", SHARED)):
                        status = os.stat(f"{folder}/{descriptor}")
                        size = 512 * status.st_blocks
                        files[status.st_dev, status.st_ino] = MemoryFile(name, size)
    return files


def _mapped(family: Iterable[int], files: set[tuple[int, int]]) -> int:
    """Return the bytes of such files that processes have mapped: they count as shared already."""
    inodes, size = {inode for _, inode in files}, 0
    for pid in family:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps").read_text(errors="replace").splitlines():
                fields = line.split()
                if "-" in fields[0] and len(fields) > 4:
                    ours = int(fields[4]) in inodes
                elif ours and fields[0] == "Rss:":
                    size += 1024 * int(fields[1])
    return size


def available() -> int:
    """Return the bytes of memory that the machine, or a control group of this process, has left."""
    return min([int(psutil.virtual_memory().available), *(left for _, left in _groups())])


def reserve() -> int:
    """Return the bytes of memory to leave free, so that the system need not kill a process."""
    total = min([int(psutil.virtual_memory().total), *(limit for limit, _ in _groups())])
    return max(64 * 2**20, total // 32)


def _groups() -> list[tuple[int, int]]:
    """Return limit and bytes left of each control group of this process that has one (Linux).

    A container shows its own group as the root; a batch system puts a job deeper.
    """
    try:
        line = Path("/proc/self/cgroup").read_text(encoding="ascii").strip().splitlines()[-1]
        path = _GROUPS / line.rpartition(":")[2].strip("/")
    except (OSError, IndexError):
        return []
    groups = []
    for group in (path, *path.parents):
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
        # The system drops cached files that were not used lately when it needs memory.
        cached = sum(int(fact.split()[1]) for fact in facts if fact.startswith("inactive_file "))
        groups.append((int(limit), int(limit) - used + cached))
    return groups
