"""The SQLite file of a store: opened and checked, read and written beside other programs."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from bench.record import Record
from bench.store import lock

FORMAT = 3
_OLDER = ("1", "2")

COLUMNS = [field.name for field in fields(Record)]
NUMBERS = {"n", "seed", "ambient", "points_used", "points_read", "threads"}
REALS = {"estimate", "truth", "error", "pointwise_error", "fit_seconds", "shared_seconds"}
REALS |= {"kernel_seconds", "sample_seconds", "peak_memory_mib", "timeout", "memory_limit_mib"}

_OPENING = 30.0  # seconds to wait for another program before a file is used
_PATIENCE = 5.0  # seconds to wait for it before that is said

_log = logging.getLogger(__name__)
Result = TypeVar("Result")
#: SQL, and the parameters of each time that it is run.
Statement = tuple[str, Sequence[Sequence[Any] | Mapping[str, Any]]]


class Database:
    """The file at ``path``, brought up to this format where it is opened for writing.

    Raises ValueError where it is damaged or of a newer format: it is left as it is. Another
    program that holds it is waited for without end; where it is opened for reading alone, half a
    minute, and then it is a ValueError.
    """

    def __init__(self, path: Path, writing: bool) -> None:
        self.path = path
        self._writing = writing
        try:
            found = self._opened()
        except (sqlite3.Error, UnicodeError) as error:
            raise ValueError(
                f"{path} cannot be used as a store: {error}; it is left as it is"
            ) from None
        if found != str(FORMAT):
            older = "the next run brings it up to that"
            what = older if found in _OLDER else "choose another --out"
            raise ValueError(
                f"{path} is a store of format {found}, this version reads {FORMAT}; {what}"
            )

    def _opened(self) -> str | None:
        try:
            return self._open()
        except sqlite3.Error:
            if self._writing or not _undone(self.path):
                raise
            return self._open()

    def _open(self) -> str | None:
        """Connect, check, and return the format."""
        mode = "rwc" if self._writing else "ro"
        # Transactions are begun by hand: sqlite3 would commit each table of its own accord.
        self._connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=_OPENING,
        )
        if not self._writing:
            return self._format()
        # Fails here, before any work, where the file cannot be written.
        self._transaction(self._create)
        found = self._format()
        if found in _OLDER:
            self._transaction(lambda: self._upgrade(str(found)))
            found = self._format()
        if found == str(FORMAT):
            (whole,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if whole != "ok":
                raise sqlite3.DatabaseError(f"damaged: {whole}")
            self._connection.execute("SELECT key, status FROM records LIMIT 1")
        return found

    def _format(self) -> str | None:
        found = self._connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchone()
        return None if found is None else str(found[0])

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def read(self, sql: str, *parameters: Any) -> list[Any]:
        """All rows of a query."""
        try:
            return self._patiently(lambda: self._connection.execute(sql, parameters).fetchall())
        except (sqlite3.Error, UnicodeError) as error:
            if self._writing:
                raise
            raise ValueError(f"{self.path} cannot be read: {error}") from None

    def write(self, statements: Sequence[Statement]) -> None:
        """Run statements in one transaction, as soon as no other program is in the way."""
        self._patiently(lambda: self._transaction(lambda: self._run(statements)))

    def write_soon(self, statements: Sequence[Statement], seconds: float) -> bool:
        """Run statements in one transaction; False where another program is in the way so long."""
        self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")
        try:
            self._transaction(lambda: self._run(statements))
        except sqlite3.OperationalError as error:
            if _busy(error):
                return False
            raise
        return True

    def _run(self, statements: Sequence[Statement]) -> None:
        for sql, rows in statements:
            self._connection.executemany(sql, rows)

    def _patiently(self, act: Callable[[], Result]) -> Result:
        self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * _PATIENCE)}")
        waiting = 0.0
        while True:
            try:
                return act()
            except sqlite3.OperationalError as error:
                if not _busy(error) or (waiting >= _OPENING and not self._writing):
                    raise
            if not waiting:
                _log.warning("another program is using %s: waiting until it is free", self.path)
            waiting += _PATIENCE

    def _transaction(self, act: Callable[[], bool | None]) -> None:
        """Commit what ``act`` does; nothing where it returns False, so that readers may stay."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if act() is not False:
                self._connection.execute("COMMIT")
        finally:
            # What failed, at its end as well, lets others go on.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _create(self) -> bool:
        """Make the tables in an empty file; whether that was to be done."""
        if self._connection.execute("SELECT name FROM sqlite_master").fetchall():
            return False
        columns = ", ".join(map(_declaration, COLUMNS))
        self._connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT)")
        self._connection.execute(f"CREATE TABLE records ({columns})")
        self._connection.execute("CREATE TABLE environments (id TEXT PRIMARY KEY, facts TEXT)")
        self._add_plan()
        self._connection.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))
        return True

    def _add_plan(self) -> None:
        self._connection.execute(
            "CREATE TABLE planned (key TEXT PRIMARY KEY, manifold TEXT, estimator TEXT, "
            "n INTEGER, seed INTEGER, seconds REAL)"
        )

    def _upgrade(self, found: str) -> None:
        """From format 1 without limits of memory and a plan, or 2 without the kernel's seconds."""
        if found == "1":
            self._connection.execute("ALTER TABLE records ADD COLUMN memory_limit_mib REAL")
            self._add_plan()
        self._connection.execute("ALTER TABLE records ADD COLUMN kernel_seconds REAL")
        self._connection.execute("UPDATE meta SET value = ? WHERE name = 'format'", (str(FORMAT),))


def _declaration(column: str) -> str:
    if column == "key":
        return "key TEXT PRIMARY KEY"
    kind = "INTEGER" if column in NUMBERS else "REAL" if column in REALS else "TEXT"
    return f"{column} {kind}"


def _busy(error: sqlite3.Error) -> bool:
    """Whether another program has the file; releases before Python 3.11 have no error codes."""
    return "locked" in str(error)


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
