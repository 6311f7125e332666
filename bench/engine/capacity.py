"""Room for cells: how many may run at a time, where some take the room of several."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """How much runs at a time: cells on the processor, its cores, and cells on the GPU."""

    jobs: int
    cores: int
    gpu_jobs: int = 1


class Slots:
    """So many places; who needs several waits until they are free together.

    They are given in the order in which they were asked for, so that those who need many are not
    passed over for ever.
    """

    def __init__(self, number: int) -> None:
        self._free = number
        self._number = number
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, places: int) -> Iterator[None]:
        """Hold so many places (at most all there are)."""
        places = min(places, self._number)
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            self._changed.wait_for(lambda: self._waiting[0] is ticket and self._free >= places)
            self._waiting.popleft()
            self._free -= places
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._free += places
                self._changed.notify_all()


def share(cores: int, jobs: int) -> int:
    """Threads of each cell where cores are divided between ``jobs`` of them."""
    return max(1, cores // jobs)


def unused_thread_limit(cores: int, jobs: int) -> str:
    """Return a sentence where OMP_NUM_THREADS asks for another number of threads than cells get.

    Times are compared between estimators and runs, so that the plan sets the threads of each cell.
    """
    asked, threads = os.environ.get("OMP_NUM_THREADS", "").strip(), share(cores, jobs)
    if asked in ("", str(threads)):
        return ""
    return (
        f"OMP_NUM_THREADS={asked} is not used: each cell runs on {threads} "
        f"thread{'s' if threads > 1 else ''}, the cores divided by --jobs"
    )


def threads_of(declared: int | None, cores: int, jobs: int) -> int:
    """Threads that a cell runs on: what its estimator declares, or its share of the cores."""
    return share(cores, jobs) if declared is None else min(declared, cores)


def places_of(threads: int, cores: int, jobs: int) -> int:
    """Places that so many threads take up."""
    return min(jobs, -(-threads // share(cores, jobs)))
