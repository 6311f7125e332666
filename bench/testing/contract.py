"""All checks of an estimator or a manifold: together, or each as a pytest test of its own."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import estimators
import manifolds
from bench.testing import (
    estimator_interface,
    estimator_points,
    manifold_geometry,
    manifold_interface,
)
from bench.testing.checks import (
    Check,
    Result,
    checks_of,
    entry_of,
    functions_of,
    instance_of,
    run_all,
)
from manifolds.registry import Registry

ESTIMATOR_FUNCTIONS = functions_of(estimator_interface, estimator_points)
MANIFOLD_FUNCTIONS = functions_of(manifold_interface, manifold_geometry)
_ESTIMATORS, _MANIFOLDS = estimators.catalogue.registry, manifolds.catalogue.registry


def estimator_checks(
    estimator: Any, *, expected_failures: Mapping[str, str] | None = None
) -> Iterator[tuple[Any, Check]]:
    """Yield each check of an estimator as (instance, check), to be run by ``check(instance)``.

    ``estimator`` is a class, an instance, or a registered name. Instances are copied before they
    are fitted. ``expected_failures`` gives the reason by the name of each check that it cannot
    pass; without it, those count that its registration declares (``cannot``). Raises ValueError
    for an unknown check among them, or one without a reason.
    """
    instance = instance_of(estimator, _ESTIMATORS)
    for check in checks_of(instance, ESTIMATOR_FUNCTIONS, _ESTIMATORS, expected_failures):
        yield instance, check


def check_estimator(
    estimator: Any, *, expected_failures: Mapping[str, str] | None = None
) -> list[Result]:
    """Run every check of an estimator, given as to ``estimator_checks``.

    Anything with ``fit(X)`` that sets ``dimension_`` can be checked. One that is slow is given as
    an instance with parameters that make it quick, as an estimator that needs more than 300
    points with those that need fewer. Returns the result of each check; raises AssertionError
    with a line for each check that failed, and for each that passed although declared otherwise.
    """
    return run_all(estimator_checks(estimator, expected_failures=expected_failures))


def manifold_checks(
    manifold: Any, *, expected_failures: Mapping[str, str] | None = None
) -> Iterator[tuple[Any, Check]]:
    """Yield each check of a manifold as (instance, check), as ``estimator_checks`` does."""
    instance = instance_of(manifold, _MANIFOLDS)
    for check in checks_of(instance, MANIFOLD_FUNCTIONS, _MANIFOLDS, expected_failures):
        yield instance, check


def check_manifold(
    manifold: Any, *, expected_failures: Mapping[str, str] | None = None
) -> list[Result]:
    """Run every check of a manifold, as ``check_estimator`` does."""
    return run_all(manifold_checks(manifold, expected_failures=expected_failures))


def parametrize_with_checks(subjects: Iterable[Any]) -> Any:
    """Return a decorator: the test gets ``subject`` and ``check`` for each check of each subject.

    Subjects are estimators or manifolds: classes, instances or registered names. A check that a
    subject is declared not to pass is expected to fail (xfail, strict), with the reason.
    """
    import pytest

    cases = []
    for given in subjects:
        is_estimator = _is_estimator(given)
        registry: Registry[Any] = _ESTIMATORS if is_estimator else _MANIFOLDS
        for subject, check in (estimator_checks if is_estimator else manifold_checks)(given):
            entry = entry_of(subject, registry)
            title = type(subject).__name__ if entry is None else entry.name
            xfail = pytest.mark.xfail(strict=True, reason=check.reason, raises=AssertionError)
            cases.append(
                pytest.param(
                    subject,
                    # With the reason, it would pass where pytest is to report that it fails.
                    Check(check.function),
                    id=f"{title}-{check.name}",
                    marks=[xfail] if check.reason else [],
                )
            )
    return pytest.mark.parametrize(("subject", "check"), cases)


def _is_estimator(given: Any) -> bool:
    """Return whether it is an estimator, not a manifold; ValueError where it is neither."""
    if isinstance(given, str):
        if given in estimators.names():
            return True
        manifolds.entry(given)
        return False
    if callable(getattr(given, "fit", None)):
        return True
    if callable(getattr(given, "sample", None)):
        return False
    name = given.__name__ if inspect.isclass(given) else type(given).__name__
    raise ValueError(f"{name} is neither an estimator (fit) nor a manifold (sample)")
