"""The numbers of publications: CSV files with a row a number, and notes on why others differ.

Columns: publication, table, row and column of the cell, metric, value, dimension (true, as the
publication has it), n (points a sample), source, note. Beside them a folder ``notes`` may have a
file of the same name: table, row, column (globs), when ("differs", "undecided", or "missing" if
there is no number of ours), note.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import bench
from manifolds.registry import nearest

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    *("publication", "table", "row", "column", "metric", "value", "dimension", "n", "source"),
    "note",
)
NOTE_COLUMNS = ("table", "row", "column", "when", "note")
WHEN = ("differs", "undecided", "missing")
NOTES = "notes"


@dataclass(frozen=True)
class Known:
    """A note on cells that do not agree with the published number, or are missing."""

    table: str
    row: str
    column: str
    when: str
    note: str

    def applies_to(self, table: str, row: str, column: str, when: str) -> bool:
        """Return whether the note is about a cell."""
        return self.when == when and all(
            fnmatch.fnmatchcase(name, pattern)
            for name, pattern in ((table, self.table), (row, self.row), (column, self.column))
        )


def folder() -> Path:
    """Return the folder of the files: results/published of a clone, or in the package."""
    package = Path(bench.__file__).parent
    clone = package.parent / "results" / "published"
    return clone if clone.is_dir() else package / "published"


def names() -> list[str]:
    """Return the publications whose numbers come with the package, sorted."""
    return sorted(path.stem for path in folder().glob("*.csv"))


def path_of(name: str) -> Path:
    """Return the file of a publication that comes with the package; ValueError without one."""
    known = names()
    if name not in known:
        hint = nearest(name, known)
        raise ValueError(
            f"no published numbers of {name!r} in {folder()}; {hint}known: {', '.join(known)}"
        )
    return folder() / f"{name}.csv"


def read(path: Path) -> pd.DataFrame:
    """Return the numbers of a file, with ``digits``, the decimals that a value is given to.

    Raises ValueError if it cannot be read, lacks a column, or has a cell twice.
    """
    import pandas as pd

    table = _table(path, COLUMNS)
    values = pd.to_numeric(table["value"], errors="coerce")
    invalid = values.isna()
    if invalid.any():
        line = int(invalid.to_numpy().argmax())
        raise ValueError(
            f"{path}: line {line + 2}: value must be a number, not {table['value'].iloc[line]!r}"
        )
    cell = ["table", "row", "column", "metric"]
    duplicated = table.duplicated(cell)
    if duplicated.any():
        line = int(duplicated.to_numpy().argmax())
        names = ", ".join(table[cell].iloc[line])
        raise ValueError(f"{path}: line {line + 2}: duplicate cell ({names})")
    decimals = table["value"].str.partition(".")[2].str.len()
    sizes = pd.to_numeric(table["n"], errors="coerce").astype("Int64")
    return table.assign(value=values, digits=decimals, n=sizes)


def read_known(path: Path) -> tuple[Known, ...]:
    """Return the notes beside a file of numbers; none if there is no such file."""
    notes = path.parent / NOTES / path.name
    if not notes.exists():
        return ()
    table = _table(notes, NOTE_COLUMNS)
    for line, when in enumerate(table["when"], start=2):
        if when not in WHEN:
            raise ValueError(
                f"{notes}: line {line}: when must be one of {', '.join(WHEN)}, not {when!r}"
            )
    return tuple(Known(*row) for row in table[list(NOTE_COLUMNS)].itertuples(index=False))


def _table(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Return a CSV file as texts; ValueError if it cannot be read, or lacks a column."""
    import pandas as pd

    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    except OSError as error:
        raise ValueError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, pd.errors.ParserError) as error:
        raise ValueError(f"{path} is not a CSV file: {error}") from None
    missing = [column for column in columns if column not in table]
    if missing:
        raise ValueError(f"{path}: no column {', '.join(missing)}; it needs {', '.join(columns)}")
    return table
