"""Checks of an estimator's interface: parameters, fit, attributes, random states."""

from __future__ import annotations

import inspect
import math
from numbers import Real
from typing import Any
from unittest import SkipTest

import numpy as np

from bench.testing.checks import assert_that, parameters_of
from bench.testing.estimator_fits import (
    N,
    assert_same,
    curved_points,
    entry,
    fit_copy,
    fit_result,
    is_random,
    result_of,
    unfitted_copy,
)
from bench.testing.process_state import assert_state_unchanged, global_seed


def check_parameters(estimator: Any) -> None:
    """The constructor sets its parameters as attributes of their names, and no result."""
    for name, parameter in inspect.signature(type(estimator)).parameters.items():
        assert_that(
            parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD),
            f"the constructor takes {parameter}",
            "each parameter by its own name",
        )
        assert_that(
            hasattr(estimator, name),
            f"the constructor's parameter {name!r} is no attribute",
            "each parameter as an attribute of its name",
        )
    values = {name: getattr(estimator, name) for name in parameters_of(estimator)}
    again = type(estimator)(**values)
    for name, value in values.items():
        now = getattr(again, name)
        assert_that(
            now is value or _equal(now, value),
            f"made with {name} = {value!r}, it has {now!r}",
            "parameters as they are given",
        )
    attributes = [
        name for name in vars(again) if name.endswith("_") and not name.endswith("__")
        and not name.startswith("_")
    ]  # fmt: skip
    assert_that(
        not attributes, f"it has {', '.join(attributes)} before any fit", "results after fit alone"
    )


def check_get_and_set_params(estimator: Any) -> None:
    """get_params, set_params and sklearn.base.clone agree, where it has them."""
    if not (hasattr(estimator, "get_params") and hasattr(estimator, "set_params")):
        raise SkipTest("it has no get_params and set_params")
    from sklearn.base import clone

    own = unfitted_copy(estimator)
    parameters = own.get_params()
    assert_that(
        set(parameters) == set(parameters_of(own)),
        f"get_params gives {sorted(parameters)}",
        f"the constructor's, {sorted(parameters_of(own))}",
    )
    assert_that(own.set_params(**parameters) is own, "set_params returns another object", "self")
    copied = clone(own).get_params()
    assert_that(
        all(_equal(copied[name], value) for name, value in parameters.items()),
        f"a clone has {copied}",
        f"{parameters}",
    )
    try:
        own.set_params(no_such_parameter=1)
    except ValueError:
        return
    raise AssertionError("set_params takes a parameter that does not exist; expected: ValueError")


def check_fit_returns_itself(estimator: Any) -> None:
    """fit returns the estimator, so that fit(X).dimension_ can be written."""
    own = unfitted_copy(estimator)
    returned = own.fit(curved_points())
    assert_that(returned is own, f"fit returned {type(returned).__name__}", "the estimator itself")


def check_dimension(estimator: Any) -> None:
    """dimension_ is one finite number above 0."""
    own = fit_copy(estimator, curved_points())
    assert_that(hasattr(own, "dimension_"), "fit set no dimension_", "dimension_, a number")
    value = own.dimension_
    assert_that(
        isinstance(value, Real) and not isinstance(value, bool),
        f"dimension_ is {value!r}, a {type(value).__name__}",
        "one number",
    )
    assert_that(0 < value < math.inf, f"dimension_ is {value!r}", "a finite number above 0")


def check_pointwise_dimension(estimator: Any) -> None:
    """dimension_pw_, where it is there, has a number at each point, or at each row of query_."""
    own = fit_copy(estimator, curved_points())
    pointwise = getattr(own, "dimension_pw_", None)
    known = entry(estimator)
    if known is not None:
        assert_that(
            (pointwise is not None) == (known.scope == "local"),
            f"it is declared {known.scope}, and dimension_pw_ is "
            + ("missing" if pointwise is None else "there"),
            "dimension_pw_ of local estimators, and of no other",
        )
    if pointwise is None:
        raise SkipTest("it has no dimension_pw_")
    pointwise, query = np.asarray(pointwise), getattr(own, "query_", None)
    if query is None:
        assert_that(
            pointwise.shape == (N,),
            f"dimension_pw_ has shape {pointwise.shape}, and there is no query_",
            f"a number at each point, shape ({N},)",
        )
    else:
        query = np.asarray(query)
        assert_that(
            pointwise.ndim == 1 and pointwise.shape == query.shape,
            f"dimension_pw_ has shape {pointwise.shape}, query_ {query.shape}",
            "one axis, and as many of each",
        )
        assert_that(
            np.issubdtype(query.dtype, np.integer)
            and len(np.unique(query)) == len(query)
            and set(query.tolist()) <= set(range(N)),
            f"query_ is {query!r}",
            f"whole numbers that differ, rows of X from 0 to {N - 1}",
        )
    finite = pointwise[~np.isnan(pointwise.astype(np.float64))]
    assert_that(
        len(finite) and (finite >= 0).all() and np.isfinite(finite).all(),
        f"dimension_pw_ is {pointwise!r}",
        "finite numbers of at least 0, or NaN where it is unknown",
    )


def check_input_unchanged(estimator: Any) -> None:
    """fit leaves X as it is, and works on an array that cannot be written."""
    points = curved_points()
    fit_copy(estimator, points)
    changed = int((points != curved_points()).any(axis=1).sum())
    assert_that(not changed, f"fit changed {changed} rows of X", "X as it was")
    points.flags.writeable = False
    fit_copy(estimator, points)


def check_input_types(estimator: Any) -> None:
    """Lists, float32, whole numbers and other layouts in memory give the same as float64."""
    # Numbers that all of these hold exactly.
    points = np.round(100 * curved_points())
    wide = np.zeros((N, 2 * points.shape[1]))
    wide[:, ::2] = points
    expected = fit_result(estimator, points)
    for what, other in (
        ("a list of lists", points.tolist()),
        ("float32", points.astype(np.float32)),
        ("whole numbers", points.astype(np.int64)),
        ("a view", wide[:, ::2]),
        ("Fortran's order", np.asfortranarray(points)),
    ):
        # The order in which numbers lie decides in which they are summed.
        assert_same(fit_result(estimator, other), expected, f"of X as {what}", 1e-9)


def _equal(one: Any, other: Any) -> bool:
    """Return whether parameters are equal, which may be arrays or NaN."""
    try:
        return bool(np.array_equal(one, other, equal_nan=True))
    except TypeError:
        return bool(np.all(one == other))


def check_same_state_same_answer(estimator: Any) -> None:
    """Two fits with the same random state, or with none to take, give the same numbers."""
    points = curved_points()
    with global_seed(1):
        expected = fit_result(estimator, points)
    with global_seed(2):
        result = fit_result(estimator, points)
    state = "same random_state" if is_random(estimator) else "same parameters"
    assert_same(result, expected, f"fitted again with the {state}")


def check_declared_randomness(estimator: Any) -> None:
    """A random estimator, as declared, takes a random_state; it changes no result of another."""
    takes = "random_state" in parameters_of(estimator)
    known = entry(estimator)
    if known is not None and not known.deterministic:
        assert_that(takes, "it is declared not deterministic", "a parameter random_state")
    elif known is not None and takes:
        points = curved_points()
        assert_same(
            fit_result(estimator, points, random_state=1),
            fit_result(estimator, points, random_state=2),
            "declared deterministic, with another random_state",
        )


def check_process_state(estimator: Any) -> None:
    """fit leaves global random states, numpy's error handling and filters of warnings alone."""
    points = curved_points()
    # Modules that a first fit imports may set their own.
    fit_copy(estimator, points)
    own = unfitted_copy(estimator)
    with assert_state_unchanged("fit"):
        own.fit(points)


def check_refit(estimator: Any) -> None:
    """A second fit gives the result of a first one, and leaves nothing of the first."""
    points = curved_points()
    fewer = 2 * points[: len(points) * 2 // 3, :-1] ** 3
    expected = fit_result(estimator, fewer)
    own = fit_copy(estimator, points)
    own.fit(fewer)
    assert_same(result_of(own), expected, "fitted to other points before")
    own.fit(points)
    assert_same(result_of(own), fit_result(estimator, points), "fitted to other points before")


def check_parameters_unchanged(estimator: Any) -> None:
    """fit does not change the parameters, random_state among them."""
    own = unfitted_copy(estimator)
    before = {name: repr(getattr(own, name)) for name in parameters_of(own) if hasattr(own, name)}
    own.fit(curved_points())
    changed = [name for name, value in before.items() if repr(getattr(own, name)) != value]
    assert_that(
        not changed, f"fit changed the parameters {', '.join(changed)}", "them as they were"
    )
