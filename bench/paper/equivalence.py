"""Test of equivalence: does our number agree with the published one?

A wide interval holds many numbers, and so shows nothing. Agreement therefore asks for our whole
interval inside a margin around the published number (two one-sided tests, Schuirmann 1987; with
the 95 % interval that is shown, each at 2.5 %), a difference for our whole interval outside of it.
All else is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from bench.summary.statistics import mean_interval

#: Of the published number. Publications give no interval, but what they measured varies from
#: sample to sample as ours does: 3 % is what was allowed for that before agreement was an
#: equivalence. It is a convention, derived from no table.
RELATIVE_MARGIN = 0.03

Verdict = Literal["agrees", "differs", "undecided"]
#: How a verdict is shown beside our number.
SYMBOLS: dict[Verdict, str] = {"agrees": "=", "differs": "≠", "undecided": "?"}

RULE = (
    "Ours: mean over seeds with its 95 % t-interval; of counts that are equal at all seeds, the "
    "seeds. = agrees: our interval lies within the margin around the published number, which is "
    f"half a unit of its last digit and, where it has decimals, {100 * RELATIVE_MARGIN:g} % of it "
    "more. ≠ differs: our interval lies outside of the margin. ? not decided: it does "
    "neither, or there is one seed, or a seed failed."
)


def margin(published: float, digits: int) -> float:
    """Return how far a number may be from a published one, given to ``digits`` decimals.

    Half a unit of the last digit. A number with decimals is that of a sample, and gets
    ``RELATIVE_MARGIN`` more; an integer counts directions, of which 50 are not 51.
    """
    return 0.5 * 10.0**-digits + (RELATIVE_MARGIN * abs(published) if digits else 0.0)


def verdict(published: float, digits: int, estimates: Sequence[float], planned: int) -> Verdict:
    """Compare the mean of ``estimates``, of those of ``planned`` seeds that are ok.

    Integers that are equal at two seeds or more have an interval without width. Other numbers that
    are equal are of one sample that was drawn twice.
    """
    mean, _, half_width = mean_interval(estimates)
    same = half_width <= 1e-9 * abs(mean) and not are_integers(estimates)
    if len(estimates) < max(2, planned) or same:
        return "undecided"
    allowed = margin(published, digits) + 1e-9
    distance = abs(mean - published)
    if distance + half_width <= allowed:
        return "agrees"
    return "differs" if distance - half_width > allowed else "undecided"


def are_integers(estimates: Sequence[float]) -> bool:
    """Return whether all estimates are integers."""
    return all(float(estimate).is_integer() for estimate in estimates)
