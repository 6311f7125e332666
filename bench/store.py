"""Records in one SQLite file, their arrays beside it; written by the coordinator alone."""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TextIO

from typing_extensions import Self

from bench.records import Record

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
FILE = "records.sqlite"
ARRAYS = "arrays"

_COLUMNS = [field.name for field in fields(Record)]
_NUMBERS = {"n", "seed", "ambient", "points_used", "points_read", "threads"}
_REALS = {"estimate", "truth", "error", "pointwise_error", "fit_seconds", "shared_seconds"}
_REALS |= {"sample_seconds", "peak_memory_mib", "timeout"}


def _declaration(column: str) -> str:
    if column == "key":
        return "key TEXT PRIMARY KEY"
    kind = "INTEGER" if column in _NUMBERS else "REAL" if column in _REALS else "TEXT"
    return f"{column} {kind}"


class Store:
    """The records of a results folder.

    Opening it for writing checks that the folder can be written and that no other run writes
    there. Raises ValueError otherwise, or where the file is not a store of this format.
    """

    def __init__(self, folder: Path, *, writing: bool = True) -> None:
        self.folder = folder
        self._lock = self._take(folder) if writing else None
        try:
            self._open(folder / FILE, writing)
        except ValueError:
            if self._lock:
                self._lock.close()
            raise

    @staticmethod
    def _take(folder: Path) -> TextIO:
        """The folder, made where it is missing, for this run alone."""
        try:
            (folder / ARRAYS).mkdir(parents=True, exist_ok=True)
            lock = open(folder / ".lock", "w", encoding="utf-8")
        except OSError as error:
            raise ValueError(f"cannot write to {folder}: {error.strerror or error}") from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise ValueError(
                f"another run is writing to {folder}; wait for it, or choose another --out"
            ) from None
        return lock

    def _open(self, path: Path, writing: bool) -> None:
        try:
            mode = "rwc" if writing else "ro"
            self._database = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)
            if writing:
                # Fails here, before any work, where the file cannot be written.
                self._database.execute("BEGIN IMMEDIATE")
                self._database.rollback()
            if not self._database.execute("SELECT name FROM sqlite_master").fetchall():
                self._create()
            found = self.meta("format")
            self._database.execute("SELECT key, status FROM records LIMIT 1")
        except sqlite3.Error as error:
            raise ValueError(f"{path} cannot be used as a store: {error}") from None
        if found != str(FORMAT):
            raise ValueError(
                f"{path} is a store of format {found}, this version reads {FORMAT}; choose "
                "another --out"
            )

    def _create(self) -> None:
        columns = ", ".join(_declaration(column) for column in _COLUMNS)
        with self._database:
            self._database.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT)")
            self._database.execute(f"CREATE TABLE records ({columns})")
            self._database.execute("CREATE TABLE environments (id TEXT PRIMARY KEY, facts TEXT)")
            self._database.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))

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
        with self._database:
            self._database.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def add_environment(self, identity: str, facts: Mapping[str, Any]) -> None:
        """Keep what a run ran on; records link to it."""
        with self._database:
            self._database.execute(
                "INSERT OR IGNORE INTO environments VALUES (?, ?)",
                (identity, json.dumps(facts, sort_keys=True)),
            )

    def add(self, record: Record, arrays: Mapping[str, Any] | None = None) -> Record:
        """Keep a record, with its arrays first, so that a record never lacks its arrays."""
        values = asdict(record)
        if arrays:
            values["arrays"] = f"{ARRAYS}/{record.key}.npz"
            self._write_arrays(self.folder / values["arrays"], arrays)
        marks = ", ".join(f":{column}" for column in _COLUMNS)
        with self._database:
            self._database.execute(f"INSERT OR REPLACE INTO records VALUES ({marks})", values)
        return Record(**values)

    @staticmethod
    def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
        import numpy as np

        part = path.with_suffix(".part")
        with open(part, "wb") as file:
            np.savez_compressed(file, **arrays)
        os.replace(part, path)

    def remove(self, keys: Iterable[str]) -> None:
        """Forget records."""
        with self._database:
            self._database.executemany(
                "DELETE FROM records WHERE key = ?", ((key,) for key in keys)
            )

    def outcomes(self) -> dict[str, tuple[str, float | None]]:
        """Status and time limit of every record, by key."""
        rows = self._database.execute("SELECT key, status, timeout FROM records")
        return {key: (status, timeout) for key, status, timeout in rows}

    def seconds(self) -> dict[tuple[str, str, int], float]:
        """Mean seconds of finished fits by estimator, parameters (JSON) and n."""
        rows = self._database.execute(
            "SELECT estimator_name, estimator_parameters, n, AVG(shared_seconds) FROM records "
            "WHERE status = 'ok' GROUP BY estimator_name, estimator_parameters, n"
        )
        return {(name, parameters, n): mean for name, parameters, n, mean in rows}

    def frame(self, keys: Iterable[str]) -> pd.DataFrame:
        """The records with these keys as a data frame, in that order."""
        import pandas as pd

        rows = {row[0]: row for row in self._database.execute("SELECT * FROM records")}
        frame = pd.DataFrame([rows[key] for key in keys if key in rows], columns=_COLUMNS)
        frame = frame.astype(dict.fromkeys(_NUMBERS, "Int64"))
        return frame.astype(dict.fromkeys(_REALS, "float64"))
