"""The numbers of publications: CSV files with a row a number, and notes on why others differ.

Columns: publication, table, row and column of the cell, metric, value, dimension (true, as the
publication has it), n (points a sample), source, note. Beside them a folder ``notes`` may have a
file of the same name: table, row, column (globs), when ("differs", "undecided", or "missing" where
no number of ours is there), note.
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
    """What is known of cells that do not agree with the published number, or are missing."""

    table: str
    row: str
    column: str
    when: str
    note: str

    def holds(self, table: str, row: str, column: str, when: str) -> bool:
        """Whether it speaks of a cell."""
        return self.when == when and all(
            fnmatch.fnmatchcase(found, pattern)
            for found, pattern in (
                (table, self.table),
                (row, self.row),
                (column, self.column),
            )
        )


def folder() -> Path:
    """Where the files are: results/published of a clone, or within the installed package."""
    package = Path(bench.__file__).parent
    clone = package.parent / "results" / "published"
    return clone if clone.is_dir() else package / "published"


def names() -> list[str]:
    """The publications whose numbers come with the package, sorted."""
    return sorted(path.stem for path in folder().glob("*.csv"))


def path_of(name: str) -> Path:
    """The file of a publication that comes with the package; ValueError where there is none."""
    known = names()
    if name not in known:
        hint = nearest(name, known)
        raise ValueError(
            f"no published numbers of {name!r} in {folder()}; {hint}there are: {', '.join(known)}"
        )
    return folder() / f"{name}.csv"


def read(path: Path) -> pd.DataFrame:
    """The numbers of a file, with ``digits``, the decimals that a value is given to.

    Raises ValueError where it cannot be read, lacks a column, or has a cell twice.
    """
    import pandas as pd

    table = _table(path, COLUMNS)
    values = pd.to_numeric(table["value"], errors="coerce")
    wrong = values.isna()
    if wrong.any():
        line = int(wrong.to_numpy().argmax())
        raise ValueError(
            f"{path}: line {line + 2}: value must be a number, not {table['value'].iloc[line]!r}"
        )
    cell = ["table", "row", "column", "metric"]
    twice = table.duplicated(cell)
    if twice.any():
        line = int(twice.to_numpy().argmax())
        found = ", ".join(table[cell].iloc[line])
        raise ValueError(f"{path}: line {line + 2}: the cell ({found}) is there twice")
    decimals = table["value"].str.partition(".")[2].str.len()
    sizes = pd.to_numeric(table["n"], errors="coerce").astype("Int64")
    return table.assign(value=values, digits=decimals, n=sizes)


def read_known(path: Path) -> tuple[Known, ...]:
    """The notes beside a file of numbers; none where there is no such file."""
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
    """A CSV file as texts; ValueError where it is not one with these columns."""
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
