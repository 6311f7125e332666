"""Probabilistic PCA: the evidence of scikit-learn, and spans that are filled."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.decomposition._pca import _assess_dimension

import estimators
import manifolds
from estimators.linear import log_evidence


def gaussian(scales, n=1000, seed=0):
    return np.random.default_rng(seed).standard_normal((n, len(scales))) * scales


def estimate(points, **parameters):
    return estimators.get("ppca", **parameters).fit(points).dimension_


@pytest.mark.parametrize("n", [30, 3000])
@pytest.mark.parametrize(
    "variances", [[9.0, 4.0, 1.1, 1.0, 0.9], [1.0, 0.3], list(0.7 ** np.arange(20))]
)
def test_the_evidence_is_that_of_scikit_learn_where_it_has_one(variances, n):
    ours = log_evidence(np.array(variances), n)
    theirs = [_assess_dimension(np.array(variances), q, n) for q in range(1, len(variances))]
    np.testing.assert_allclose(ours[1:], theirs, rtol=1e-10)


def test_the_evidence_of_no_component_is_the_likelihood_of_equal_variances():
    # n/2 times the log of the determinant, as in those of more components.
    variances = np.array([3.0, 2.0, 1.0])
    assert log_evidence(variances, 50)[0] == pytest.approx(-50 / 2 * 3 * np.log(2.0))


@pytest.mark.parametrize("dimension", [2, 5, 10, 30])
@pytest.mark.parametrize("distribution", ["standard_normal", "random"])
def test_points_that_fill_their_space_have_its_dimension(dimension, distribution):
    points = getattr(np.random.default_rng(1), distribution)((1000, dimension))
    assert estimate(points) == dimension


def test_variances_that_all_differ_fill_the_space_too():
    assert estimate(gaussian([16.0, 8.0, 4.0, 2.0, 1.0])) == 5


@pytest.mark.parametrize(
    "scales",
    [[1.0] * 5, [9.0, 3.0, 1.0], [5.0, 5.0, 1.0, 1.0, 1.0, 1.0], [3.0] + [0.2] * 8],
    ids=["equal", "different", "two and noise", "one and noise"],
)
def test_constant_columns_in_any_frame_move_nothing(scales):
    points = gaussian(scales)
    expected = estimate(points)
    constant = np.hstack([points, np.full((1000, 3), 7.0)])
    turn, _ = np.linalg.qr(np.random.default_rng(2).standard_normal((len(scales) + 3,) * 2))
    assert estimate(constant) == expected
    assert estimate(constant @ turn) == expected
    # As scikit-learn has it, a constant column makes components of noise.
    assert estimate(constant, version="sklearn") == len(scales)


@pytest.mark.parametrize("components", [1, 2, 5, 9])
def test_components_above_noise_are_counted(components):
    points = gaussian([3.0] * components + [0.2] * (12 - components))
    assert estimate(points) == components
    assert estimate(points, version="sklearn") == components


def test_the_version_of_scikit_learn_is_its_number():
    for points in (gaussian([1.0] * 6), gaussian([4.0, 2.0, 1.0, 1.0, 1.0])):
        expected = PCA(n_components="mle").fit(points).n_components_
        assert estimate(points, version="sklearn") == expected


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
@pytest.mark.parametrize("version", ["span", "sklearn"])
def test_it_does_not_depend_on_scale(scale, version):
    points = manifolds.get("sphere", dimension=6, ambient=20).sample(300, seed=0).points
    assert estimate(scale * points, version=version) == 7


def test_too_few_points_are_refused():
    points = np.random.default_rng(0).random((8, 9))
    with pytest.raises(ValueError, match=r"PPCA needs more points than coordinates \(9\).* in 7"):
        estimate(points)
    with pytest.raises(ValueError, match=r"PPCA needs at least as many points as coordinates \(9"):
        estimate(points, version="sklearn")
    # A flat sample needs no more than its own directions.
    assert estimate(points[:, :3] @ np.eye(3, 9)) == 3
