"""The SQLite file of a store: opened and checked, read and written beside other programs."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING
from pathlib import Path
from typing import Any, TypeVar

from bench.record import COLUMNS, Column
from bench.store import lock

#: Raised only where an earlier version would misread a store: columns are added without.
FORMAT = 3

_TABLES = {
    "meta": "name TEXT PRIMARY KEY, value TEXT",
    "records": ", ".join(
        f"{column.name} {column.sql_type}" + " PRIMARY KEY" * (column.name == "key")
        for column in COLUMNS.values()
    ),
    "environments": "id TEXT PRIMARY KEY, facts TEXT",
    "planned": "key TEXT PRIMARY KEY, manifold TEXT, estimator TEXT, n INTEGER, seed INTEGER, "
    "seconds REAL",
}
_OPENING = 30.0  # seconds to wait for another program before a file is used
_PATIENCE = 5.0  # seconds to wait for it before a message says so

_log = logging.getLogger(__name__)
Result = TypeVar("Result")
#: SQL, and the parameters of each time that it is run.
Statement = tuple[str, Sequence[Sequence[Any] | Mapping[str, Any]]]


class Database:
    """The file at ``path``; opened for writing, it gets what a store of this version has.

    Raises ValueError where it is damaged or of a newer version: it is left as it is. Another
    program that uses it is waited for without end; where it is opened for reading alone, half a
    minute, and then it is a ValueError.
    """

    def __init__(self, path: Path, writing: bool) -> None:
        self.path = path
        self._writing = writing
        try:
            try:
                problem = self._open()
            except sqlite3.Error:
                if writing or not _rollback(path):
                    raise
                problem = self._open()
        except (sqlite3.Error, UnicodeError) as error:
            raise ValueError(
                f"{path} cannot be used as a store: {error}; it is left as it is"
            ) from None
        if problem:
            raise ValueError(f"{path} is a store of {problem}")

    def _open(self) -> str:
        """Connect, check and upgrade; return why the store cannot be used, or ""."""
        mode = "rwc" if self._writing else "ro"
        # Transactions are begun by hand: sqlite3 would commit each table of its own accord.
        self._connection = sqlite3.connect(
            f"{self.path.resolve().as_uri()}?mode={mode}",
            uri=True,
            isolation_level=None,
            timeout=_OPENING,
        )
        if self._writing:
            # Fails here, before any work, where the file cannot be written.
            self._transaction(self._create)
        rows = self._connection.execute("SELECT value FROM meta WHERE name = 'format'").fetchall()
        (number,) = rows[0] if rows else (None,)
        older = str(number) in map(str, range(1, FORMAT))
        if not older and str(number) != str(FORMAT):
            return f"format {number}, this version reads {FORMAT}; choose another --out"
        if self._writing:
            (state,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if state != "ok":
                raise sqlite3.DatabaseError(f"damaged: {state}")
        columns = {row[1] for row in self._connection.execute("PRAGMA table_info(records)")}
        missing = [column for name, column in COLUMNS.items() if name not in columns]
        for column in missing:
            if column.default is MISSING:
                raise sqlite3.DatabaseError(f"damaged: records have no {column.name}")
        if not older and columns - COLUMNS.keys():
            unknown = ", ".join(sorted(columns - COLUMNS.keys()))
            return f"a newer version, with records of {unknown}; choose another --out"
        if (older or missing) and not self._writing:
            what = f"format {number}" if older else f"records without {missing[0].name}"
            return f"{what}, this version reads {FORMAT}; the next run brings it up to that"
        if older or missing:
            self._transaction(lambda: self._upgrade(missing))
        return ""

    def _create(self) -> bool:
        """Make the tables in an empty file; return whether it was empty."""
        if self._connection.execute("SELECT name FROM sqlite_master").fetchall():
            return False
        for name, columns in _TABLES.items():
            self._connection.execute(f"CREATE TABLE {name} ({columns})")
        self._set_format()
        return True

    def _upgrade(self, missing: Sequence[Column]) -> None:
        """Add what earlier versions did not have: columns of records, and the plan."""
        self._connection.execute(f"CREATE TABLE IF NOT EXISTS planned ({_TABLES['planned']})")
        for column in missing:
            default = "NULL" if column.default is None else repr(column.default)
            self._connection.execute(
                f"ALTER TABLE records ADD COLUMN {column.name} {column.sql_type} DEFAULT {default}"
            )
        self._set_format()

    def _set_format(self) -> None:
        self._connection.execute("INSERT OR REPLACE INTO meta VALUES ('format', ?)", (str(FORMAT),))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def read(self, sql: str, *parameters: Any) -> list[Any]:
        """Return all rows of a query."""
        try:
            return self._retry(lambda: self._connection.execute(sql, parameters).fetchall())
        except (sqlite3.Error, UnicodeError) as error:
            if self._writing:
                raise
            raise ValueError(f"{self.path} cannot be read: {error}") from None

    def write(self, statements: Sequence[Statement]) -> None:
        """Run statements in one transaction, as soon as no other program is in the way."""
        self._retry(lambda: self._transaction(lambda: self._run(statements)))

    def write_soon(self, statements: Sequence[Statement], seconds: float) -> bool:
        """Run statements in one transaction; False where another program is in the way so long."""
        self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * seconds)}")
        try:
            self._transaction(lambda: self._run(statements))
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                return False
            raise
        return True

    def _run(self, statements: Sequence[Statement]) -> None:
        for sql, rows in statements:
            self._connection.executemany(sql, rows)

    def _retry(self, action: Callable[[], Result]) -> Result:
        """Return the result of an action, tried again while another program is in the way."""
        self._connection.execute(f"PRAGMA busy_timeout = {round(1000 * _PATIENCE)}")
        waiting = 0.0
        while True:
            try:
                return action()
            except sqlite3.OperationalError as error:
                if not _is_busy(error) or (waiting >= _OPENING and not self._writing):
                    raise
            if not waiting:
                _log.warning("another program is using %s: waiting until it is free", self.path)
            waiting += _PATIENCE

    def _transaction(self, action: Callable[[], bool | None]) -> None:
        """Commit what an action does; nothing where it returns False, so that readers may stay."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if action() is not False:
                self._connection.execute("COMMIT")
        finally:
            # What failed, at its end as well, lets others go on.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")


def _is_busy(error: sqlite3.Error) -> bool:
    """Return whether another program has the file; before Python 3.11 there are no error codes."""
    return "locked" in str(error)


def _rollback(path: Path) -> bool:
    """Undo what a killed run had begun to write, which only a writer can; False if nothing was."""
    journal = path.with_name(f"{path.name}-journal")
    if not journal.exists() or lock.in_use(path.parent):
        return False
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True)
        ) as connection:
            connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    return not journal.exists()
