"""Estimators of intrinsic dimension: points in, dimension out.

>>> import estimators
>>> estimators.get("mle", neighbors=20).fit(X).dimension_   # X: (n, D) points
9.5
"""

from estimators import catalogue
from estimators.base import Estimate, Estimator
from estimators.catalogue import EstimatorEntry, entry, get, names, register

__all__ = [
    "Estimate",
    "Estimator",
    "EstimatorEntry",
    "catalogue",
    "entry",
    "get",
    "names",
    "register",
]
