"""Each check of an estimator's results on chosen points reports a planted fault."""

import numpy as np
from faulty_classes import Faults, Ratio, assert_reported
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_array

from bench.testing import estimator_checks, estimator_points
from bench.testing.checks import functions_of

fault = Faults()


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
class SortsPointwiseEstimates(Ratio):
    def fit(self, X):
        super().fit(X).dimension_pw_ = np.linspace(1.0, 2.0, len(X))
        return self


@fault(
    "check_growing_spheres", "of spheres of dimension 1, 3, 6, 10 in R.12 it estimates 3, 3, 3, 3"
)
class AlwaysThree(Ratio):
    def fit(self, X):
        super().fit(X).dimension_ = 3.0
        return self


@fault("check_refuses_nan", r"points with a NaN gave dimension_ = \d.*; expected: ValueError")
@fault("check_refuses_infinity", "points with an infinite coordinate gave dimension_")
class FillsNaN(Ratio):
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
class SetsOneAnyway(Ratio):
    def fit(self, X):
        try:
            return super().fit(X)
        except ValueError:
            self.dimension_ = 1.0
            return self


@fault(
    "check_refuses_nan", r"raised ValueError\('no'\); expected: a message that says what is wrong"
)
class HasNoMessage(Ratio):
    def checked(self, X):
        try:
            return super().checked(X)
        except ValueError:
            raise ValueError("no") from None


@fault("check_refuses_text", "words raised .*TypeError")
class DoesNotValidate(Ratio):
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


@fault.parametrize()
def test_a_fault_is_reported_with_class_and_check(check, message, cls):
    assert_reported(estimator_checks, check, message, cls)


def test_each_check_has_a_fault():
    planted = fault.checks()
    assert planted == {function.__name__ for function in functions_of(estimator_points)}
