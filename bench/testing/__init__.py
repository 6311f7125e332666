"""Checks of estimators and manifolds of third parties, as scikit-learn has them.

>>> from bench.testing import check_estimator, check_manifold
>>> check_estimator(MyEstimator)            # a class, an instance, or a registered name
>>> check_manifold(MyManifold(radius=2.0))

Both run every check and raise AssertionError with class, check, what was observed and what is
expected. Classes that cannot pass a check declare that where they are registered, as in
``register("mine", ..., cannot={"check_scale": "why"})``; if they then pass, that is an error, too.
With pytest, each check is a test of its own:

>>> @parametrize_with_checks([MyEstimator, MyManifold])
... def test_contract(subject, check):
...     check(subject)
"""

from bench.testing.checks import Check, Result
from bench.testing.contract import (
    check_estimator,
    check_manifold,
    estimator_checks,
    manifold_checks,
    parametrize_with_checks,
)

__all__ = [
    "Check",
    "Result",
    "check_estimator",
    "check_manifold",
    "estimator_checks",
    "manifold_checks",
    "parametrize_with_checks",
]
