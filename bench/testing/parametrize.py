"""Each check of each subject as a pytest test of its own."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import estimators
import manifolds
from bench.testing.checks import Check
from bench.testing.estimators import estimator_checks
from bench.testing.manifolds import manifold_checks
from bench.testing.subjects import title_of


def parametrize_with_checks(subjects: Iterable[Any]) -> Any:
    """Decorator: the test gets ``subject`` and ``check`` for each check of each subject.

    Subjects are estimators or manifolds: classes, instances or registered names. What is declared
    that it cannot pass a check is expected to fail it (xfail, strict), with the reason.
    """
    import pytest

    cases = []
    for given in subjects:
        checks, registry = (
            (estimator_checks, estimators.catalogue.registry)
            if _is_estimator(given)
            else (manifold_checks, manifolds.catalogue.registry)
        )
        for subject, check in checks(given):
            expected = pytest.mark.xfail(strict=True, reason=check.reason, raises=AssertionError)
            cases.append(
                pytest.param(
                    subject,
                    # With the reason, it would pass where pytest is to say that it fails.
                    Check(check.function),
                    id=f"{title_of(subject, registry)}-{check.name}",
                    marks=[expected] if check.reason else [],
                )
            )
    return pytest.mark.parametrize(("subject", "check"), cases)


def _is_estimator(given: Any) -> bool:
    """Whether it is one, not a manifold; ValueError where it is neither."""
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
