"""A published table with our numbers in its cells."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import manifolds
from bench.format import NOT_RUN
from bench.paper.compared import Compared, Ours
from bench.paper.equivalence import RULE
from bench.paper.published import Known
from bench.record import OK
from bench.suites import schema

if TYPE_CHECKING:
    import pandas as pd

    from bench.paper.publication import Material

#: What stands where a cell of ours was not run.
ABSENT = "not run"
UNKNOWN = "Why it differs is not known."
#: Lines of a row; the last one where ours is there a second time, at a size that was inferred.
INFERRED = "ours, n inferred"
LINES = ("published", "ours", INFERRED)
BEST = "Bold: nearest to the truth among the numbers of a line."
#: Place in a published table (row, column) -> manifold and estimator, labels of the records.
Places = Mapping[tuple[str, str], tuple[str, str]]


@dataclass(frozen=True)
class Comparison:
    """A published table with our numbers in its cells, and why some of them differ."""

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Compared, ...]
    remarks: tuple[str, ...] = ()

    def cell(self, row: str, column: str) -> Compared:
        """The cell of a row and column."""
        return next(c for c in self.cells if (c.row, c.column) == (row, column))

    def of_row(self, row: str) -> list[Compared]:
        """The cells of a row, in the order of the columns."""
        return [self.cell(row, column) for column in self.columns]

    def truth(self, row: str) -> str:
        """The true dimension of a row, which all of its cells share."""
        return self.of_row(row)[0].texts[0]

    def text(self, row: str, column: str, line: str) -> str:
        """What stands in a line of a cell; empty where the cell has none such."""
        texts = self.cell(row, column).texts[1:]
        place = LINES.index(line)
        return texts[place] if place < len(texts) else ""

    def lines(self, row: str | None = None) -> tuple[str, ...]:
        """The lines of a row, or of all, that have a number or a note: no empty ones."""
        cells = self.cells if row is None else self.of_row(row)

        def has(cell: Compared, line: str) -> bool:
            missing = cell.ours.missing not in ("", NOT_RUN, ABSENT)
            return not math.isnan(cell.value(line)) or (
                line == "ours" and (missing or bool(cell.note))
            )

        return tuple(line for line in LINES if any(has(cell, line) for cell in cells))

    def best(self, row: str, line: str) -> set[str]:
        """Columns whose number in a line, as it is shown, is nearest to the truth.

        None where the truth is not known, and where all are as near.
        """
        off = {
            cell.column: abs(cell.shown(line) - cell.truth)
            for cell in self.of_row(row)
            if cell.truth is not None and not math.isnan(cell.value(line))
        }
        nearest = {column for column, far in off.items() if far <= min(off.values()) + 1e-9}
        return nearest if len(nearest) < len(off) else set()

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said of marked or missing cells, each once, in the order of the table."""
        return tuple(dict.fromkeys(cell.note for cell in self.cells if cell.note))

    @property
    def agreement(self) -> str:
        """How many of the cells with two numbers agree, differ, and are not decided."""
        published = [cell for cell in self.cells if cell.published is not None]
        found = [cell.verdict for cell in published if cell.verdict]
        single = sum(len(cell.ours.estimates) == 1 for cell in published)
        lacking = sum(cell.ours.missing not in ("", NOT_RUN) for cell in published)
        return (
            f"{found.count('agrees')} of {len(found)} cells agree with the published number; "
            f"differ: {found.count('differs')}; not decided: {found.count('undecided')}"
            + (f" (of one seed: {single})" if single else "")
            + (f"; without ours: {lacking}." if lacking else ".")
        )


def compare(
    material: Material,
    table: str,
    *,
    name: str,
    title: str,
    places: Places,
    dimensions: Mapping[str, float | None],
    inferred: Places | None = None,
    added: tuple[str, ...] = (),
    remarks: tuple[str, ...] = (),
    metric: str = "estimate",
) -> Comparison:
    """A published table beside the records of an item.

    ``places`` says what measures a row and column of the table; a column without any is shown as
    published alone. ``inferred`` says the same of a second number of ours, from as many points as
    were inferred from the published one. ``dimensions`` are the true dimensions by row, and the
    order of the rows. ``added`` are columns of ours after the published ones, and ``remarks`` are
    said below the table.
    """
    found = material.published
    found = found[(found["table"] == table) & (found["metric"] == metric)]
    if found.empty:
        raise ValueError(f"no numbers of {table!r}, {metric!r} are published")
    numbers = {(row["row"], row["column"]): row for row in found.to_dict("records")}
    columns = (*dict.fromkeys(found["column"]), *added)
    unknown = sorted({column for _, column in places} - set(columns))
    if unknown:
        raise ValueError(f"{table} has no column {unknown[0]!r}; it has: {', '.join(columns)}")
    measured = dict(list(material.records.groupby(["manifold", "estimator"])))
    cells = []
    for row, truth in dimensions.items():
        for column in columns:
            there, again = numbers.get((row, column)), (inferred or {}).get((row, column))
            cell = Compared(
                row=row,
                column=column,
                truth=truth,
                published=None if there is None else float(there["value"]),
                digits=0 if there is None else int(there["digits"]),
                published_n=None if there is None or there["n"] is None else _size(there["n"]),
                ours=(
                    _measured(measured.get(places[row, column]))
                    if (row, column) in places
                    else Ours(missing=NOT_RUN)
                ),
                inferred=None if again is None else _measured(measured.get(again)),
            )
            cells.append(_explained(cell, table, material.known))
    return Comparison(
        name,
        title,
        tuple(dimensions),
        columns,
        tuple(cells),
        (BEST, RULE, f"Preset {material.preset}. {_seeds(cells)}", *_sizes(cells), *remarks),
    )


def _measured(records: pd.DataFrame | None) -> Ours:
    """What the records of a manifold and an estimator say."""
    if records is None or records.empty:
        return Ours(missing=ABSENT)
    ok = records[records["status"] == OK]
    failed = records[records["status"] != OK]
    status = "" if failed.empty else str(failed["status"].iloc[0])
    return Ours(
        estimates=tuple(float(value) for value in ok["estimate"]),
        planned=len(records),
        n=int(records["n"].iloc[0]),
        missing="" if len(ok) else status,
        failure="" if failed.empty else str(failed["message"].iloc[0] or status),
    )


def _explained(cell: Compared, table: str, known: Iterable[Known]) -> Compared:
    """The cell with what is known of why it does not agree, or is missing."""
    missing = "missing" if cell.ours.missing not in ("", NOT_RUN) else ""
    when = cell.verdict or missing
    notes = (k.note for k in known if k.holds(table, cell.row, cell.column, when))
    return replace(cell, note=next(notes, UNKNOWN if when == "differs" else cell.ours.failure))


def _size(value: object) -> int | None:
    import pandas as pd

    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]


def _seeds(cells: Iterable[Compared]) -> str:
    """How many seeds are behind our numbers."""
    counts = sorted({len(cell.ours.estimates) for cell in cells if cell.ours.estimates})
    if not counts:
        return "No number of ours is there."
    least, most = counts[0], counts[-1]
    told = str(most) if least == most else f"{least} to {most}"
    return f"Seeds a cell: {told}."


def _sizes(cells: Iterable[Compared]) -> tuple[str, ...]:
    """Points of our samples, by rows; of some columns where they differ within a row."""
    by_row: dict[str, dict[int, list[str]]] = {}
    for cell in cells:
        n = cell.ours.n
        if n is not None:
            by_row.setdefault(cell.row, {}).setdefault(n, []).append(cell.column)
    places: dict[int, list[str]] = {}
    for row, sizes in by_row.items():
        most = max(sizes, key=lambda n: len(sizes[n]))
        for n, columns in sizes.items():
            where = row if n == most else f"{row} ({', '.join(columns)})"
            places.setdefault(n, []).append(where)
    if not places:
        return ()
    if len(places) == 1:
        return (f"Our samples have {next(iter(places))} points.",)
    parts = [f"{n} on {', '.join(where)}" for n, where in sorted(places.items())]
    return (f"Points of our samples: {'; '.join(parts)}.",)


def dimensions_of(suite_name: str, labels: Mapping[str, str]) -> dict[str, float | None]:
    """True dimensions by row, of manifolds of a suite by label; None where nobody knows it."""
    own = schema.load(suite_name)
    found: dict[str, float | None] = {}
    for row, label in labels.items():
        choice = own.manifolds[label]
        made = manifolds.get(choice.manifold, **choice.parameters)
        found[row] = getattr(made, "dimension", None)
    return found
