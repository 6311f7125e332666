"""What a lane watches of a cell that runs: its memory, and the time that it has had."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

from bench.workers import os_control
from bench.workers.process import Handle

#: Seconds after which a clock that nobody read has stood still: its reader was stopped.
_ASLEEP = 1.0


class Clock:
    """Seconds that this process was awake; it is to be read several times a second.

    While the coordinator is stopped (Ctrl-Z), a cell cannot tell it that it has ended.
    """

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._seconds = 0.0

    def seconds(self, waiting: float = 0.0) -> float:
        """Seconds until now, after waiting for so long on purpose."""
        now = time.monotonic()
        passed, self._last = now - self._last, now
        self._seconds += min(passed, waiting + _ASLEEP)
        return self._seconds


class Memory:
    """The memory of the cell of a worker, and the files in memory that it has left."""

    def __init__(self, running: Handle) -> None:
        self._running = running
        self._before = _names()
        self._left: dict[Path, int] = {}

    def used(self, limit: int | None) -> int:
        """Bytes that the cell has now; files that it has closed count as long as they are there."""
        root, apart = self._running.pid, self._running.apart
        used = os_control.memory(root, limit, apart)
        now = os_control.open_in_memory(set(os_control.descendants(root)) - set(apart))
        for (_, number), file in now.items():
            path = Path(file.name)
            if path.parent == Path(os_control.SHARED) and path.name not in self._before:
                self._left[path] = number
        opened = {number for _, number in now}
        for path, number in self._left.items():
            with suppress(OSError):
                facts = path.stat()
                if facts.st_ino == number and number not in opened:
                    used += 512 * facts.st_blocks
        return used

    def clear(self) -> None:
        """Remove the files in memory that the cell has made and left."""
        for path, number in self._left.items():
            with suppress(OSError):
                if path.stat().st_ino == number:
                    path.unlink()
        self._left = {}


def _names() -> set[str]:
    with suppress(OSError):
        return set(os.listdir(os_control.SHARED))
    return set()
