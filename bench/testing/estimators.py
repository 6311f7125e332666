"""The checks of an estimator, from all modules that have some."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import estimators
from bench.testing import (
    estimator_geometry,
    estimator_input,
    estimator_interface,
    estimator_repeats,
)
from bench.testing.checks import Check, Result, declared, functions_of, run_all
from bench.testing.subjects import instance_of, reasons_of

REGISTRY = estimators.catalogue.registry
FUNCTIONS = functions_of(
    estimator_interface, estimator_repeats, estimator_geometry, estimator_input
)


def estimator_checks(
    estimator: Any, *, expected_failures: Mapping[str, str] | None = None
) -> Iterator[tuple[Any, Check]]:
    """Each check of an estimator as (instance, check), to be run by ``check(instance)``.

    ``estimator`` is a class, an instance, or a registered name. Instances are copied before they
    are fitted. ``expected_failures`` gives the reason by the name of each check that it cannot
    pass; without it, those count that its registration declares (``cannot``). Raises ValueError
    for an unknown check among them, or one without a reason.
    """
    instance = instance_of(estimator, REGISTRY)
    reasons = reasons_of(instance, REGISTRY, expected_failures)
    for check in declared(FUNCTIONS, reasons, type(instance).__name__):
        yield instance, check


def check_estimator(
    estimator: Any, *, expected_failures: Mapping[str, str] | None = None
) -> list[Result]:
    """Run every check of an estimator, given as to ``estimator_checks``.

    Anything with ``fit(X)`` that sets ``dimension_`` can be checked. One that is slow is given as
    an instance with parameters that make it quick, as an estimator that needs more than 300
    points with those that need fewer. Returns what came out of each check; raises AssertionError
    with a line for each check that failed, and for each that passed although declared otherwise.
    """
    checks = list(estimator_checks(estimator, expected_failures=expected_failures))
    return run_all(checks[0][0], (check for _, check in checks))
