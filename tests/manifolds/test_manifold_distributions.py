"""Distributions of points on each manifold, against the exact one of a coordinate."""

import numpy as np
import pytest
from scipy import stats

import manifolds

# Seeds are fixed, so a true distribution does not fail now and then.
P_VALUE = 1e-3


def own_coordinates(manifold, n, seed=0):
    """Points in the manifold's own coordinates, undoing its isometry."""
    return (manifold.sample(n, seed=seed).points - manifold.offset()) @ manifold.frame()


@pytest.mark.parametrize(("k", "radius"), [(1, 1.0), (2, 3.0), (10, 1.0), (50, 0.1)])
def test_coordinates_of_the_uniform_sphere_have_mean_0_and_variance_1_over_k_plus_1(k, radius):
    n = 20_000
    own = own_coordinates(manifolds.get("sphere", dimension=k, radius=radius), n) / radius
    # x^2 of a coordinate is Beta(1/2, k/2), of variance 2 k / ((k + 1)^2 (k + 3))
    assert np.abs(own.mean(axis=0)).max() < 4.5 / np.sqrt((k + 1) * n)
    error = np.sqrt(2 * k / ((k + 1) ** 2 * (k + 3) * n))
    assert np.abs((own**2).mean(axis=0) - 1 / (k + 1)).max() < 4.5 * error
    assert stats.kstest(own[:, 0] ** 2, stats.beta(0.5, k / 2).cdf).pvalue > P_VALUE


def test_the_uniform_sphere_in_chosen_coordinates_is_zero_in_the_others():
    points = manifolds.get("sphere", dimension=3, ambient=9, first=2).sample(50, seed=0).points
    assert (points[:, [0, 1, 6, 7, 8]] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(points[:, 2:6], axis=1), 1, rtol=1e-12)


@pytest.mark.parametrize("std", [0.5, 0.75, 1.0])
def test_the_first_angle_of_the_nonuniform_sphere_is_normal_of_the_declared_deviation(std):
    n = 3000
    manifold = manifolds.get("nonuniform-sphere", angle_std=std, radius=2.0)
    # The arc cosine folds the angle to [0, pi]: beyond pi lie 0.2 % of the draws at most.
    angle = np.arccos(np.clip(own_coordinates(manifold, n)[:, 0] / 2.0, -1, 1))
    assert stats.kstest(angle, stats.halfnorm(scale=std).cdf).pvalue > P_VALUE
    assert np.sqrt((angle**2).mean()) == pytest.approx(std, rel=4.5 / np.sqrt(2 * n))


def test_the_second_angle_of_the_nonuniform_sphere_is_normal_too():
    own = own_coordinates(manifolds.get("nonuniform-sphere", angle_std=0.5), 3000)
    angle = np.arctan2(np.linalg.norm(own[:, 2:], axis=1), np.abs(own[:, 1]))
    # |x_1| and the length of the rest give the angle folded to [0, pi / 2].
    distribution = stats.norm(scale=0.5)
    folded = np.minimum(np.abs(distribution.rvs(200_000, random_state=0)) % np.pi, np.inf)
    folded = np.minimum(folded, np.pi - folded)
    assert stats.ks_2samp(angle, folded).pvalue > P_VALUE


def test_the_nonuniform_sphere_gathers_near_its_pole_as_angles_narrow():
    towards_pole = [
        own_coordinates(manifolds.get("nonuniform-sphere", angle_std=std), 4000)[:, 0].mean()
        for std in (1.0, 0.75, 0.5)
    ]
    # E cos(s Z) = exp(-s^2 / 2)
    expected = np.exp(-np.square([1.0, 0.75, 0.5]) / 2)
    np.testing.assert_allclose(towards_pole, expected, atol=4.5 * 0.7 / np.sqrt(4000))


@pytest.mark.parametrize(("major", "minor"), [(3.0, 1.0), (1.0, 0.9)])
def test_the_torus_is_uniform_in_area(major, minor):
    own = own_coordinates(manifolds.get("torus", major=major, minor=minor), 20_000)
    tube = np.arctan2(own[:, 2], np.hypot(own[:, 0], own[:, 1]) - major)
    around = np.arctan2(own[:, 1], own[:, 0])

    def area(angle):
        # The share of the area at tube angles from -pi: dA ~ (R + r cos angle).
        return (major * (angle + np.pi) + minor * np.sin(angle)) / (2 * np.pi * major)

    assert stats.kstest(tube, area).pvalue > P_VALUE
    assert stats.kstest(around, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > P_VALUE
    assert abs(stats.spearmanr(np.cos(tube), np.abs(around)).statistic) < 4.5 / np.sqrt(20_000)


def test_the_line_is_uniform_in_its_parameter():
    points = manifolds.get("spaghetti-line").sample(5000, seed=0).points
    t = np.arcsin(points[:, 0])
    assert stats.kstest(t, stats.uniform.cdf).pvalue > P_VALUE
    np.testing.assert_allclose(points[:, 99], np.sin(100 * t), atol=1e-11)


def test_the_swiss_roll_is_uniform_in_turn_and_height():
    own = own_coordinates(manifolds.get("swiss-roll"), 5000)
    turn = np.hypot(own[:, 0], own[:, 2])
    assert stats.kstest(turn, stats.uniform(1.5 * np.pi, 3 * np.pi).cdf).pvalue > P_VALUE
    assert stats.kstest(own[:, 1], stats.uniform(0, 21).cdf).pvalue > P_VALUE


def test_the_hypercube_is_uniform_in_every_coordinate():
    own = own_coordinates(manifolds.get("hypercube", dimension=5, ambient=20), 5000)
    for coordinate in own.T:
        assert stats.kstest(coordinate, stats.uniform.cdf).pvalue > P_VALUE
    correlation = np.corrcoef(own.T) - np.eye(5)
    assert np.abs(correlation).max() < 4.5 / np.sqrt(5000)


def test_the_affine_subspace_is_standard_normal_and_misses_the_origin():
    manifold = manifolds.get("affine-subspace", dimension=4, ambient=30)
    own = own_coordinates(manifold, 5000)
    for coordinate in own.T:
        assert stats.kstest(coordinate, stats.norm.cdf).pvalue > P_VALUE
    assert manifold.residual(np.zeros((1, 30)))[0] > 0.1


@pytest.mark.parametrize("dimensions", [(10, 30), (1, 2, 5)])
@pytest.mark.parametrize("n", [300, 301])
def test_a_union_gives_its_parts_equal_shares_in_separate_coordinates(dimensions, n):
    manifold = manifolds.get("sphere-union", dimensions=dimensions, ambient=50)
    sample = manifold.sample(n, seed=2)
    shares = [int((sample.dimension == k).sum()) for k in dimensions]
    assert sum(shares) == n
    assert max(shares) - min(shares) <= 1
    used = []
    for k, part in zip(dimensions, manifold.parts, strict=True):
        here = sample.points[sample.dimension == k]
        own = (here != 0).any(axis=0)
        assert own.sum() == k + 1
        assert part.residual(here).max() < 1e-12
        used.append(own)
    assert np.sum(used, axis=0).max() == 1
    # mixed, not one part after the other
    assert len(set(sample.dimension[: n // 4])) == len(dimensions)


def rotations(order, n, seed=0):
    """Matrices of a sample of SO(order)."""
    own = own_coordinates(manifolds.get("special-orthogonal", order=order), n, seed)
    return own.reshape(n, order, order)


@pytest.mark.parametrize(("order", "dimension"), [(2, 1), (3, 3), (5, 10), (10, 45)])
def test_rotations_are_orthogonal_of_determinant_1_in_n_n_minus_1_over_2_dimensions(
    order, dimension
):
    assert manifolds.get("special-orthogonal", order=order).dimension == dimension
    result = rotations(order, 200)
    np.testing.assert_allclose(result @ result.transpose(0, 2, 1) - np.eye(order), 0, atol=1e-12)
    np.testing.assert_allclose(np.linalg.det(result), 1, rtol=1e-12)


def test_a_reflection_is_off_the_rotations():
    manifold = manifolds.get("special-orthogonal", order=3)
    reflection = np.diag([1.0, 1.0, -1.0]).reshape(1, 9) @ manifold.frame().T
    assert manifold.residual(reflection)[0] > 1


@pytest.mark.parametrize("order", [2, 3, 5])
def test_an_entry_of_a_rotation_is_a_coordinate_of_a_uniform_point_of_a_sphere(order):
    result = rotations(order, 4000)
    distribution = stats.beta(0.5, (order - 1) / 2)
    for entry in (result[:, 0, 0], result[:, 0, -1], result[:, -1, 0], result[:, -1, -1]):
        assert stats.kstest(entry**2, distribution.cdf).pvalue > P_VALUE
        assert abs(np.mean(entry)) < 4.5 / np.sqrt(order * len(entry))


def test_the_angle_of_a_rotation_of_space_has_the_density_of_the_haar_measure():
    # Density (1 - cos t) / pi on (0, pi); it differs without the sign correction.
    cosine = (np.trace(rotations(3, 4000), axis1=1, axis2=2) - 1) / 2
    angle = np.arccos(np.clip(cosine, -1, 1))
    assert stats.kstest(angle, lambda t: (t - np.sin(t)) / np.pi).pvalue > P_VALUE


@pytest.mark.parametrize("order", [4, 5])
def test_the_trace_of_a_rotation_has_mean_0_and_variance_1(order):
    # Diaconis & Shahshahani 1994: its first two moments are those of a standard normal variable.
    n = 20_000
    trace = np.trace(rotations(order, n), axis1=1, axis2=2)
    assert abs(trace.mean()) < 4.5 / np.sqrt(n)
    assert abs((trace**2).mean() - 1) < 4.5 * np.std(trace**2) / np.sqrt(n)


def test_circles_are_uniform_and_independent_of_each_other():
    n = 5000
    own = own_coordinates(manifolds.get("circles", count=3, ambient=10), n)
    angles = np.arctan2(own[:, 3:], own[:, :3])
    for angle in angles.T:
        assert stats.kstest(angle, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > P_VALUE
    assert np.abs(np.corrcoef(own.T) - np.eye(6)).max() < 4.5 / np.sqrt(n)


@pytest.mark.parametrize(("dimension", "codimension"), [(1, 2), (6, 6), (15, 15)])
def test_a_quadratic_graph_lies_over_normal_points_with_the_moments_of_quadratic_forms(
    dimension, codimension
):
    n = 10_000
    manifold = manifolds.get("quadratic-graph", dimension=dimension, codimension=codimension)
    own = own_coordinates(manifold, n)
    for coordinate in own[:, :dimension].T:
        assert stats.kstest(coordinate, stats.norm.cdf).pvalue > P_VALUE
    for form, values in zip(manifold.coefficients(), own[:, dimension:].T, strict=True):
        spread = np.sqrt(2) * np.linalg.norm((form + form.T) / 2)
        assert abs(values.mean() - np.trace(form)) < 4.5 * spread / np.sqrt(n)
        kurtosis = stats.kurtosis(values) + 2
        assert values.var() == pytest.approx(spread**2, rel=4.5 * np.sqrt(kurtosis / n))


def test_the_values_of_a_quadratic_graph_vary_as_its_points_do_in_every_dimension():
    for dimension in (3, 6, 15, 30):
        manifold = manifolds.get("quadratic-graph", dimension=dimension, codimension=50)
        forms = manifold.coefficients()
        spread = np.sqrt(2) * np.linalg.norm(forms + forms.transpose(0, 2, 1), axis=(1, 2)) / 2
        assert np.mean(spread**2) == pytest.approx(0.81 * (1 + 1 / dimension), rel=0.25)


@pytest.mark.parametrize("coordinates", [1, 3, 20])
def test_the_isometry_keeps_lengths_and_depends_on_nothing_else(coordinates):
    frame = manifolds.isometry(20, coordinates)
    assert frame.shape == (20, coordinates)
    np.testing.assert_allclose(frame.T @ frame, np.eye(coordinates), atol=1e-13)
    assert np.array_equal(frame, manifolds.isometry(20, coordinates))


def test_the_frame_belongs_to_the_manifold_not_to_the_sample():
    manifold = manifolds.get("sphere", dimension=2, ambient=10)
    both = np.vstack([manifold.sample(50, seed=seed).points for seed in (0, 1)])
    assert np.linalg.matrix_rank(both, tol=1e-9) == 3
