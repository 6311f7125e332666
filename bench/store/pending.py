"""Rows that wait to be written to the store, in a file beside it: a kill does not lose them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FILE = "records.waiting"
_log = logging.getLogger(__name__)

#: A table of the store, and the values of a row by column.
Row = tuple[str, dict[str, Any]]


class Unwritten:
    """Rows in a file of the ``folder``, a line of JSON each; those of a run before come first."""

    def __init__(self, folder: Path, columns: dict[str, set[str]]) -> None:
        self.path = folder / FILE
        self.rows = _read(self.path, columns)

    def add(self, rows: Sequence[Row]) -> None:
        """Put rows behind the others, on the disk before this returns where it has space."""
        text = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
        self.rows += rows
        size = self.path.stat().st_size if self.path.exists() else 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        # Without a buffer, whose rest would be written when the file is closed.
        with open(os.open(self.path, flags, 0o666), "ab", buffering=0) as file:
            try:
                while text:
                    text = text[file.write(text) :]
                os.fsync(file.fileno())
            except OSError:
                # Half a line would spoil the next one.
                os.ftruncate(file.fileno(), size)
                raise

    def clear(self) -> None:
        """Forget the rows: they are in the store."""
        if self.rows:
            self.rows = []
            self.path.unlink(missing_ok=True)


def _read(path: Path, columns: dict[str, set[str]]) -> list[Row]:
    """Rows of the file, but for lines that are none, as the last one of a killed run may be."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    found: list[Row] = []
    for number, line in enumerate(lines, start=1):
        try:
            table, values = json.loads(line)
            if values.keys() != columns[table] or not all(map(_storable, values.values())):
                raise ValueError
            found.append((table, values))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            _log.warning("%s: line %d is no row of a store, and is left out", path, number)
    return found


def _storable(value: Any) -> bool:
    """Whether a database takes a value; UnicodeEncodeError for a text with half a character."""
    if isinstance(value, str):
        return value.encode() is not None
    return value is None or isinstance(value, float) or (type(value) is int and abs(value) < 2**63)
