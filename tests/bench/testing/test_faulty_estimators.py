"""Each check of an estimator finds the fault that is planted for it."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_array

import estimators
from bench.testing import check_estimator, estimator_checks
from bench.testing.contract import ESTIMATOR_FUNCTIONS


class Ratio:
    """Maximum likelihood of second by first neighbour distances: nothing is wrong with it."""

    def __init__(self, factor=1.0):
        self.factor = factor

    def checked(self, X):
        points = np.unique(check_array(X, dtype=np.float64), axis=0)
        if len(points) < 3:
            raise ValueError(f"it needs 3 points that differ, not {len(points)}")
        return points

    def neighbours(self, points):
        return NearestNeighbors(n_neighbors=2).fit(points).kneighbors()[0]

    def fit(self, X):
        distances = self.neighbours(self.checked(X))
        self.dimension_ = self.factor / float(np.log(distances[:, 1] / distances[:, 0]).mean())
        return self


FAULTY = []


def fault(check, says):
    """Register a class that fails a check, and the message about it."""

    def plant(cls):
        FAULTY.append((check, says, cls))
        return cls

    return plant


@fault("check_parameters", "made with factor = 2.0, it has 4.0; expected: parameters as they")
class KeepsAnother(Ratio):
    def __init__(self, factor=1.0):
        self.factor = 2 * factor


@fault("check_parameters", "constructor's parameter 'near' is no attribute")
class Forgets(Ratio):
    def __init__(self, near=1):
        super().__init__()


@fault("check_parameters", "it has dimension_ before any fit")
class AnswersBeforehand(Ratio):
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
class AnswersWithAnArray(Ratio):
    def fit(self, X):
        super().fit(X)
        self.dimension_ = np.array([self.dimension_])
        return self


@fault("check_dimension", "dimension_ is nan; expected: a finite number above 0")
class AnswersNaN(Ratio):
    def fit(self, X):
        super().fit(X).dimension_ = np.nan
        return self


@fault("check_dimension", "fit set no dimension_")
class AnswersNothing(Ratio):
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
class Remembers(Ratio):
    def neighbours(self, points):
        self.seen = getattr(self, "seen", 0) + 1
        return super().neighbours(points) ** self.seen


@fault("check_parameters_unchanged", "fit changed the parameters factor")
class AdaptsItsParameter(Ratio):
    def fit(self, X):
        super().fit(X)
        self.factor *= 0.5
        return self


@fault("check_rotation", "of rotated points, .* expected: a difference of at most 1e-06")
class MeasuresAlongTheAxes(Ratio):
    def neighbours(self, points):
        return NearestNeighbors(n_neighbors=2, p=1).fit(points).kneighbors()[0]


@fault("check_translation", "of shifted points")
class LooksFromTheOrigin(Ratio):
    def neighbours(self, points):
        return super().neighbours(points / np.linalg.norm(points, axis=1, keepdims=True))


@fault("check_scale", r"in units of 1e\+06")
class HasAUnit(Ratio):
    def neighbours(self, points):
        return 1e-9 + super().neighbours(points)


@fault("check_more_coordinates", "with constant coordinates added")
class CountsCoordinates(Ratio):
    def fit(self, X):
        super().fit(X).dimension_ *= 1 + 0.01 * np.shape(X)[1]
        return self


@fault("check_permutation", "of the points in another order, dimension_ is")
class ReadsTheFirst(Ratio):
    def fit(self, X):
        return super().fit(X[:100])


@fault("check_permutation", "dimension_pw_ differs at 299 of 300 points, at row 0: ")
class SortsItsReadings(Ratio):
    def fit(self, X):
        super().fit(X).dimension_pw_ = np.linspace(1.0, 2.0, len(X))
        return self


@fault(
    "check_growing_spheres", "of spheres of dimension 1, 3, 6, 10 in R.12 it estimates 3, 3, 3, 3"
)
class SaysThree(Ratio):
    def fit(self, X):
        super().fit(X).dimension_ = 3.0
        return self


@fault("check_refuses_nan", r"points with a NaN gave dimension_ = \d.*; expected: ValueError")
@fault("check_refuses_infinity", "points with an infinite coordinate gave dimension_")
class FillsGaps(Ratio):
    def checked(self, X):
        return super().checked(np.nan_to_num(X, posinf=0))


@fault("check_refuses_one_axis", "an array of one axis gave dimension_")
class TakesOneAxis(Ratio):
    def checked(self, X):
        return super().checked(np.reshape(X, (len(X), -1)))


@fault("check_refuses_three_axes", "an array of three axes gave dimension_")
class TakesThreeAxes(Ratio):
    def checked(self, X):
        return super().checked(X[0] if np.ndim(X) == 3 else X)


@fault("check_refuses_no_points", "an array without points gave dimension_ = 1.0")
@fault("check_refuses_one_point", "one point gave dimension_ = 1.0")
@fault("check_refuses_identical_points", "points that are all the same gave dimension_ = 1.0")
class AlwaysAnswers(Ratio):
    def fit(self, X):
        try:
            return super().fit(X)
        except ValueError:
            self.dimension_ = 1.0
            return self


@fault(
    "check_refuses_nan", r"raised ValueError\('no'\); expected: a message that says what is wrong"
)
class SaysNoMore(Ratio):
    def checked(self, X):
        try:
            return super().checked(X)
        except ValueError:
            raise ValueError("no") from None


@fault("check_refuses_text", "words raised .*TypeError")
class DoesNotLook(Ratio):
    def checked(self, X):
        return super().checked(np.subtract(X, 0))


@fault("check_refuses_complex_numbers", "complex numbers gave dimension_")
class CutsComplexNumbers(Ratio):
    def checked(self, X):
        return super().checked(np.imag(X) if np.iscomplexobj(X) else X)


@fault("check_duplicates", "that stand twice, dimension_ is 0.0")
class DividesByZero(Ratio):
    def checked(self, X):
        return check_array(X, dtype=np.float64)

    def neighbours(self, points):
        with np.errstate(all="ignore"):
            distances = super().neighbours(points)
            return np.where(distances[:, :1] > 0, distances, [0.0, 1.0])

    def fit(self, X):
        with np.errstate(all="ignore"):
            return super().fit(X)


def test_what_has_no_fault_passes_every_check():
    outcomes = {result.check: result.outcome for result in check_estimator(Ratio)}
    assert len(outcomes) == len(ESTIMATOR_FUNCTIONS)
    assert {check for check, outcome in outcomes.items() if outcome != "passed"} == {
        "check_get_and_set_params",
        "check_pointwise_dimension",
    }
    assert "failed as declared" not in outcomes.values()


@pytest.mark.parametrize(
    ("check", "says", "cls"), FAULTY, ids=[f"{check}-{cls.__name__}" for check, _, cls in FAULTY]
)
def test_a_fault_is_reported_with_class_and_check(check, says, cls):
    subject, found = next(pair for pair in estimator_checks(cls) if pair[1].name == check)
    with pytest.raises(AssertionError, match=rf"^{cls.__name__}: {check}: .*{says}"):
        found(subject)


def test_a_declaration_that_is_not_true_is_a_fault():
    @estimators.register("seeded", deterministic=True, scope="local")
    class Seeded(Ratio):
        def __init__(self, random_state=0):
            super().__init__()
            self.random_state = random_state

        def fit(self, X):
            super().fit(X).dimension_ *= 1 + 0.1 * self.random_state
            return self

    found = {check.name: check for _, check in estimator_checks("seeded")}
    with pytest.raises(AssertionError, match="declared deterministic, with another random_state"):
        found["check_declared_randomness"](Seeded())
    with pytest.raises(AssertionError, match="declared local, and dimension_pw_ is missing"):
        found["check_pointwise_dimension"](Seeded())


def test_each_check_has_a_fault_that_it_finds():
    planted = {check for check, _, _ in FAULTY} | {"check_declared_randomness"}
    assert planted == {function.__name__ for function in ESTIMATOR_FUNCTIONS}
