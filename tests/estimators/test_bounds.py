"""No estimator gives an impossible dimension, those of third parties included."""

import numpy as np
import pytest
from surfaces import sphere

import estimators
from estimators.bounds import check_dimension, clip_pointwise


@pytest.mark.parametrize("value", [0.0, -1.2, np.nan, np.inf, -np.inf])
def test_what_is_no_dimension_is_refused(value):
    with pytest.raises(ValueError, match=r"X found no dimension in these points \(.*\): ties"):
        check_dimension("X", value, (100, 3), "ties")


def test_more_than_the_ambient_dimension_is_that_by_chance_or_refused():
    assert check_dimension("X", 2.9, (100, 3)) == 2.9
    assert check_dimension("X", 3.0, (100, 3)) == 3.0
    # Of 100 points, 4 standard deviations of d / 10; of many, 10 %.
    with pytest.warns(UserWarning, match="X: 4.19 is more than the 3 coordinates, by no more"):
        assert check_dimension("X", 4.19, (100, 3)) == 3.0
    with pytest.raises(ValueError, match=r"X found 4.21, which no set of points in 3 coordinates"):
        check_dimension("X", 4.21, (100, 3))
    with pytest.warns(UserWarning, match="the dimension is given as 3"):
        assert check_dimension("X", 3.29, (100_000, 3)) == 3.0
    with pytest.raises(ValueError, match=r"found 3\.31"):
        check_dimension("X", 3.31, (100_000, 3))


def test_pointwise_estimates_are_between_zero_and_the_ambient_dimension_or_missing():
    estimates = np.array([-1.0, 0.0, 1.5, 3.0, 7.0, 1e12, np.inf, np.nan])
    np.testing.assert_array_equal(
        clip_pointwise(estimates, 3), [np.nan, 0, 1.5, 3, 3, 3, np.nan, np.nan]
    )


@pytest.mark.parametrize("name", ["mle", "mom", "tle", "mada", "ess", "lpca-local"])
def test_points_that_fill_their_space_have_at_most_its_dimension(name):
    points = np.random.default_rng(0).random((1500, 2))
    fitted = estimators.get(name).fit(points)
    assert 1.7 < fitted.dimension_ <= 2
    assert np.nanmax(fitted.dimension_pw_) <= 2


class Foreign:
    """Of a third party: it knows nothing of ours."""

    def __init__(self, answer=2.0, pointwise=None):
        self.answer, self.pointwise = answer, pointwise

    def fit(self, X, y=None, scale=1):
        self.dimension_ = self.answer * scale
        self.dimension_pw_ = self.pointwise
        return self


@pytest.fixture
def registered():
    registry = type(estimators.catalogue.registry)(
        "estimator", "estimators", "fit", estimators.EstimatorEntry
    )
    # A class of its own for each test: the guard is put on it.
    return registry.register("foreign")(type("Foreign", (Foreign,), {}))


@pytest.mark.parametrize("answer", [25.0, 0.0, -2.0, np.nan, np.inf, np.float32(25), [1e13]])
def test_an_estimate_of_a_third_party_that_cannot_be_is_refused(registered, answer):
    estimator = registered(np.asarray(answer) if isinstance(answer, list) else answer)
    with pytest.raises(ValueError, match="Foreign found"):
        estimator.fit(sphere(2, 50))
    assert not hasattr(estimator, "dimension_")


def test_estimates_of_a_third_party_that_can_be_are_as_they_were(registered):
    estimates = np.array([1.0, 99.0, -1.0])
    estimator = registered(2.0, estimates)
    assert estimator.fit(sphere(2, 50), scale=1.5) is estimator
    assert estimator.dimension_ == 3.0
    np.testing.assert_array_equal(estimator.dimension_pw_, [1.0, 4.0, np.nan])


def test_a_class_is_guarded_once(registered):
    guarded = registered.fit
    registry = type(estimators.catalogue.registry)(
        "estimator", "estimators", "fit", estimators.EstimatorEntry
    )
    registry.register("again")(registered)
    assert registered.fit is guarded
    assert guarded.__wrapped__ is Foreign.fit


def test_the_estimators_of_the_suite_are_not_wrapped():
    assert all(
        estimators.entry(name).cls.fit is estimators.Estimator.fit for name in estimators.names()
    )
