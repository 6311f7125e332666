"""Each check of the interface of an estimator reports a planted fault."""

import numpy as np
import pytest
from faulty_classes import Faults, Ratio, assert_reported
from sklearn.base import BaseEstimator

import estimators
from bench.testing import check_estimator, estimator_checks, estimator_interface
from bench.testing.checks import functions_of
from bench.testing.contract import ESTIMATOR_FUNCTIONS

fault = Faults()


@fault("check_parameters", "made with factor = 2.0, it has 4.0; expected: parameters as they")
class ChangesAParameter(Ratio):
    def __init__(self, factor=1.0):
        self.factor = 2 * factor


@fault("check_parameters", "constructor's parameter 'near' is no attribute")
class LacksAnAttribute(Ratio):
    def __init__(self, near=1):
        super().__init__()


@fault("check_parameters", "it has dimension_ before any fit")
class SetsDimensionBeforeFit(Ratio):
    def __init__(self):
        super().__init__()
        self.dimension_ = 0.0


@fault("check_get_and_set_params", "set_params takes a parameter that does not exist")
class TakesAnything(Ratio, BaseEstimator):
    def set_params(self, **parameters):
        vars(self).update(parameters)
        return self


@fault("check_fit_returns_itself", "fit returned NoneType; expected: the estimator itself")
class ReturnsNothing(Ratio):
    def fit(self, X):
        super().fit(X)


@fault("check_dimension", r"dimension_ is array\(\[")
class SetsAnArray(Ratio):
    def fit(self, X):
        super().fit(X)
        self.dimension_ = np.array([self.dimension_])
        return self


@fault("check_dimension", "dimension_ is nan; expected: a finite number above 0")
class SetsNaN(Ratio):
    def fit(self, X):
        super().fit(X).dimension_ = np.nan
        return self


@fault("check_dimension", "fit set no dimension_")
class SetsNothing(Ratio):
    def fit(self, X):
        return self


@fault("check_pointwise_dimension", r"has shape \(299,\), and there is no query_")
class MissesAPoint(Ratio):
    def fit(self, X):
        super().fit(X).dimension_pw_ = np.ones(len(X) - 1)
        return self


@fault("check_pointwise_dimension", r"expected: whole numbers that differ, rows of X from 0 to 299")
class NamesARowTwice(Ratio):
    def fit(self, X):
        super().fit(X)
        self.dimension_pw_, self.query_ = np.ones(2), np.array([3, 3])
        return self


@fault("check_input_unchanged", "fit changed 300 rows of X")
class CentresInPlace(Ratio):
    def fit(self, X):
        X -= X.mean(0)
        return super().fit(X)


@fault("check_input_types", "of X as a list of lists")
class ReadsLists(Ratio):
    def fit(self, X):
        super().fit(X)
        self.dimension_ += isinstance(X, list)
        return self


@fault("check_input_types", "of X as float32")
class CalculatesInThePrecisionOfX(Ratio):
    def checked(self, X):
        points = super().checked(X)
        return points.astype(X.dtype) / 3 if isinstance(X, np.ndarray) else points / 3


@fault("check_same_state_same_answer", "fitted again with the same parameters, dimension_ is")
class DrawsFromTheGlobalState(Ratio):
    def checked(self, X):
        points = super().checked(X)
        return points[np.random.permutation(len(points))[:100]]  # noqa: NPY002


@fault("check_process_state", "fit changed numpy's global random state")
class SeedsTheGlobalState(Ratio):
    def fit(self, X):
        np.random.seed(0)  # noqa: NPY002
        return super().fit(X)


@fault("check_process_state", r"fit changed numpy's error handling \(np.seterr\)")
class IgnoresErrorsEverywhere(Ratio):
    def fit(self, X):
        np.seterr(all="ignore")
        return super().fit(X)


@fault("check_refit", "fitted to other points before, dimension_ is")
class DependsOnEarlierFits(Ratio):
    def neighbours(self, points):
        self.seen = getattr(self, "seen", 0) + 1
        return super().neighbours(points) ** self.seen


@fault("check_parameters_unchanged", "fit changed the parameters factor")
class AdaptsItsParameter(Ratio):
    def fit(self, X):
        super().fit(X)
        self.factor *= 0.5
        return self


@fault.parametrize()
def test_a_fault_is_reported_with_class_and_check(check, message, cls):
    assert_reported(estimator_checks, check, message, cls)


def test_each_check_has_a_fault():
    planted = fault.checks() | {"check_declared_randomness"}
    assert planted == {function.__name__ for function in functions_of(estimator_interface)}


def test_an_estimator_without_a_fault_passes_every_check():
    outcomes = {result.check: result.outcome for result in check_estimator(Ratio)}
    assert len(outcomes) == len(ESTIMATOR_FUNCTIONS)
    assert {check for check, outcome in outcomes.items() if outcome != "passed"} == {
        "check_get_and_set_params",
        "check_pointwise_dimension",
    }
    assert "failed as declared" not in outcomes.values()


def test_a_false_declaration_is_a_fault():
    @estimators.register("seeded", deterministic=True, scope="local")
    class Seeded(Ratio):
        def __init__(self, random_state=0):
            super().__init__()
            self.random_state = random_state

        def fit(self, X):
            super().fit(X).dimension_ *= 1 + 0.1 * self.random_state
            return self

    checks = {check.name: check for _, check in estimator_checks("seeded")}
    with pytest.raises(AssertionError, match="declared deterministic, with another random_state"):
        checks["check_declared_randomness"](Seeded())
    with pytest.raises(AssertionError, match="declared local, and dimension_pw_ is missing"):
        checks["check_pointwise_dimension"](Seeded())
