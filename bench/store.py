"""Records in one SQLite file, their arrays beside it; written by the coordinator alone."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from bench import lock
from bench.costs import Timing
from bench.limits import MIB, Limits
from bench.records import Record

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 3
_OLDER = ("1", "2")
FILE = "records.sqlite"
ARRAYS = "arrays"
#: The fact of a store that is the command of its last run.
COMMAND = "command"

_COLUMNS = [field.name for field in fields(Record)]
_NUMBERS = {"n", "seed", "ambient", "points_used", "points_read", "threads"}
_REALS = {"estimate", "truth", "error", "pointwise_error", "fit_seconds", "shared_seconds"}
_REALS |= {"kernel_seconds", "sample_seconds", "peak_memory_mib", "timeout", "memory_limit_mib"}
_WAIT = 30.0  # seconds to wait for somebody who reads


def _declaration(column: str) -> str:
    if column == "key":
        return "key TEXT PRIMARY KEY"
    kind = "INTEGER" if column in _NUMBERS else "REAL" if column in _REALS else "TEXT"
    return f"{column} {kind}"


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
    """

    def __init__(self, folder: Path, *, writing: bool = True) -> None:
        self.folder = folder
        self._lock = lock.take(folder) if writing else None
        try:
            if writing:
                (folder / ARRAYS).mkdir(exist_ok=True)
            self._open(folder / FILE, writing)
        except (OSError, ValueError) as error:
            if self._lock:
                self._lock.close()
            if isinstance(error, OSError):
                raise ValueError(f"cannot write to {folder}: {error.strerror}") from None
            raise

    def _open(self, path: Path, writing: bool) -> None:
        try:
            mode = "rwc" if writing else "ro"
            # Transactions are begun by hand: sqlite3 would commit each table of its own accord.
            self._database = sqlite3.connect(
                f"{path.resolve().as_uri()}?mode={mode}",
                uri=True,
                isolation_level=None,
                timeout=_WAIT,
            )
            if writing:
                # Fails here, before any work, where the file cannot be written.
                with self._transaction():
                    if not self._database.execute("SELECT name FROM sqlite_master").fetchall():
                        self._create()
            found = self.meta("format")
            if found in _OLDER and writing:
                with self._transaction():
                    self._upgrade(str(found))
                found = self.meta("format")
            if found == str(FORMAT) and writing:
                (whole,) = self._database.execute("PRAGMA quick_check(1)").fetchone()
                if whole != "ok":
                    raise sqlite3.DatabaseError(f"damaged: {whole}")
                self._database.execute("SELECT key, status FROM records LIMIT 1")
        except sqlite3.Error as error:
            if not writing and _undone(path):
                return self._open(path, writing)
            raise ValueError(
                f"{path} cannot be used as a store: {error}; it is left as it is"
            ) from None
        if found != str(FORMAT):
            older = "the next run brings it up to that"
            what = older if found in _OLDER else "choose another --out"
            raise ValueError(
                f"{path} is a store of format {found}, this version reads {FORMAT}; {what}"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        try:
            self._database.execute("COMMIT")
        except sqlite3.Error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def _create(self) -> None:
        columns = ", ".join(_declaration(column) for column in _COLUMNS)
        self._database.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT)")
        self._database.execute(f"CREATE TABLE records ({columns})")
        self._database.execute("CREATE TABLE environments (id TEXT PRIMARY KEY, facts TEXT)")
        self._add_plan()
        self._database.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))

    def _add_plan(self) -> None:
        self._database.execute(
            "CREATE TABLE planned (key TEXT PRIMARY KEY, manifold TEXT, estimator TEXT, "
            "n INTEGER, seed INTEGER, seconds REAL)"
        )

    def _upgrade(self, found: str) -> None:
        """From format 1 without limits of memory and a plan, or 2 without the kernel's seconds."""
        if found == "1":
            self._database.execute("ALTER TABLE records ADD COLUMN memory_limit_mib REAL")
            self._add_plan()
        self._database.execute("ALTER TABLE records ADD COLUMN kernel_seconds REAL")
        self._database.execute("UPDATE meta SET value = ? WHERE name = 'format'", (str(FORMAT),))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()
        if self._lock:
            self._lock.close()

    def meta(self, name: str) -> str | None:
        """A fact about the store itself, or None."""
        found = self._database.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def set_meta(self, name: str, value: str) -> None:
        """Keep a fact about the store itself."""
        with self._transaction():
            self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def add_environment(self, identity: str, facts: Mapping[str, Any]) -> None:
        """Keep what a run ran on; records link to it."""
        with self._transaction():
            self._database.execute(
                "INSERT OR IGNORE INTO environments VALUES (?, ?)",
                (identity, json.dumps(facts, sort_keys=True)),
            )

    def environments(self) -> dict[str, dict[str, Any]]:
        """What the records were made on, by the id that they link to."""
        rows = self._database.execute("SELECT id, facts FROM environments ORDER BY rowid")
        return {identity: json.loads(facts) for identity, facts in rows}

    def set_plan(self, cells: Iterable[Planned]) -> None:
        """Keep what the present run is to do, in the place of what the last one was."""
        rows = ((c.key, c.manifold, c.estimator, c.n, c.seed, c.seconds) for c in cells)
        with self._transaction():
            self._database.execute("DELETE FROM planned")
            self._database.executemany("INSERT INTO planned VALUES (?, ?, ?, ?, ?, ?)", rows)

    def progress(self) -> list[tuple[Planned, str | None, float | None]]:
        """Each cell of the last run with the status of its record, and its seconds, if any."""
        rows = self._database.execute(
            "SELECT planned.*, records.status, records.shared_seconds FROM planned "
            "LEFT JOIN records ON planned.key = records.key ORDER BY planned.rowid"
        )
        return [(Planned(*row[:6]), row[6], row[7]) for row in rows]

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
        columns, marks = ", ".join(_COLUMNS), ", ".join(f":{column}" for column in _COLUMNS)
        with self._transaction():
            self._database.executemany(
                f"INSERT OR REPLACE INTO records ({columns}) VALUES ({marks})",
                [vars(record) for record in kept],
            )
        return kept

    @staticmethod
    def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
        import numpy as np

        part = path.with_suffix(".part")
        try:
            with open(part, "wb") as file:
                np.savez_compressed(file, **arrays)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def remove(self, keys: Iterable[str]) -> None:
        """Forget records."""
        with self._transaction():
            self._database.executemany(
                "DELETE FROM records WHERE key = ?", ((key,) for key in keys)
            )

    def outcomes(self) -> dict[str, tuple[str, Limits]]:
        """Status of every record and the limits that were in force, by key."""
        rows = self._database.execute("SELECT key, status, timeout, memory_limit_mib FROM records")
        return {
            key: (status, Limits(timeout, None if memory is None else round(memory * MIB)))
            for key, status, timeout, memory in rows
        }

    def timings(self) -> list[Timing]:
        """Mean seconds of finished fits by estimator, parameters, n and D."""
        rows = self._database.execute(
            "SELECT estimator_name, estimator_parameters, n, ambient, AVG(shared_seconds), "
            "COUNT(*) FROM records WHERE status = 'ok' AND shared_seconds > 0 AND ambient > 0 "
            "GROUP BY estimator_name, estimator_parameters, n, ambient"
        )
        return [Timing(*row) for row in rows]

    def frame(self, keys: Iterable[str]) -> pd.DataFrame:
        """The records with these keys as a data frame, in that order."""
        import pandas as pd

        columns = ", ".join(_COLUMNS)
        rows = {row[0]: row for row in self._database.execute(f"SELECT {columns} FROM records")}
        frame = pd.DataFrame([rows[key] for key in keys if key in rows], columns=_COLUMNS)
        frame = frame.astype(dict.fromkeys(_NUMBERS, "Int64"))
        return frame.astype(dict.fromkeys(_REALS, "float64"))


def _undone(path: Path) -> bool:
    """Undo what a killed run had begun to write, which only a writer can; False if nothing was."""
    if not path.with_name(f"{path.name}-journal").exists() or lock.in_use(path.parent):
        return False
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
        ) as it:
            it.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return not path.with_name(f"{path.name}-journal").exists()
