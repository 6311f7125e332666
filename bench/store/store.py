"""Records in one SQLite file, their arrays beside it; written by the coordinator alone."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import MISSING, astuple, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from bench.files import replace_file
from bench.format import printable
from bench.limits import MIB, Limits
from bench.record import COLUMNS, Record, Timing
from bench.store import lock
from bench.store.database import Database, Statement
from bench.store.pending import PendingRows, Row
from bench.store.validation import are, load_facts, valid_number, valid_status, validate_values

if TYPE_CHECKING:
    import pandas as pd

FILE = "records.sqlite"
ARRAYS = "arrays"
#: The fact of a store that is the command of its last run.
COMMAND = "command"

_log = logging.getLogger(__name__)

_INSERT = {
    "records": f"INSERT OR REPLACE INTO records ({', '.join(COLUMNS)}) "
    f"VALUES ({', '.join(f':{column}' for column in COLUMNS)})",
    "environments": "INSERT OR IGNORE INTO environments VALUES (:id, :facts)",
    "meta": "INSERT OR REPLACE INTO meta VALUES (:name, :value)",
}
#: The defaults of the columns of the tables whose rows may wait.
_DEFAULTS = {
    "records": {name: column.default for name, column in COLUMNS.items()},
    "environments": {"id": MISSING, "facts": MISSING},
    "meta": {"name": MISSING, "value": MISSING},
}
_MOMENT = 0.2  # seconds to wait for another program before a row waits in a file


@dataclass(frozen=True)
class PlannedCell:
    """A cell of the last run into a folder, with the seconds that it was predicted to take."""

    key: str
    manifold: str
    estimator: str
    n: int
    seed: int
    seconds: float


class Store:
    """The records of a results folder.

    Opening it for writing checks that the folder can be written and that no other run writes
    there, and brings a store of an older format up to this one. Raises ValueError otherwise, or
    where the file is damaged or of a newer format: it is left as it is.

    Rows that cannot be written, as while another program reads the file, wait in memory and in a
    file beside the store: reads include them; the next write or run stores them, and closing the
    store waits until they are written.
    """

    def __init__(self, folder: Path, *, writing: bool = True) -> None:
        self.folder = folder
        self._lock = lock.acquire(folder) if writing else None
        try:
            if writing:
                for name in (FILE, ARRAYS):
                    if (folder / name).is_symlink():
                        raise ValueError(f"{folder / name} is a link: it must be no link")
                (folder / ARRAYS).mkdir(exist_ok=True)
                for part in (folder / ARRAYS).glob(".*.part"):
                    part.unlink()  # Of a run that was killed.
            self._database = Database(folder / FILE, writing)
            self._pending = PendingRows(folder, _DEFAULTS)
            if writing:
                self._insert([])
        except (OSError, ValueError, sqlite3.Error) as error:
            if self._lock:
                self._lock.close()
            if isinstance(error, ValueError):
                raise
            reason = getattr(error, "strerror", None) or error
            raise ValueError(f"cannot write to {folder}: {reason}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._lock is None:
                pass
            elif error is None:
                self._write([])
            else:
                # What cannot be written now is in the file beside, for the next run.
                with suppress(sqlite3.Error, OSError):
                    self._insert([])
        finally:
            self._database.close()
            if self._lock:
                self._lock.close()

    def _insert(self, rows: Sequence[Row]) -> None:
        """Write rows and those that wait, now or as soon as no other program is in the way."""
        pending = self._pending
        if not rows and not pending.rows:
            return
        try:
            if self._database.write_soon(_statements([*pending.rows, *rows]), _MOMENT):
                return pending.clear()
        except sqlite3.OperationalError:
            # The disk is full, say: what is done is not to be done again.
            with suppress(OSError):
                pending.add(rows)
            raise
        if not pending.rows:
            _log.warning(
                "another program is using %s: records wait in %s until it is free",
                self._database.path,
                pending.path,
            )
        try:
            pending.add(rows)
        except OSError:
            # They are in memory alone: nothing goes on before they are written.
            self._write([])

    def _write(self, statements: Sequence[Statement]) -> None:
        """Write what waits, then run the statements, however long another program takes."""
        rows = self._pending.rows
        if rows or statements:
            self._database.write([*_statements(rows), *statements])
        self._pending.clear()

    def _pending_rows(self, table: str) -> list[dict[str, Any]]:
        return [values for name, values in self._pending.rows if name == table]

    def meta(self, name: str) -> str | None:
        """Return a fact about the store itself, or None."""
        waiting = [row["value"] for row in self._pending_rows("meta") if row["name"] == name]
        rows = self._database.read("SELECT value FROM meta WHERE name = ?", name)
        values = [*(value for (value,) in rows), *waiting]
        return str(values[-1]) if values else None

    def set_meta(self, name: str, value: str) -> None:
        """Store a fact about the store itself."""
        # Names of files may hold what is no character.
        text = value.encode("utf-8", "backslashreplace").decode()
        self._insert([("meta", {"name": name, "value": text})])

    def add_environment(self, identity: str, facts: Mapping[str, Any]) -> None:
        """Store the environment of a run; records link to it."""
        text = json.dumps(facts, sort_keys=True)
        self._insert([("environments", {"id": identity, "facts": text})])

    def environments(self) -> dict[str, dict[str, Any]]:
        """Return the environments of records, by the id that they link to."""
        rows = self._database.read("SELECT id, facts FROM environments ORDER BY rowid")
        return {str(identity): load_facts(text) for identity, text in rows}

    def set_plan(self, cells: Iterable[PlannedCell]) -> None:
        """Store the plan of the present run, in the place of the last one's."""
        insert = "INSERT INTO planned VALUES (?, ?, ?, ?, ?, ?)"
        self._write([("DELETE FROM planned", [()]), (insert, [astuple(cell) for cell in cells])])

    def progress(self) -> list[tuple[PlannedCell, str | None]]:
        """Return each cell of the last run with the status of its record, if any.

        Raises ValueError where the plan is damaged.
        """
        columns = ", ".join(f"planned.{field.name}" for field in fields(PlannedCell))
        rows = self._database.read(
            f"SELECT {columns}, records.status FROM planned "
            "LEFT JOIN records ON planned.key = records.key ORDER BY planned.rowid"
        )
        waiting = {row["key"]: row["status"] for row in self._pending_rows("records")}
        for row in rows:
            if not (are(str, row[:3]) and are(int, row[3:5]) and valid_number(row[5]) is not None):
                raise ValueError(f"the plan in {self._database.path} is damaged: {row!r:.200}")
        return [
            (
                PlannedCell(row[0], printable(row[1]), printable(row[2]), *row[3:6]),
                None if status is None else valid_status(status),
            )
            for row in rows
            for status in [waiting.get(row[0], row[6])]
        ]

    def add(self, record: Record, arrays: Mapping[str, Any] | None = None) -> Record:
        """Store a record with its arrays; return it as it is stored."""
        return self.add_all([(record, arrays or {})])[0]

    def add_all(self, outcomes: Sequence[tuple[Record, Mapping[str, Any]]]) -> list[Record]:
        """Store records in one transaction, arrays first: a record never lacks its arrays."""
        stored = []
        for record, arrays in outcomes:
            path = f"{ARRAYS}/{record.key}.npz" if arrays else record.arrays
            if arrays:
                self._write_arrays(self.folder / path, arrays)
            stored.append(replace(record, arrays=path))
        self._insert([("records", dict(vars(record))) for record in stored])
        return stored

    @staticmethod
    def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
        import numpy as np

        with replace_file(path) as part, open(part, "wb") as file:
            np.savez_compressed(file, **arrays)
            file.flush()
            os.fsync(file.fileno())

    def remove(self, keys: Iterable[str]) -> None:
        """Remove records."""
        self._write([("DELETE FROM records WHERE key = ?", [(key,) for key in keys])])

    def outcomes(self) -> dict[str, tuple[str, Limits]]:
        """Return the status of every record and the limits that were in force, by key."""
        columns = ("key", "status", "timeout", "memory_limit_mib")
        outcomes = {}
        for key, status, timeout, memory in self._records(columns):
            mib = valid_number(memory)
            limits = Limits(valid_number(timeout), None if mib is None else round(mib * MIB))
            outcomes[key] = (valid_status(status), limits)
        return outcomes

    def _records(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return columns of all records, of which ``key`` is the first; the newest of a key."""
        rows = self._database.read(f"SELECT {', '.join(columns)} FROM records")
        waiting = [tuple(row[name] for name in columns) for row in self._pending_rows("records")]
        return list({row[0]: row for row in [*rows, *waiting]}.values()) if waiting else rows

    def timings(self) -> list[Timing]:
        """Return mean seconds of finished fits by estimator, parameters, n and D."""
        rows = self._database.read(
            "SELECT estimator_name, estimator_parameters, n, ambient, AVG(shared_seconds), "
            "COUNT(*) FROM records WHERE status = 'ok' AND shared_seconds > 0 AND ambient > 0 "
            "GROUP BY estimator_name, estimator_parameters, n, ambient"
        )
        return [
            Timing(*row)
            for row in rows
            if are(str, row[:2]) and are(int, row[2:4]) and valid_number(row[4])
        ]

    def frame(self, keys: Iterable[str]) -> pd.DataFrame:
        """Return the records with these keys as a data frame, in that order.

        One with values that are not valid is a failure that says so. Raises ValueError where it
        does not say which cell it is of.
        """
        import pandas as pd

        rows = {row[0]: row for row in self._records(list(COLUMNS))}
        records = [
            validate_values(dict(zip(COLUMNS, rows[key], strict=True)))
            for key in keys
            if key in rows
        ]
        frame = pd.DataFrame(records, columns=list(COLUMNS))
        return frame.astype({c.name: c.dtype for c in COLUMNS.values() if c.type is not str})


def _statements(rows: Sequence[Row]) -> list[Statement]:
    """Return statements that write rows, in their order."""
    tables = dict.fromkeys(table for table, _ in rows)
    return [(_INSERT[name], [row for table, row in rows if table == name]) for name in tables]
