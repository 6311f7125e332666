"""Comparison of a published table with our records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import manifolds
from bench.format import NOT_RUN
from bench.paper.equivalence import RULE
from bench.paper.publication import Material
from bench.paper.published import Known
from bench.paper.table import ABSENT, BEST, UNKNOWN, Comparison, Ours, TableCell
from bench.record import OK
from bench.suites import schema

if TYPE_CHECKING:
    import pandas as pd

#: Place in a published table (row, column) -> manifold and estimator, labels of the records.
Places = Mapping[tuple[str, str], tuple[str, str]]


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
    """Return a published table beside the records of an item.

    ``places`` says what measures a row and column of the table; a column without any is shown as
    published alone. ``inferred`` says the same of a second number of ours, from as many points as
    were inferred from the published one. ``dimensions`` are the true dimensions by row, and the
    order of the rows. ``added`` are columns of ours after the published ones, and ``remarks`` are
    lines below the table.
    """
    published = material.published
    published = published[(published["table"] == table) & (published["metric"] == metric)]
    if published.empty:
        raise ValueError(f"no numbers of {table!r}, {metric!r} are published")
    numbers = {(row["row"], row["column"]): row for row in published.to_dict("records")}
    columns = (*dict.fromkeys(published["column"]), *added)
    unknown = sorted({column for _, column in places} - set(columns))
    if unknown:
        raise ValueError(f"{table} has no column {unknown[0]!r}; it has: {', '.join(columns)}")
    groups = dict(list(material.records.groupby(["manifold", "estimator"])))
    cells = []
    for row, truth in dimensions.items():
        for column in columns:
            number, place = numbers.get((row, column)), places.get((row, column))
            again = (inferred or {}).get((row, column))
            cell = TableCell(
                row=row,
                column=column,
                truth=truth,
                published=None if number is None else float(number["value"]),
                digits=0 if number is None else int(number["digits"]),
                published_n=None if number is None else _size(number["n"]),
                ours=Ours(missing=NOT_RUN) if place is None else _ours(groups.get(place)),
                inferred=None if again is None else _ours(groups.get(again)),
            )
            cells.append(_with_note(cell, table, material.known))
    return Comparison(
        name,
        title,
        tuple(dimensions),
        columns,
        tuple(cells),
        (BEST, RULE, f"Preset {material.preset}. {_seeds(cells)}", *_sizes(cells), *remarks),
    )


def _ours(records: pd.DataFrame | None) -> Ours:
    """Return our estimates from the records of a manifold and an estimator."""
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


def _with_note(cell: TableCell, table: str, known: Iterable[Known]) -> TableCell:
    """Return the cell with what is known of why it does not agree, or is missing."""
    missing = "missing" if cell.ours.missing not in ("", NOT_RUN) else ""
    when = cell.verdict or missing
    notes = (k.note for k in known if k.applies_to(table, cell.row, cell.column, when))
    return replace(cell, note=next(notes, UNKNOWN if when == "differs" else cell.ours.failure))


def _size(value: object) -> int | None:
    import pandas as pd

    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]


def _seeds(cells: Iterable[TableCell]) -> str:
    """Return how many seeds our numbers are from."""
    counts = sorted({len(cell.ours.estimates) for cell in cells if cell.ours.estimates})
    if not counts:
        return "No number of ours is there."
    least, most = counts[0], counts[-1]
    return f"Seeds a cell: {most if least == most else f'{least} to {most}'}."


def _sizes(cells: Iterable[TableCell]) -> tuple[str, ...]:
    """Return the points of our samples by rows; of some columns if they differ within a row."""
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
    """Return true dimensions by row, of manifolds of a suite by label; None if unknown."""
    choices = schema.load(suite_name).manifolds
    return {
        row: getattr(
            manifolds.get(choices[label].manifold, **choices[label].parameters), "dimension", None
        )
        for row, label in labels.items()
    }
