"""Agreement with a published number must be shown: a wide interval shows nothing."""

import re

import numpy as np
import pytest

from bench.paper import equivalence
from bench.paper.equivalence import margin, verdict


@pytest.mark.parametrize(
    ("published", "digits", "expected"),
    [(11, 0, 0.5), (985, 0, 0.5), (9.61, 2, 0.005 + 0.03 * 9.61), (-2.5, 1, 0.05 + 0.075)],
)
def test_the_margin_is_half_a_unit_and_three_percent_of_numbers_with_decimals(
    published, digits, expected
):
    assert margin(published, digits) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("published", "digits", "estimates", "expected"),
    [
        # 10.33 with a half-width of 4.303 * 0.577 / sqrt(3) = 1.43
        (12, 0, (10, 10, 11), "undecided"),
        (13, 0, (10, 10, 11), "differs"),
        (10, 0, (10, 10, 11), "undecided"),
        # the same mean, ever surer of it: width earns nothing
        (9.61, 2, (9.0, 10.2), "undecided"),
        (9.61, 2, (9.55, 9.60, 9.65), "agrees"),
        # the margin of 10.0 is 0.05 + 0.3
        (10.0, 1, (10.3, 10.3001), "agrees"),
        (10.0, 1, (10.4, 10.4001), "differs"),
        (10.0, 1, (10.34, 10.36), "undecided"),
        (10.0, 1, (9.6, 9.5999), "differs"),
        # counts that are equal at all seeds: no width
        (10, 0, (10, 10), "agrees"),
        (51, 0, (50, 50, 50), "differs"),
        (100, 0, (99, 99, 99), "differs"),
        # numbers with decimals that are equal come from the same sample
        (9.61, 2, (9.61, 9.61, 9.61), "undecided"),
        # one seed shows neither
        (10, 0, (10,), "undecided"),
        (10, 0, (90,), "undecided"),
    ],
)
def test_agreement_and_difference_are_shown_by_the_whole_interval(
    published, digits, estimates, expected
):
    assert verdict(published, digits, estimates, len(estimates)) == expected


def test_seeds_that_failed_leave_it_undecided():
    assert verdict(10, 0, (10, 10), 2) == "agrees"
    assert verdict(10, 0, (10, 10), 3) == "undecided"


def test_more_spread_never_makes_agreement():
    """Of the same mean, at growing spread: agrees, then undecided, and never agrees again."""
    shape = np.array([-1.0, 0.0, 1.0])
    for published in (9.6, 9.9, 10.2, 10.5):
        results = [verdict(published, 1, 10 + s * shape, 3) for s in np.linspace(0.001, 5, 200)]
        first = results[0]
        turned = results.index("undecided")
        assert results == [first] * turned + ["undecided"] * (200 - turned)


def test_equivalence_is_claimed_wrongly_in_at_most_one_of_forty_tables():
    """Estimates whose mean is just beyond the margin agree in 2.5 % of samples."""
    rng = np.random.default_rng(5)
    beyond = 20.0 + margin(20.0, 1)
    for sd in (0.01, 0.1):
        draws = rng.normal(beyond, sd, (4000, 3))
        agreeing = np.mean([verdict(20.0, 1, draw, 3) == "agrees" for draw in draws])
        # 0.025, with four standard errors of 0.0025
        assert 0.012 < agreeing < 0.035


def test_the_rule_says_the_margin():
    assert f"{100 * equivalence.RELATIVE_MARGIN:g} %" in equivalence.RULE
    assert re.search(r"half a unit of its last digit", equivalence.RULE)
