"""Checks of what an estimator takes and gives: parameters, fit, dimension_, dimension_pw_."""

from __future__ import annotations

import inspect
import math
from numbers import Real
from typing import Any
from unittest import SkipTest

import numpy as np

from bench.testing.checks import require
from bench.testing.estimator_fits import (
    N,
    answer,
    curved_points,
    entry,
    fitted,
    fresh,
    require_same,
)
from bench.testing.subjects import parameters_of


def check_parameters(estimator: Any) -> None:
    """Parameters are those of the constructor, which keeps them under their names, and no more."""
    for name, parameter in inspect.signature(type(estimator)).parameters.items():
        require(
            parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD),
            f"the constructor takes {parameter}",
            "each parameter by its own name",
        )
        require(
            hasattr(estimator, name),
            f"the constructor's parameter {name!r} is no attribute",
            "each parameter kept under its name",
        )
    kept = {name: getattr(estimator, name) for name in parameters_of(estimator)}
    again = type(estimator)(**kept)
    for name, value in kept.items():
        now = getattr(again, name)
        require(
            now is value or _equal(now, value),
            f"made with {name} = {value!r}, it has {now!r}",
            "parameters kept as they are given",
        )
    found = [
        name for name in vars(again) if name.endswith("_") and not name.endswith("__")
        and not name.startswith("_")
    ]  # fmt: skip
    require(not found, f"it has {', '.join(found)} before any fit", "results after fit alone")


def check_get_and_set_params(estimator: Any) -> None:
    """get_params, set_params and sklearn.base.clone agree, where it has them."""
    if not (hasattr(estimator, "get_params") and hasattr(estimator, "set_params")):
        raise SkipTest("it has no get_params and set_params")
    from sklearn.base import clone

    own = fresh(estimator)
    parameters = own.get_params()
    require(
        set(parameters) == set(parameters_of(own)),
        f"get_params gives {sorted(parameters)}",
        f"the constructor's, {sorted(parameters_of(own))}",
    )
    require(own.set_params(**parameters) is own, "set_params returns another object", "self")
    copied = clone(own).get_params()
    require(
        all(_equal(copied[name], value) for name, value in parameters.items()),
        f"a clone has {copied}",
        f"{parameters}",
    )
    try:
        own.set_params(no_such_parameter=1)
    except ValueError:
        return
    raise AssertionError("set_params takes a parameter that does not exist; wanted: ValueError")


def check_fit_returns_itself(estimator: Any) -> None:
    """fit returns the estimator, so that fit(X).dimension_ can be written."""
    own = fresh(estimator)
    found = own.fit(curved_points())
    require(found is own, f"fit returned {type(found).__name__}", "the estimator itself")


def check_dimension(estimator: Any) -> None:
    """dimension_ is one finite number above 0."""
    own = fitted(estimator, curved_points())
    require(hasattr(own, "dimension_"), "fit set no dimension_", "dimension_, a number")
    found = own.dimension_
    require(
        isinstance(found, Real) and not isinstance(found, bool),
        f"dimension_ is {found!r}, a {type(found).__name__}",
        "one number",
    )
    require(0 < found < math.inf, f"dimension_ is {found!r}", "a finite number above 0")


def check_pointwise_dimension(estimator: Any) -> None:
    """dimension_pw_, where it is there, has a number at each point, or at each row of query_."""
    own = fitted(estimator, curved_points())
    pointwise = getattr(own, "dimension_pw_", None)
    known = entry(estimator)
    if known is not None:
        require(
            (pointwise is not None) == (known.scope == "local"),
            f"it is declared {known.scope}, and dimension_pw_ is "
            + ("missing" if pointwise is None else "there"),
            "dimension_pw_ of local estimators, and of no other",
        )
    if pointwise is None:
        raise SkipTest("it has no dimension_pw_")
    pointwise, query = np.asarray(pointwise), getattr(own, "query_", None)
    if query is None:
        require(
            pointwise.shape == (N,),
            f"dimension_pw_ has shape {pointwise.shape}, and there is no query_",
            f"a number at each point, shape ({N},)",
        )
    else:
        query = np.asarray(query)
        require(
            pointwise.ndim == 1 and pointwise.shape == query.shape,
            f"dimension_pw_ has shape {pointwise.shape}, query_ {query.shape}",
            "one axis, and as many of each",
        )
        require(
            np.issubdtype(query.dtype, np.integer)
            and len(np.unique(query)) == len(query)
            and set(query.tolist()) <= set(range(N)),
            f"query_ is {query!r}",
            f"whole numbers that differ, rows of X from 0 to {N - 1}",
        )
    finite = pointwise[~np.isnan(pointwise.astype(np.float64))]
    require(
        len(finite) and (finite >= 0).all() and np.isfinite(finite).all(),
        f"dimension_pw_ is {pointwise!r}",
        "finite numbers of at least 0, or NaN where nothing can be said",
    )


def check_input_unchanged(estimator: Any) -> None:
    """fit leaves X as it is, and works on an array that cannot be written."""
    points = curved_points()
    fitted(estimator, points)
    changed = int((points != curved_points()).any(axis=1).sum())
    require(not changed, f"fit changed {changed} rows of X", "X as it was")
    points.flags.writeable = False
    fitted(estimator, points)


def check_input_types(estimator: Any) -> None:
    """Lists, float32, whole numbers and other layouts in memory give the same as float64."""
    # Numbers that all of these hold exactly.
    points = np.round(100 * curved_points())
    wide = np.zeros((N, 2 * points.shape[1]))
    wide[:, ::2] = points
    expected = answer(estimator, points)
    for what, other in (
        ("a list of lists", points.tolist()),
        ("float32", points.astype(np.float32)),
        ("whole numbers", points.astype(np.int64)),
        ("a view", wide[:, ::2]),
        ("Fortran's order", np.asfortranarray(points)),
    ):
        # The order in which numbers lie decides in which they are summed.
        require_same(answer(estimator, other), expected, f"of X as {what}", 1e-9)


def _equal(one: Any, other: Any) -> bool:
    """Equality of parameters, which may be arrays or NaN."""
    try:
        return bool(np.array_equal(one, other, equal_nan=True))
    except TypeError:
        return bool(np.all(one == other))
