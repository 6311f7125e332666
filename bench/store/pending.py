"""Rows that wait to be written to the store, in a file beside it: a kill does not lose them."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

FILE = "records.waiting"
_log = logging.getLogger(__name__)

#: A table of the store, and the values of a row by column.
Row = tuple[str, dict[str, Any]]


class PendingRows:
    """Rows in a file of the ``folder``, a line of JSON each; those of a run before come first.

    ``tables`` has the default of each column by table, MISSING where there is none.
    """

    def __init__(self, folder: Path, tables: Mapping[str, Mapping[str, Any]]) -> None:
        self.path = folder / FILE
        self.rows = _read(self.path, tables)

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


def _read(path: Path, tables: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Return the rows of the file; other lines are left out, as half of one of a killed run."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    rows: list[Row] = []
    for number, line in enumerate(lines, start=1):
        try:
            table, values = json.loads(line)
            row = {**tables[table], **values}
            if row.keys() != tables[table].keys() or not all(map(_is_storable, row.values())):
                raise ValueError
            rows.append((table, row))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            _log.warning("%s: line %d is no row of a store, and is left out", path, number)
    return rows


def _is_storable(value: Any) -> bool:
    """Return whether a database takes a value; UnicodeEncodeError for half a character."""
    if isinstance(value, str):
        return value.encode() is not None
    return value is None or isinstance(value, float) or (type(value) is int and abs(value) < 2**63)
