"""DANCo against balls of known dimension, and its parts against what they stand for."""

import numpy as np
import pytest
from scipy.special import binom, digamma, i0, i1

import estimators
from estimators import danco
from estimators.ball_distribution import draw_neighborhoods

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:skdim")


def ball(dimension, n, seed=0):
    gaussian = np.random.default_rng(seed).standard_normal((n, dimension + 2))
    return (gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True))[:, :dimension]


def padded(points, ambient):
    return np.hstack([points, np.zeros((len(points), ambient - points.shape[1]))])


@pytest.mark.parametrize(
    ("dimension", "n"),
    [(1, 1000), (2, 3000), (5, 1000), (10, 1000), (15, 1000), (20, 3000), (30, 1000), (70, 1000)],
)
def test_balls_have_their_dimension(dimension, n):
    estimate = estimators.get("danco").fit(padded(ball(dimension, n), 2 * dimension + 3)).dimension_
    # The relative standard error of the rate of n points is near 1/sqrt(n), and that of the
    # dimension larger where most points are near the edge.
    assert estimate == pytest.approx(dimension, rel=3.5 / np.sqrt(n))


@pytest.mark.parametrize(("n", "k"), [(20, 10), (60, 5), (400, 30)])
def test_any_number_of_points_and_neighbours_will_do(n, k):
    dimensions = [
        estimators.get("danco", neighbors=k).fit(padded(ball(6, n, seed), 12)).dimension_
        for seed in range(8)
    ]
    error = np.std(dimensions, ddof=1) / np.sqrt(8)
    assert np.mean(dimensions) == pytest.approx(6, abs=4 * error)


@pytest.mark.slow
def test_a_thousand_dimensions_neither_overflow_nor_take_minutes():
    dimension = estimators.get("danco").fit(ball(1000, 1500)).dimension_
    assert dimension == pytest.approx(1000, rel=0.1)


def test_a_sphere_of_ten_dimensions_is_nearer_to_ten_than_with_scikit_dimension():
    gaussian = np.random.default_rng(0).standard_normal((3000, 11))
    points = padded(gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True), 20)
    assert 10 <= estimators.get("danco").fit(points).dimension_ < 10.8
    assert estimators.get("danco-skdim").fit(points).dimension_ > 10.9


def test_the_best_whole_number_is_what_the_fraction_lies_near():
    for dimension in (2, 7, 12):
        points = padded(ball(dimension, 800), 20)
        whole = estimators.get("danco", fractional=False).fit(points).dimension_
        assert whole == dimension
        assert abs(estimators.get("danco").fit(points).dimension_ - whole) < 1


def test_the_estimate_is_at_most_the_number_of_coordinates():
    assert (
        5 < estimators.get("danco").fit(np.random.default_rng(0).random((500, 6))).dimension_ <= 6
    )


def test_points_of_a_subset_have_neighbours_from_all():
    points = padded(ball(8, 4000), 12)
    some = estimators.get("danco", points=500).fit(points)
    assert some.details_["points_used"] == 500
    # With neighbours from the subset alone, but references of 4000 points, it would be 7.3.
    assert some.dimension_ == pytest.approx(8, rel=3 / np.sqrt(500) / 2)


@pytest.mark.parametrize("n", [40, 900])
@pytest.mark.parametrize("dimension", [1, 2, 3, 8, 30])
def test_references_are_what_simulated_balls_give_on_average(dimension, n):
    repeats, k = 6 if n > 100 else 60, 10
    results = np.array(
        [
            attributes(
                danco._concentration(
                    *danco._neighborhood_statistics(ball(dimension, n, seed), np.arange(n), k), k
                )
            )
            for seed in range(repeats)
        ]
    )
    expected = attributes(danco._reference(dimension, n, k, 0))
    error = results.std(axis=0, ddof=1) / np.sqrt(repeats)
    assert (np.abs(results.mean(axis=0) - expected) < 5 * error + 0.004 * np.abs(expected)).all()


def attributes(concentration):
    return np.array([concentration.rate, concentration.direction, concentration.length])


def test_references_follow_the_random_state_alone():
    first = draw_neighborhoods(4, 100, 6, 3)
    again = draw_neighborhoods(4, 100, 6, 3)
    other = draw_neighborhoods(4, 100, 6, 4)
    for one, same, different in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != different).any()


def test_directions_of_angles_are_not_turned_round():
    # Angles around 2 radians, whose cosines are negative; 45 of each of 50 points.
    angles = 2.0 + 0.1 * np.random.default_rng(0).standard_normal((50, 45))
    read = danco._concentration(np.full(50, 0.5), np.cos(angles), 10)
    assert read.direction == pytest.approx(2.0, abs=0.01)
    assert read.length == pytest.approx(np.exp(-0.005), abs=0.001)


@pytest.mark.parametrize("k", [3, 10, 60])
@pytest.mark.parametrize("rate", [0.8, 4.0, 90.0])
def test_the_rate_is_that_of_the_distribution_it_is_fitted_to(rate, k):
    ratios = np.random.default_rng(0).beta(1, k, 20_000) ** (1 / rate)
    # The Fisher information of one ratio is at least 1 / rate^2.
    assert danco._rate(np.log(ratios), k) == pytest.approx(rate, rel=3.5 / np.sqrt(20_000))


@pytest.mark.parametrize("rates", [(4.0, 5.0), (4.0, 2.5), (9.0, 9.0)])
def test_the_divergence_is_the_published_sum(rates):
    k, (own, other) = 10, rates
    result = danco.Concentration(own, 1.4, 0.8)
    ball_of = danco.Concentration(other, 1.5, 0.7)
    q, i = other / own, np.arange(k + 1)
    harmonic = (1 / np.arange(1, k + 1)).sum()
    distances = (
        harmonic * q - np.log(q) - (k - 1) * ((-1.0) ** i * binom(k, i) * digamma(1 + i / q)).sum()
    )
    a, b = danco._tau(0.8), danco._tau(0.7)
    angles = np.log(i0(b) / i0(a)) + i1(a) / i0(a) * (a - b * np.cos(0.1))
    # The publication leaves out a constant of the distributions of distances.
    at_equal = harmonic - (k - 1) * ((-1.0) ** i * binom(k, i) * digamma(1 + i)).sum()
    assert danco._divergence(result, ball_of, k) == pytest.approx(
        distances - at_equal + angles, rel=1e-4, abs=1e-6
    )


def test_a_distribution_has_no_divergence_from_itself_and_some_from_others():
    for k in (3, 10, 100):
        for rate, length in ((1.0, 0.1), (20.0, 0.98), (400.0, 0.9999)):
            same = danco.Concentration(rate, 1.3, length)
            assert danco._divergence(same, same, k) == pytest.approx(0, abs=1e-6)
            for other in (
                danco.Concentration(1.1 * rate, 1.3, length),
                danco.Concentration(rate, 1.2, length),
                danco.Concentration(rate, 1.3, 0.9 * length),
            ):
                assert danco._divergence(same, other, k) > 1e-5


@pytest.mark.parametrize("lowest", [1, 2, 37, 999, 1000])
@pytest.mark.parametrize("start", [1, 30, 1000])
def test_the_search_finds_the_lowest_number_without_trying_all(lowest, start):
    tried = []

    def value(m):
        tried.append(m)
        return abs(np.log(m / lowest))

    assert danco._minimize(value, start, 1000) == lowest
    assert len(set(tried)) < 70
    assert min(tried) >= 1
    assert max(tried) <= 1000


def test_equal_distances_are_refused_with_the_number_of_points():
    with pytest.raises(ValueError, match=r"DANCo: the first 11 neighbours of 30 points are all at"):
        estimators.get("danco").estimate(np.eye(30))
