"""Pointwise estimates: of unions, of ties, and their aggregation."""

import warnings

import numpy as np
import pytest

import estimators
import manifolds
from estimators.aggregation import aggregate_pointwise

LOCAL = [
    name
    for name in estimators.names()
    if estimators.entry(name).scope == "local" and estimators.entry(name).family != "score"
]


@pytest.mark.parametrize("name", LOCAL)
def test_parts_of_a_union_are_estimated_as_if_alone(name):
    # The spheres are at distance sqrt(2) of each other, farther than neighbours are.
    sample = manifolds.get("sphere-union", dimensions=(2, 8), ambient=15).sample(600, seed=0)
    parameters = {"queries": None} if "queries" in estimators.entry(name).parameters else {}
    union = estimators.get(name, neighbors=20, **parameters).fit(sample.points)
    for dimension in (2, 8):
        part = sample.dimension == dimension
        alone = estimators.get(name, neighbors=20, **parameters).fit(sample.points[part])
        # TLE's cut-off for short distances is in units of the whole sample.
        tolerance = 0.05 if name == "tle" else 1e-8
        np.testing.assert_allclose(
            union.dimension_pw_[part], alone.dimension_pw_, rtol=tolerance, atol=0
        )


@pytest.mark.parametrize("name", [n for n in LOCAL if "queries" in estimators.entry(n).parameters])
def test_queries_are_seeded_and_take_neighbours_from_all(name):
    points = manifolds.get("sphere", dimension=3, ambient=6).sample(400, seed=0).points
    everywhere = estimators.get(name, neighbors=30, queries=None).fit(points)
    some = estimators.get(name, neighbors=30, queries=50).fit(points)
    assert len(some.query_) == len(np.unique(some.query_)) == 50
    np.testing.assert_array_equal(everywhere.query_, np.arange(400))
    np.testing.assert_allclose(some.dimension_pw_, everywhere.dimension_pw_[some.query_])
    again = estimators.get(name, neighbors=30, queries=50, random_state=0).fit(points)
    np.testing.assert_array_equal(some.query_, again.query_)
    other = estimators.get(name, neighbors=30, queries=50, random_state=1).fit(points)
    assert not np.array_equal(some.query_, other.query_)


@pytest.mark.parametrize(
    ("aggregate", "expected"),
    [("mean", 3.0), ("median", 3.0), ("mle", 3 / (1 / 2 + 1 / 4)), ("pooled", 3 / (1 / 2 + 1 / 4))],
)
def test_infinite_estimates_stay_out_but_count_in_the_harmonic_mean(aggregate, expected):
    with pytest.warns(UserWarning, match="X: 1 of 3 points gave no finite dimension"):
        result = aggregate_pointwise("X", np.array([2.0, np.inf, 4.0]), aggregate)
    assert result.dimension == pytest.approx(expected)
    np.testing.assert_array_equal(result.pointwise, [2.0, np.nan, 4.0])


def test_no_usable_estimate_is_an_error():
    with pytest.raises(ValueError, match="X found no dimension at any of 3 points"):
        aggregate_pointwise("X", np.array([np.nan, np.inf, 0.0]))


@pytest.mark.parametrize("name", ["mada", "mle", "mom", "tle"])
def test_equal_distances_everywhere_are_an_error(name):
    # Corners of a regular simplex: all neighbours are at the same distance.
    with pytest.raises(ValueError, match=f"{type(estimators.get(name)).__name__} found no dim"):
        estimators.get(name, neighbors=4).fit(np.eye(12))


def test_ties_at_some_points_are_left_out_with_a_warning():
    cross = 5 + 0.5 * np.vstack([np.eye(3), -np.eye(3)])  # around (5, 5, 5): six equal distances
    points = np.vstack([np.random.default_rng(0).random((200, 3)), np.full((1, 3), 5.0), cross])
    with pytest.warns(UserWarning, match="MADA: .* of 207 points gave no finite dimension"):
        fitted = estimators.get("mada", neighbors=6).fit(points)
    assert np.isnan(fitted.dimension_pw_[200])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        alone = estimators.get("mada", neighbors=6).fit(points[:200]).dimension_
    # Seven points of 207 are added; they weigh 3 %.
    assert fitted.dimension_ == pytest.approx(alone, rel=0.1)
