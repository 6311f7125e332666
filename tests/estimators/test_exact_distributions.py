"""Estimators on a flat torus, where the distributions that they assume hold.

The product of d circles in R^(2d) is flat and has no edge: within a neighbourhood points are
uniform, so (r_j / r_k)^d for j < k are k - 1 sorted uniform numbers. What an estimator should
give then follows from its formula alone, bias for finite k included.
"""

import numpy as np
import pytest
from scipy import integrate, special, stats

import estimators

N = 6000


def flat_torus(dimension, n=N, seed=0):
    angle = 2 * np.pi * np.random.default_rng(seed).random((n, dimension))
    return np.hstack([np.cos(angle), np.sin(angle)])


def ball(dimension, n, seed=0):
    gaussian = np.random.default_rng(seed).standard_normal((n, dimension + 2))
    # The first d of d + 2 coordinates of a uniform sphere are uniform in the ball.
    return (gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True))[:, :dimension]


every_dimension = pytest.mark.parametrize("dimension", [1, 2, 3])


def error(expected, n=N):
    """Three times expected / sqrt(n), the standard error of one exponential estimate a point.

    Estimators that use more of each neighbourhood err less, but neighbourhoods overlap. The
    torus bends away from its tangent by r^2 / 24, which leaves less than 1 % at these n.
    """
    return 3 * expected / np.sqrt(n) + 0.01 * expected


@every_dimension
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("twonn", {}),
        ("twonn", {"discard_fraction": 0.01}),
        ("gride", {}),
        ("gride", {"near": 1, "far": 2}),
        ("gride", {"near": 2, "far": 16}),
        ("mle", {"neighbors": 5}),
        ("mle", {"neighbors": 20}),
        ("mind-ml", {"neighbors": 5}),
        ("mind-ml", {"neighbors": 20}),
        ("corrint", {}),
        ("mada", {}),
        ("mada", {"neighbors": 7}),
        ("mom", {"neighbors": 5}),
        ("mom", {"neighbors": 20}),
        ("tle", {"neighbors": 5}),
    ],
    ids=str,
)
def test_consistent_estimators_give_the_dimension(name, parameters, dimension):
    estimate = estimators.get(name, **parameters).fit(flat_torus(dimension)).dimension_
    assert estimate == pytest.approx(dimension, abs=error(dimension))


@every_dimension
def test_whole_number_maximum_likelihood_is_exact(dimension):
    mind = estimators.get("mind-ml", version="MLi").fit(flat_torus(dimension))
    assert mind.dimension_ == dimension


@every_dimension
@pytest.mark.parametrize("k", [5, 20])
def test_the_arithmetic_mean_of_maximum_likelihood_is_too_large_by_its_known_bias(dimension, k):
    # 1 / d_i is the mean of k - 1 exponentials of mean 1 / d.
    fitted = estimators.get("mle", neighbors=k, aggregate="mean").fit(flat_torus(dimension))
    expected = dimension * (k - 1) / (k - 2)
    assert fitted.dimension_ == pytest.approx(expected, abs=error(expected))


@every_dimension
def test_pointwise_maximum_likelihood_follows_the_inverse_gamma_distribution(dimension):
    k = 5
    # As they are: those of a fit are at most the ambient dimension.
    pointwise = estimators.get("mle", neighbors=k).estimate(flat_torus(dimension)).pointwise
    distribution = stats.invgamma(k - 1, scale=dimension * (k - 1))
    # Neighbourhoods overlap: a tenth of the points are nearly independent.
    assert stats.kstest(pointwise[:: N // 600], distribution.cdf).pvalue > 1e-3


@every_dimension
@pytest.mark.parametrize("k", [6, 20])
def test_the_arithmetic_mean_of_manifold_adaptive_estimates_is_above_by_its_exact_bias(
    dimension, k
):
    # (r_{k/2} / r_k)^d is Beta(k/2, k/2).
    distribution = stats.beta(k // 2, k - k // 2)
    expected, _ = integrate.quad(
        lambda b: -dimension * np.log(2) / np.log(b) * distribution.pdf(b), 0, 1
    )
    estimate = estimators.get("mada", neighbors=k, aggregate="mean")
    estimate = estimate.fit(flat_torus(dimension)).dimension_
    assert estimate == pytest.approx(expected, abs=error(expected))


@every_dimension
@pytest.mark.parametrize("k", [5, 20])
def test_the_method_of_moments_has_the_mean_that_its_formula_gives_on_uniform_balls(dimension, k):
    uniform = np.random.default_rng(1).random((50_000, k - 1)) ** (1 / dimension)
    mean = (uniform.sum(axis=1) + 1) / k
    expected = np.mean(mean / (1 - mean))
    estimate = estimators.get("mom", neighbors=k, aggregate="mean")
    estimate = estimate.fit(flat_torus(dimension)).dimension_
    assert estimate == pytest.approx(expected, abs=error(expected))


@pytest.fixture(scope="module")
def straight():
    """A line, and a roll: flat within neighbourhoods, so that nothing but bias is left."""
    rng = np.random.default_rng(0)
    line = rng.random((2000, 1)) @ np.ones((1, 3))
    along, across = np.sqrt(rng.uniform(30, 200, 4000)), rng.uniform(0, 20, 4000)
    # Uniform in area to 1 %: arc length of a spiral grows as the square of its angle.
    roll = np.stack([along * np.cos(along), along * np.sin(along), across], axis=1)
    return {1: line, 2: roll}


@pytest.mark.parametrize("name", ["mada", "mom", "tle"])
@pytest.mark.parametrize("dimension", [1, 2])
def test_pooled_estimates_have_no_bias_on_a_line_and_a_roll(name, dimension, straight):
    fitted = estimators.get(name, neighbors=10).fit(straight[dimension])
    # The roll has edges, within 10 neighbours of which it reads up to a tenth too little.
    assert fitted.dimension_ == pytest.approx(dimension, rel=0.03)


@pytest.mark.parametrize(("k", "dimension"), [(5, 1), (20, 2), (5, 5)])
def test_inverse_tight_estimates_of_uniform_balls_have_the_mean_of_k_less_one_distances(
    dimension, k
):
    from estimators.distances import TLE

    # k - 1 points of a ball around the origin and one on its edge: what k neighbours are.
    rng = np.random.default_rng(0)
    inverse = []
    for _ in range(300):
        own = rng.standard_normal((k, dimension))
        radius = np.append(rng.random(k - 1) ** (1 / dimension), 1.0)
        own *= radius[:, None] / np.linalg.norm(own, axis=1, keepdims=True)
        points = np.vstack([np.zeros((1, dimension)), own[np.argsort(radius)]])
        with np.errstate(all="ignore"):
            # Without fit, whose pointwise estimates are at most the ambient dimension.
            read = TLE(neighbors=k).estimate(np.hstack([points, np.zeros((k + 1, 1))]))
        inverse.append(1 / read.pointwise[0])
    mean, error = np.mean(inverse), np.std(inverse) / np.sqrt(300)
    assert mean == pytest.approx((1 - 1 / k) / dimension, abs=3.5 * error)


@pytest.mark.parametrize("dimension", [2, 3])
def test_graph_length_and_persistence_grow_with_the_dimension_of_uniform_sets(dimension):
    points = np.random.default_rng(0).random((1500, dimension))
    assert estimators.get("knn").fit(points).dimension_ == dimension
    assert estimators.get("ph", points=500, repeats=10).fit(points).dimension_ == pytest.approx(
        dimension, rel=0.12
    )


@pytest.mark.parametrize("version", ["a", "b"])
@pytest.mark.parametrize("dimension", [2, 3, 6, 15])
def test_simplex_skewness_gives_the_dimension_of_a_ball(version, dimension):
    # One large neighbourhood that is a ball; the expected skewness of a ball is exact.
    points = ball(dimension, 1500)
    fitted = estimators.get("ess", neighbors=1499, version=version, queries=1).fit(points)
    assert fitted.dimension_ == pytest.approx(dimension, rel=0.03)


def test_simplex_skewness_inverts_the_published_formula():
    points = ball(4, 60)
    fitted = estimators.get("ess", neighbors=30, queries=5).estimate(points)
    for row, dimension in zip(fitted.query, fitted.pointwise, strict=True):
        order = np.argsort(np.linalg.norm(points - points[row], axis=1))
        near = points[order[1:31]] - points[order[1:31]].mean(axis=0)
        areas, lengths = 0.0, 0.0
        for i in range(30):
            for j in range(i):
                gram = near[[i, j]] @ near[[i, j]].T
                areas += np.sqrt(np.linalg.det(gram))
                lengths += np.sqrt(gram[0, 0] * gram[1, 1])
        # E_m = Gamma(m/2)^2 / (Gamma((m+1)/2) Gamma((m-1)/2)), by lines between whole m
        m = np.arange(2, 40)
        expected = special.gamma(m / 2) ** 2 / (
            special.gamma((m + 1) / 2) * special.gamma((m - 1) / 2)
        )
        assert dimension == pytest.approx(np.interp(areas / lengths, expected, m), rel=1e-9)


@pytest.mark.parametrize("dimension", [3, 8])
def test_fisher_separability_and_concentration_give_the_dimension_of_a_sphere_plus_one(dimension):
    gaussian = np.random.default_rng(0).standard_normal((1500, dimension + 1))
    points = gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True)
    # Both compare with (d + 1)-dimensional full sets: they count the sphere's linear span.
    assert estimators.get("fishers").fit(points).dimension_ == pytest.approx(dimension + 1, abs=0.5)


@pytest.mark.parametrize("dimension", [1, 2, 7])
def test_linear_estimators_count_the_span_of_a_flat_sample(dimension):
    own = np.random.default_rng(0).random((400, dimension))
    frame, _ = np.linalg.qr(np.random.default_rng(1).standard_normal((12, dimension)))
    for name in ("lpca-global", "lpca-local", "ppca"):
        assert estimators.get(name).fit(own @ frame.T + 3.0).dimension_ == dimension
