"""Published numbers beside ours: three numbers a cell, truth, published, ours with its spread."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import manifolds
from bench import suite
from bench.outputs.metrics import OK, mean_interval
from bench.outputs.wording import NOT_RUN, number
from bench.paper.published import Known

if TYPE_CHECKING:
    import pandas as pd

    from bench.paper.publication import Material

UNKNOWN = "Why it differs is not known."


@dataclass(frozen=True)
class Compared:
    """A cell: the true dimension, the published number to ``digits`` decimals, our estimates.

    ``estimates`` are those of the seeds that are ok, of ``planned``; ``missing`` says in the place
    of none what there is: "–" where the column is of no method of ours, "not run" or "failed".
    ``n`` is the size of our samples, ``published_n`` of the published ones, as far as known.
    """

    row: str
    column: str
    truth: float | None
    published: float | None
    digits: int = 0
    estimates: tuple[float, ...] = ()
    planned: int = 0
    n: int | None = None
    published_n: int | None = None
    missing: str = ""
    failure: str = ""
    differs: bool = False
    note: str = ""

    @property
    def mean(self) -> float:
        """Mean over seeds; NaN without any."""
        return mean_interval(self.estimates)[0]

    @property
    def half_width(self) -> float:
        """Of the 95 % t-interval over seeds; NaN for fewer than two."""
        return mean_interval(self.estimates)[2]

    @property
    def standard_error(self) -> float:
        """Of the mean over seeds; NaN for fewer than two."""
        count = len(self.estimates)
        return mean_interval(self.estimates)[1] / math.sqrt(count) if count else math.nan

    @property
    def distance(self) -> float:
        """How far our mean is from all numbers that round to the published one; NaN if unknown."""
        if self.published is None:
            return math.nan
        apart = abs(self.mean - self.published)
        return apart if math.isnan(apart) else max(0.0, apart - 0.5 * 10.0**-self.digits)


@dataclass(frozen=True)
class Rule:
    """When a number differs from the published one, and which spread is shown beside ours."""

    text: str
    spread: Callable[[Compared], float]
    differs: Callable[[Compared], bool]


#: Beyond the last digit of the published number and the interval over seeds; one seed has none.
INTERVAL = Rule(
    "Ours: mean over seeds with its 95 % t-interval. Marked: ours differs from every number that "
    "rounds to the published one by more than the interval, or at all where one seed gives none.",
    lambda cell: cell.half_width,
    lambda cell: cell.distance > _known(cell.half_width) + 1e-9,
)
#: As far as two means of samples may be apart, or 3 %.
STANDARD_ERRORS = Rule(
    "Ours: mean over seeds with its standard error. Marked: ours differs from every number that "
    "rounds to the published one by more than 3 standard errors and by more than 3 %.",
    lambda cell: cell.standard_error,
    lambda cell: (
        cell.published is not None
        and cell.distance > max(3 * _known(cell.standard_error), 0.03 * cell.published) + 1e-9
    ),
)


@dataclass(frozen=True)
class Comparison:
    """A published table with our numbers in its cells, and why some of them differ."""

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Compared, ...]
    rule: Rule
    remarks: tuple[str, ...] = ()

    def cell(self, row: str, column: str) -> Compared:
        """The cell of a row and column."""
        return next(c for c in self.cells if (c.row, c.column) == (row, column))

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said of marked or missing cells, each once, in the order of the table."""
        return tuple(dict.fromkeys(cell.note for cell in self.cells if cell.note))

    @property
    def agreement(self) -> str:
        """How many of the cells with two numbers agree."""
        both = [cell for cell in self.cells if cell.estimates and cell.published is not None]
        lacking = sum(cell.missing not in ("", NOT_RUN) for cell in self.cells)
        without = f"; {lacking} {'is' if lacking == 1 else 'are'} without ours" if lacking else ""
        agreeing = sum(not cell.differs for cell in both)
        return f"{agreeing} of {len(both)} cells agree with the published number{without}."

    def texts(self, cell: Compared) -> tuple[str, str, str]:
        """Truth, published and ours, as they are shown."""
        truth = NOT_RUN if cell.truth is None else f"{cell.truth:g}"
        published = NOT_RUN if cell.published is None else f"{cell.published:.{cell.digits}f}"
        return truth, published, _ours(cell, self.rule.spread(cell))


def _known(value: float) -> float:
    return 0.0 if math.isnan(value) else value


def _ours(cell: Compared, spread: float) -> str:
    """A mean with its spread, "9.59 ± 0.02" or "10 (1 seed)", or what is there in its place."""
    if not cell.estimates:
        return cell.missing
    whole = all(float(estimate).is_integer() for estimate in cell.estimates)

    def told(value: float) -> str:
        text = number(value)
        return text.rstrip("0").rstrip(".") if whole and "." in text else text

    found = told(cell.mean)
    found += " (1 seed)" if math.isnan(spread) else f" ± {told(spread)}"
    failed = cell.planned - len(cell.estimates)
    return f"{found}, {failed} of {cell.planned} failed" if failed else found


def compare(
    material: Material,
    table: str,
    *,
    name: str,
    title: str,
    places: Mapping[tuple[str, str], tuple[str, str]],
    dimensions: Mapping[str, float | None],
    rule: Rule = INTERVAL,
    metric: str = "estimate",
) -> Comparison:
    """A published table beside the records of an item.

    ``places`` says for a row and column of the table which manifold and estimator (labels of the
    records) measure it; a column without any is shown as published alone. ``dimensions`` are the
    true dimensions by row, and the order of the rows.
    """
    found = material.published
    found = found[(found["table"] == table) & (found["metric"] == metric)]
    if found.empty:
        raise ValueError(f"no numbers of {table!r}, {metric!r} are published")
    numbers = {(row["row"], row["column"]): row for row in found.to_dict("records")}
    columns = tuple(dict.fromkeys(found["column"]))
    unknown = sorted({column for _, column in places} - set(columns))
    if unknown:
        raise ValueError(f"{table} has no column {unknown[0]!r}; it has: {', '.join(columns)}")
    measured = dict(list(material.records.groupby(["manifold", "estimator"])))
    cells = []
    for row, truth in dimensions.items():
        for column in columns:
            there = numbers.get((row, column))
            cell = Compared(
                row=row,
                column=column,
                truth=truth,
                published=None if there is None else float(there["value"]),
                digits=0 if there is None else int(there["digits"]),
                published_n=None if there is None or there["n"] is None else _size(there["n"]),
            )
            if (row, column) in places:
                cell = _measured(cell, measured.get(places[row, column]))
            else:
                cell = replace(cell, missing=NOT_RUN)
            cells.append(_judged(cell, table, rule, material.known))
    return Comparison(
        name,
        title,
        tuple(dimensions),
        columns,
        tuple(cells),
        rule,
        (f"Preset {material.preset}. {_seeds(cells)}", *_sizes(cells)),
    )


def _measured(cell: Compared, records: pd.DataFrame | None) -> Compared:
    """The cell with the estimates of its records."""
    if records is None or records.empty:
        return replace(cell, missing="not run")
    ok = records[records["status"] == OK]
    failed = records[records["status"] != OK]
    status = "" if failed.empty else str(failed["status"].iloc[0])
    return replace(
        cell,
        estimates=tuple(float(value) for value in ok["estimate"]),
        planned=len(records),
        n=int(records["n"].iloc[0]),
        missing="" if len(ok) else status,
        failure="" if failed.empty else str(failed["message"].iloc[0] or status),
    )


def _judged(cell: Compared, table: str, rule: Rule, known: Iterable[Known]) -> Compared:
    """The cell with its mark, and what is known of why."""
    differs = rule.differs(cell)
    when = "differs" if differs else "missing" if cell.missing not in ("", NOT_RUN) else ""
    if not when:
        return cell
    notes = (k.note for k in known if k.holds(table, cell.row, cell.column, when))
    note = next(notes, UNKNOWN if differs else cell.failure)
    return replace(cell, differs=differs, note=note)


def _size(value: object) -> int | None:
    import pandas as pd

    return None if pd.isna(value) else int(value)  # type: ignore[call-overload]


def _seeds(cells: Iterable[Compared]) -> str:
    """How many seeds are behind our numbers."""
    counts = sorted({len(cell.estimates) for cell in cells if cell.estimates})
    if not counts:
        return "No number of ours is there."
    least, most = counts[0], counts[-1]
    told = str(most) if least == most else f"{least} to {most}"
    return f"Seeds a cell: {told}."


def _sizes(cells: Iterable[Compared]) -> tuple[str, ...]:
    """Points of our samples, by rows; of some columns where they differ within a row."""
    by_row: dict[str, dict[int, list[str]]] = {}
    for cell in cells:
        if cell.n is not None:
            by_row.setdefault(cell.row, {}).setdefault(cell.n, []).append(cell.column)
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
    own = suite.load(suite_name)
    found: dict[str, float | None] = {}
    for row, label in labels.items():
        choice = own.manifolds[label]
        made = manifolds.get(choice.manifold, **choice.parameters)
        found[row] = getattr(made, "dimension", None)
    return found
