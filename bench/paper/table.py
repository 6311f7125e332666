"""A published table with our numbers in its cells: truth, published, ours with its spread."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.format import NOT_RUN, number
from bench.paper.equivalence import Verdict, are_integers, verdict
from bench.summary.statistics import mean_interval

#: What stands where a cell of ours was not run.
ABSENT = "not run"
UNKNOWN = "Why it differs is not known."
#: Lines of a row; the last one where ours is there a second time, at a size that was inferred.
INFERRED = "ours, n inferred"
LINES = ("published", "ours", INFERRED)
BEST = "Bold: nearest to the truth among the numbers of a line."


@dataclass(frozen=True)
class Ours:
    """Our estimates at the seeds that are ok, of ``planned``, from samples of ``n`` points.

    ``missing`` stands in their place if there are none: "–" for a column of no method of ours,
    "not run" or "failed".
    """

    estimates: tuple[float, ...] = ()
    planned: int = 0
    n: int | None = None
    missing: str = ""
    failure: str = ""

    @property
    def mean(self) -> float:
        """Mean over seeds; NaN without any."""
        return mean_interval(self.estimates)[0]

    @property
    def half_width(self) -> float:
        """Of the 95 % t-interval over seeds; NaN for fewer than two."""
        return mean_interval(self.estimates)[2]

    @property
    def _without_interval(self) -> bool:
        """True for equal integers, or one estimate alone, which have no interval."""
        return len(self.estimates) == 1 or (
            are_integers(self.estimates) and len(set(self.estimates)) == 1
        )

    @property
    def mean_text(self) -> str:
        """Mean to the digits that are shown; empty without any estimate."""
        if not self.estimates:
            return ""
        if not self._without_interval:
            return with_digits(self.mean, self.half_width)[0]
        text = number(self.mean)
        return (
            text.rstrip("0").rstrip(".") if are_integers(self.estimates) and "." in text else text
        )

    @property
    def text(self) -> str:
        """Mean with its interval, "9.59 ± 0.02", or its seeds, "10 (3 of 3 seeds)"."""
        if not self.estimates:
            return self.missing
        ok = len(self.estimates)
        if ok == 1:
            text = f"{self.mean_text} (1 seed)"
        elif self._without_interval:
            text = f"{self.mean_text} ({ok} of {self.planned} seeds)"
        else:
            text = " ± ".join(with_digits(self.mean, self.half_width))
        failed = self.planned - ok
        return f"{text}, {failed} of {self.planned} failed" if failed else text


def with_digits(mean: float, half_width: float) -> tuple[str, str]:
    """Return a mean and its half-width to the same decimals, two at most: 126 ± 2, 9.60 ± 0.05.

    The half-width has one digit that is not zero, or two where the first of them is 1 (the rule of
    the Particle Data Group).
    """
    if half_width <= 0:
        return f"{mean:.2f}", "0.00"
    power = math.floor(math.log10(half_width))
    leading = half_width / 10.0**power
    decimals = min(2, max(0, -power + (leading < 1.95)))
    reach = f"{half_width:.{decimals}f}"
    return f"{mean:.{decimals}f}", reach if float(reach) else f"<{10.0**-decimals:g}"


@dataclass(frozen=True)
class TableCell:
    """A cell: the true dimension, the published number to ``digits`` decimals, our estimates.

    ``published_n`` is the size of the published samples as far as known. ``inferred`` are our
    estimates at a size that was inferred from the published number: to be near it is no agreement.
    """

    row: str
    column: str
    truth: float | None
    published: float | None
    digits: int = 0
    ours: Ours = Ours()
    published_n: int | None = None
    inferred: Ours | None = None
    note: str = ""

    @property
    def verdict(self) -> Verdict | None:
        """Verdict on ours and the published number; None if one of them is missing."""
        if self.published is None or not self.ours.estimates:
            return None
        return verdict(self.published, self.digits, self.ours.estimates, self.ours.planned)

    def value(self, line: str) -> float:
        """Return the number of a line, NaN without one."""
        if line == "published":
            return math.nan if self.published is None else self.published
        ours = self.ours if line == "ours" else self.inferred
        return math.nan if ours is None else ours.mean

    def shown(self, line: str) -> float:
        """Return the number of a line to the digits that are shown, NaN without one."""
        if math.isnan(self.value(line)):
            return math.nan
        if line == "published":
            return float(f"{self.published:.{self.digits}f}")
        ours = self.ours if line == "ours" else self.inferred
        return math.nan if ours is None else float(ours.mean_text)

    @property
    def texts(self) -> tuple[str, ...]:
        """Texts of the cell: truth, published and ours, and ours at the inferred size if any."""
        truth = NOT_RUN if self.truth is None else f"{self.truth:g}"
        published = NOT_RUN if self.published is None else f"{self.published:.{self.digits}f}"
        texts = (truth, published, self.ours.text)
        if self.inferred is None:
            return texts
        size = "" if self.inferred.n is None else f" (n = {self.inferred.n}, inferred)"
        return (*texts, self.inferred.text + size)


@dataclass(frozen=True)
class Comparison:
    """A published table with our numbers in its cells, and why some of them differ."""

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[TableCell, ...]
    remarks: tuple[str, ...] = ()

    def cell(self, row: str, column: str) -> TableCell:
        """Return the cell of a row and column."""
        return next(c for c in self.cells if (c.row, c.column) == (row, column))

    def of_row(self, row: str) -> list[TableCell]:
        """Return the cells of a row, in the order of the columns."""
        return [self.cell(row, column) for column in self.columns]

    def truth(self, row: str) -> str:
        """Return the true dimension of a row, which all of its cells share."""
        return self.of_row(row)[0].texts[0]

    def text(self, row: str, column: str, line: str) -> str:
        """Return the text of a line of a cell; empty if the cell has no such line."""
        texts = self.cell(row, column).texts[1:]
        place = LINES.index(line)
        return texts[place] if place < len(texts) else ""

    def lines(self, row: str | None = None) -> tuple[str, ...]:
        """Return the lines of a row, or of all, that have a number or a note: no empty ones."""
        cells = self.cells if row is None else self.of_row(row)

        def has(cell: TableCell, line: str) -> bool:
            missing = cell.ours.missing not in ("", NOT_RUN, ABSENT)
            return not math.isnan(cell.value(line)) or (
                line == "ours" and (missing or bool(cell.note))
            )

        return tuple(line for line in LINES if any(has(cell, line) for cell in cells))

    def best(self, row: str, line: str) -> set[str]:
        """Return the columns whose number in a line, as it is shown, is nearest to the truth.

        None if the truth is not known, or all are as near.
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
        """Notes of marked or missing cells, each once, in the order of the table."""
        return tuple(dict.fromkeys(cell.note for cell in self.cells if cell.note))

    @property
    def agreement(self) -> str:
        """Sentence on how many of the cells with two numbers agree, differ, and are not decided."""
        published = [cell for cell in self.cells if cell.published is not None]
        verdicts = [cell.verdict for cell in published if cell.verdict]
        single = sum(len(cell.ours.estimates) == 1 for cell in published)
        lacking = sum(cell.ours.missing not in ("", NOT_RUN) for cell in published)
        return (
            f"{verdicts.count('agrees')} of {len(verdicts)} cells agree with the published number; "
            f"differ: {verdicts.count('differs')}; not decided: {verdicts.count('undecided')}"
            + (f" (of one seed: {single})" if single else "")
            + (f"; without ours: {lacking}." if lacking else ".")
        )
