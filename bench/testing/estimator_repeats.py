"""Checks that an answer can be had again: random states, refits, states of the process."""

from __future__ import annotations

from typing import Any

from bench.testing.checks import require
from bench.testing.estimator_fits import (
    answer,
    curved_points,
    entry,
    fitted,
    fresh,
    is_random,
    read,
    require_same,
)
from bench.testing.process_state import globally_seeded, unchanged
from bench.testing.subjects import parameters_of


def check_same_state_same_answer(estimator: Any) -> None:
    """Two fits with the same random state, or with none to take, give the same numbers."""
    points = curved_points()
    with globally_seeded(1):
        expected = answer(estimator, points)
    with globally_seeded(2):
        found = answer(estimator, points)
    state = "same random_state" if is_random(estimator) else "same parameters"
    require_same(found, expected, f"fitted again with the {state}")


def check_declared_randomness(estimator: Any) -> None:
    """What is declared random takes a random_state; with what is not, none changes the answer."""
    takes = "random_state" in parameters_of(estimator)
    known = entry(estimator)
    if known is not None and not known.deterministic:
        require(takes, "it is declared not deterministic", "a parameter random_state")
    elif known is not None and takes:
        points = curved_points()
        require_same(
            answer(estimator, points, random_state=1),
            answer(estimator, points, random_state=2),
            "declared deterministic, with another random_state",
        )


def check_process_state(estimator: Any) -> None:
    """fit leaves global random states, numpy's error handling and filters of warnings alone."""
    points = curved_points()
    # What is imported by a first fit may set its own.
    fitted(estimator, points)
    own = fresh(estimator)
    with unchanged("fit"):
        own.fit(points)


def check_refit(estimator: Any) -> None:
    """A second fit gives what a first one would, and leaves nothing of the first."""
    points = curved_points()
    fewer = 2 * points[: len(points) * 2 // 3, :-1] ** 3
    expected = answer(estimator, fewer)
    own = fitted(estimator, points)
    own.fit(fewer)
    require_same(read(own), expected, "fitted to other points before")
    own.fit(points)
    require_same(read(own), answer(estimator, points), "fitted to other points before")


def check_parameters_unchanged(estimator: Any) -> None:
    """fit does not change the parameters, random_state among them."""
    own = fresh(estimator)
    before = {name: repr(getattr(own, name)) for name in parameters_of(own) if hasattr(own, name)}
    own.fit(curved_points())
    changed = [name for name, value in before.items() if repr(getattr(own, name)) != value]
    require(not changed, f"fit changed the parameters {', '.join(changed)}", "them as they were")
