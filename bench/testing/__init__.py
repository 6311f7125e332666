"""Checks of estimators and manifolds, for those who bring their own; in scikit-learn's way.

>>> from bench.testing import check_estimator, check_manifold
>>> check_estimator(MyEstimator)            # a class, an instance, or a registered name
>>> check_manifold(MyManifold(radius=2.0))

Both run every check and raise AssertionError, which names class and check and says what was seen
and what is wanted. What cannot pass one says so where it is registered, as in
``register("mine", ..., cannot={"check_scale": "why"})``; if it then passes, that is an error, too.
With pytest, each check is a test of its own:

>>> @parametrize_with_checks([MyEstimator, MyManifold])
... def test_contract(subject, check):
...     check(subject)
"""

from bench.testing.checks import Check, Result
from bench.testing.estimators import check_estimator, estimator_checks
from bench.testing.manifolds import check_manifold, manifold_checks
from bench.testing.parametrize import parametrize_with_checks

__all__ = [
    "Check",
    "Result",
    "check_estimator",
    "check_manifold",
    "estimator_checks",
    "manifold_checks",
    "parametrize_with_checks",
]
