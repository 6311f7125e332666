"""Limits of a cell: wall time and memory."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ByteSize, TypeAdapter, ValidationError

LONGEST = 1_000_000
#: Points of a sample, seeds of a cell, and cells of a run at most: far more than anybody has the
#: memory or the time for, and few enough to be planned at once.
MOST_POINTS, MOST_SEEDS, MOST_CELLS = 10_000_000, 10_000, 100_000
MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Seconds of wall time, and bytes of memory of a cell's processes together.

    None is no limit of its own.
    """

    timeout: float | None = None
    memory: int | None = None

    def over(self, other: Limits) -> Limits:
        """These limits, and where there is none the other's."""
        return Limits(
            other.timeout if self.timeout is None else self.timeout,
            other.memory if self.memory is None else self.memory,
        )


def asked(timeout: float | None, memory: str | int | None) -> Limits:
    """Limits as a user writes them; ValueError for those that make no sense."""
    if timeout is not None and not 0 < timeout <= LONGEST:
        raise ValueError(
            f"timeout must be more than 0 and at most {LONGEST} seconds, not {timeout!r}"
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


def checked_count(option: str, value: object, most: int, least: int = 1) -> None:
    """Raise ValueError where an option's value is no whole number from ``least`` to ``most``."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        raise ValueError(f"{option} must be a whole number of at least {least}, not {value!r:.40}")
    if value > most:  # type: ignore[operator]
        raise ValueError(f"{option} must be at most {most}, not {value!r:.40}")
