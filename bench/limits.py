"""Limits of a cell (wall time, memory), and the capacity of a run (cells at a time, cores)."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ByteSize, TypeAdapter, ValidationError

MAX_TIMEOUT = 1_000_000
#: Points of a sample, seeds of a cell, and cells of a run at most: far more than anybody has the
#: memory or the time for, and few enough to be planned at once.
MOST_POINTS, MOST_SEEDS, MOST_CELLS = 10_000_000, 10_000, 100_000
MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Seconds of wall time, and bytes of memory of a cell's processes together.

    ``bench.workers.worker_slot`` enforces them. None is no limit.
    """

    timeout: float | None = None
    memory: int | None = None

    def over(self, other: Limits) -> Limits:
        """Return these limits, with the other's where there is none."""
        return Limits(
            other.timeout if self.timeout is None else self.timeout,
            other.memory if self.memory is None else self.memory,
        )


@dataclass(frozen=True)
class Capacity:
    """How much runs at a time: cells on the processor, its cores, and cells on the GPU."""

    jobs: int
    cores: int
    gpu_jobs: int = 1

    @property
    def threads(self) -> int:
        """Threads of each cell: the cores divided by the cells at a time."""
        return max(1, self.cores // self.jobs)

    def threads_of(self, declared: int | None) -> int:
        """Return the threads of a cell: what its estimator declares, or its share."""
        return self.threads if declared is None else min(declared, self.cores)

    def jobs_of(self, threads: int) -> int:
        """Return how many cells of one share each take as many threads together."""
        return min(self.jobs, -(-threads // self.threads))


def parse_limits(timeout: float | None, memory: str | int | None) -> Limits:
    """Return limits from values as a user writes them; ValueError for those that make no sense."""
    if timeout is not None and not 0 < timeout <= MAX_TIMEOUT:
        raise ValueError(
            f"timeout must be more than 0 and at most {MAX_TIMEOUT} seconds, not {timeout!r}"
        )
    if memory is None:
        return Limits(timeout)
    try:
        size = int(TypeAdapter(ByteSize).validate_python(memory))
    except ValidationError:
        size = 0
    if size < MIB:
        raise ValueError(
            f"memory must be a size of at least 1MiB, such as 500MB or 2GiB, not {memory!r}"
        )
    return Limits(timeout, size)


def check_count(option: str, value: object, most: int, least: int = 1) -> None:
    """Raise ValueError unless an option's value is an integer from ``least`` to ``most``."""
    integer = isinstance(value, int) and not isinstance(value, bool)
    if not integer or value < least:  # type: ignore[operator]
        raise ValueError(f"{option} must be an integer >= {least}, not {value!r:.40}")
    if value > most:  # type: ignore[operator]
        raise ValueError(f"{option} must be at most {most}, not {value!r:.40}")
