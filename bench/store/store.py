"""Records in one SQLite file, their arrays beside it; written by the coordinator alone."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from bench.files import replacing
from bench.format import printable
from bench.limits import MIB, Limits
from bench.record import Record, Timing
from bench.store import lock
from bench.store.database import COLUMNS, NUMBERS, REALS, Database, Statement
from bench.store.integrity import are, facts, number, status, stored
from bench.store.pending import Row, Unwritten

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
_COLUMNS_OF = {
    "records": set(COLUMNS),
    "environments": {"id", "facts"},
    "meta": {"name", "value"},
}
_MOMENT = 0.2  # seconds to wait for another program before a row waits in a file


@dataclass(frozen=True)
class Planned:
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
    file beside the store: reads have them, the next write or run takes them in, and closing the
    store waits until they are written.
    """

    def __init__(self, folder: Path, *, writing: bool = True) -> None:
        self.folder = folder
        self._lock = lock.take(folder) if writing else None
        try:
            if writing:
                for name in (FILE, ARRAYS):
                    if (folder / name).is_symlink():
                        raise ValueError(f"{folder / name} is a link: it must be no link")
                (folder / ARRAYS).mkdir(exist_ok=True)
                for part in (folder / ARRAYS).glob(".*.part"):
                    part.unlink()  # Of a run that was killed.
            self._database = Database(folder / FILE, writing)
            self._unwritten = Unwritten(folder, _COLUMNS_OF)
            if writing:
                self._keep([])
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
                    self._keep([])
        finally:
            self._database.close()
            if self._lock:
                self._lock.close()

    def _keep(self, rows: Sequence[Row]) -> None:
        """Write rows and those that wait, now or when no other program is in the way any more."""
        unwritten = self._unwritten
        if not rows and not unwritten.rows:
            return
        try:
            if self._database.write_soon(_statements([*unwritten.rows, *rows]), _MOMENT):
                return unwritten.clear()
        except sqlite3.OperationalError:
            # The disk is full, say: what is done is not to be done again.
            with suppress(OSError):
                unwritten.add(rows)
            raise
        if not unwritten.rows:
            _log.warning(
                "another program is using %s: records wait in %s until it is free",
                self._database.path,
                unwritten.path,
            )
        try:
            unwritten.add(rows)
        except OSError:
            # They are in memory alone: nothing goes on before they are written.
            self._write([])

    def _write(self, statements: Sequence[Statement]) -> None:
        """Write what waits, then run the statements, however long another program takes."""
        rows = self._unwritten.rows
        if rows or statements:
            self._database.write([*_statements(rows), *statements])
        self._unwritten.clear()

    def _waiting(self, table: str) -> list[dict[str, Any]]:
        return [values for name, values in self._unwritten.rows if name == table]

    def meta(self, name: str) -> str | None:
        """A fact about the store itself, or None."""
        waiting = [row["value"] for row in self._waiting("meta") if row["name"] == name]
        found = self._database.read("SELECT value FROM meta WHERE name = ?", name)
        values = [*(value for (value,) in found), *waiting]
        return str(values[-1]) if values else None

    def set_meta(self, name: str, value: str) -> None:
        """Keep a fact about the store itself."""
        # Names of files may hold what is no character.
        text = value.encode("utf-8", "backslashreplace").decode()
        self._keep([("meta", {"name": name, "value": text})])

    def add_environment(self, identity: str, facts: Mapping[str, Any]) -> None:
        """Keep what a run ran on; records link to it."""
        text = json.dumps(facts, sort_keys=True)
        self._keep([("environments", {"id": identity, "facts": text})])

    def environments(self) -> dict[str, dict[str, Any]]:
        """What the records were made on, by the id that they link to."""
        rows = self._database.read("SELECT id, facts FROM environments ORDER BY rowid")
        return {str(identity): facts(text) for identity, text in rows}

    def set_plan(self, cells: Iterable[Planned]) -> None:
        """Keep what the present run is to do, in the place of what the last one was."""
        rows = [(c.key, c.manifold, c.estimator, c.n, c.seed, c.seconds) for c in cells]
        self._write(
            [
                ("DELETE FROM planned", [()]),
                ("INSERT INTO planned VALUES (?, ?, ?, ?, ?, ?)", rows),
            ]
        )

    def progress(self) -> list[tuple[Planned, str | None, float | None]]:
        """Each cell of the last run with the status of its record, and its seconds, if any.

        Raises ValueError where the plan is damaged.
        """
        rows = self._database.read(
            "SELECT planned.key, planned.manifold, planned.estimator, planned.n, planned.seed, "
            "planned.seconds, records.status, records.shared_seconds FROM planned "
            "LEFT JOIN records ON planned.key = records.key ORDER BY planned.rowid"
        )
        waiting = {
            row["key"]: (row["status"], row["shared_seconds"]) for row in self._waiting("records")
        }
        rows = [(*row[:6], *waiting.get(row[0], row[6:])) for row in rows]
        for row in rows:
            if not (are(str, row[:3]) and are(int, row[3:5]) and number(row[5]) is not None):
                raise ValueError(f"the plan in {self._database.path} is damaged: {row!r:.200}")
        return [
            (
                Planned(row[0], printable(row[1]), printable(row[2]), *row[3:6]),
                None if row[6] is None else status(row[6]),
                number(row[7]),
            )
            for row in rows
        ]

    def add(self, record: Record, arrays: Mapping[str, Any] | None = None) -> Record:
        """Keep a record with its arrays; returns it as it is kept."""
        return self.add_all([(record, arrays or {})])[0]

    def add_all(self, outcomes: Sequence[tuple[Record, Mapping[str, Any]]]) -> list[Record]:
        """Keep records in one transaction, arrays first: a record never lacks its arrays."""
        kept = []
        for record, arrays in outcomes:
            path = f"{ARRAYS}/{record.key}.npz" if arrays else record.arrays
            if arrays:
                self._write_arrays(self.folder / path, arrays)
            kept.append(replace(record, arrays=path))
        self._keep([("records", dict(vars(record))) for record in kept])
        return kept

    @staticmethod
    def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
        import numpy as np

        with replacing(path) as part, open(part, "wb") as file:
            np.savez_compressed(file, **arrays)
            file.flush()
            os.fsync(file.fileno())

    def remove(self, keys: Iterable[str]) -> None:
        """Forget records."""
        self._write([("DELETE FROM records WHERE key = ?", [(key,) for key in keys])])

    def outcomes(self) -> dict[str, tuple[str, Limits]]:
        """Status of every record and the limits that were in force, by key."""
        columns = ("key", "status", "timeout", "memory_limit_mib")
        found = {}
        for key, ended, timeout, memory in self._records(columns):
            mib = number(memory)
            limits = Limits(number(timeout), None if mib is None else round(mib * MIB))
            found[key] = (status(ended), limits)
        return found

    def _records(self, columns: Sequence[str]) -> list[tuple[Any, ...]]:
        """These columns of all records, of which ``key`` is the first; the newest of a key."""
        rows = self._database.read(f"SELECT {', '.join(columns)} FROM records")
        waiting = [tuple(row[name] for name in columns) for row in self._waiting("records")]
        return list({row[0]: row for row in [*rows, *waiting]}.values()) if waiting else rows

    def timings(self) -> list[Timing]:
        """Mean seconds of finished fits by estimator, parameters, n and D."""
        rows = self._database.read(
            "SELECT estimator_name, estimator_parameters, n, ambient, AVG(shared_seconds), "
            "COUNT(*) FROM records WHERE status = 'ok' AND shared_seconds > 0 AND ambient > 0 "
            "GROUP BY estimator_name, estimator_parameters, n, ambient"
        )
        return [
            Timing(*row)
            for row in rows
            if are(str, row[:2]) and are(int, row[2:4]) and number(row[4])
        ]

    def frame(self, keys: Iterable[str]) -> pd.DataFrame:
        """The records with these keys as a data frame, in that order.

        One with values that cannot be is a failure that says so. Raises ValueError where it does
        not say which cell it is of.
        """
        import pandas as pd

        rows = {row[0]: row for row in self._records(COLUMNS)}
        records = [
            stored(dict(zip(COLUMNS, rows[key], strict=True))) for key in keys if key in rows
        ]
        frame = pd.DataFrame([vars(record) for record in records], columns=COLUMNS)
        frame = frame.astype(dict.fromkeys(NUMBERS, "Int64"))
        return frame.astype(dict.fromkeys(REALS, "float64"))


def _statements(rows: Sequence[Row]) -> list[Statement]:
    """What writes rows, in their order."""
    tables = dict.fromkeys(table for table, _ in rows)
    return [(_INSERT[name], [row for table, row in rows if table == name]) for name in tables]
