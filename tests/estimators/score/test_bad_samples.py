"""Samples that are small, flat, uneven or coarse: a right estimate or a clear error."""

import numpy as np
import pytest

import estimators
import manifolds

SMALL = {"device": "cpu", "steps": 400, "batch": 128, "width": 64, "queries": 10}
every_score_estimator = pytest.mark.parametrize("name", ["score-svd", "flipd", "dsm", "lhsd"])
pytestmark = pytest.mark.usefixtures("one_thread", "shared_models")


def fit(points, name="score-svd", **parameters):
    return estimators.get(name, **{**SMALL, **parameters}).fit(points)


def sphere(dimension=3, ambient=8, n=1500):
    return manifolds.get("sphere", dimension=dimension, ambient=ambient).sample(n, 0).points


@every_score_estimator
def test_circle_in_the_plane(name):
    assert fit(sphere(1, 2), name).dimension_ == pytest.approx(1, abs=0.1)


@every_score_estimator
def test_all_points_equal_are_refused(name):
    with pytest.raises(ValueError, match="at least 10 distinct points"):
        fit(np.ones((100, 5)), name)


@every_score_estimator
def test_fifty_points_of_a_plane_have_dimension_2(name):
    points = np.random.default_rng(0).standard_normal((50, 2)) @ np.eye(2, 6)
    assert fit(points, name).dimension_ == pytest.approx(2, abs=0.2)


def test_fifty_points_of_a_sphere_are_estimated_or_reported_as_too_few():
    # Fifty points do not distinguish a 5-sphere from the ball that it bounds.
    with pytest.warns(UserWarning, match="low confidence"):
        fitted = fit(sphere(5, 20, 50))
    assert (fitted.details_["confidence"] < 0.3).all()


def test_features_of_mixed_units_are_scaled_and_reported():
    scales = np.logspace(-3, 3, 8)
    with pytest.warns(UserWarning, match="brought to the same"):
        fitted = fit(sphere() * scales)
    assert fitted.dimension_ == 3


def test_features_of_similar_units_are_left_alone():
    from estimators.score.features import equalize_scales

    points = sphere()
    assert equalize_scales(points) is points
    padded = np.hstack([points, np.zeros((len(points), 2))])
    assert equalize_scales(padded) is padded


@every_score_estimator
def test_single_precision_is_converted_to_double(name):
    points = sphere()
    assert fit(points.astype(np.float32), name).dimension_ == pytest.approx(3, rel=0.05)
