"""Limits of a cell: wall time and memory."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import ByteSize, TypeAdapter, ValidationError

LONGEST = 1_000_000
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
