"""A cell of a published table: truth, the published number, ours with its spread."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bench.format import NOT_RUN, number
from bench.paper.equivalence import Verdict, counts, verdict
from bench.summary.seeds import mean_interval


@dataclass(frozen=True)
class Ours:
    """Our estimates at the seeds that are ok, of ``planned``, from samples of ``n`` points.

    ``missing`` says in the place of none what there is: "–" where the column is of no method of
    ours, "not run" or "failed".
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
    def _as_counts(self) -> bool:
        """Whether the estimates are counts that are equal, or one estimate alone: no interval."""
        return len(self.estimates) == 1 or (
            counts(self.estimates) and len(set(self.estimates)) == 1
        )

    @property
    def mean_text(self) -> str:
        """The mean to the digits that are shown; empty without any estimate."""
        if not self.estimates:
            return ""
        if not self._as_counts:
            return with_digits(self.mean, self.half_width)[0]
        text = number(self.mean)
        return text.rstrip("0").rstrip(".") if counts(self.estimates) and "." in text else text

    @property
    def text(self) -> str:
        """The mean with its interval, "9.59 ± 0.02", or its seeds, "10 (3 of 3 seeds)"."""
        if not self.estimates:
            return self.missing
        ok = len(self.estimates)
        if ok == 1:
            text = f"{self.mean_text} (1 seed)"
        elif self._as_counts:
            text = f"{self.mean_text} ({ok} of {self.planned} seeds)"
        else:
            text = " ± ".join(with_digits(self.mean, self.half_width))
        failed = self.planned - ok
        return f"{text}, {failed} of {self.planned} failed" if failed else text


def with_digits(mean: float, half_width: float) -> tuple[str, str]:
    """A mean and its half-width to the same decimals, two at most: 126 ± 2, 9.60 ± 0.05.

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
class Compared:
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
        """Whether ours agrees with the published number; None where one of them is not there."""
        if self.published is None or not self.ours.estimates:
            return None
        return verdict(self.published, self.digits, self.ours.estimates, self.ours.planned)

    def value(self, line: str) -> float:
        """The number of a line, NaN without one."""
        if line == "published":
            return math.nan if self.published is None else self.published
        ours = self.ours if line == "ours" else self.inferred
        return math.nan if ours is None else ours.mean

    def shown(self, line: str) -> float:
        """The number of a line to the digits that are shown, NaN without one."""
        if math.isnan(self.value(line)):
            return math.nan
        if line == "published":
            return float(f"{self.published:.{self.digits}f}")
        ours = self.ours if line == "ours" else self.inferred
        return math.nan if ours is None else float(ours.mean_text)

    @property
    def texts(self) -> tuple[str, ...]:
        """What is shown: truth, published and ours, and ours at the inferred size if there is."""
        truth = NOT_RUN if self.truth is None else f"{self.truth:g}"
        published = NOT_RUN if self.published is None else f"{self.published:.{self.digits}f}"
        texts = (truth, published, self.ours.text)
        if self.inferred is None:
            return texts
        size = "" if self.inferred.n is None else f" (n = {self.inferred.n}, inferred)"
        return (*texts, self.inferred.text + size)
