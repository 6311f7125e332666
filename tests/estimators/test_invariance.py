"""Distinct points, the largest neighbourhoods, and what the checks of invariance leave open."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import estimators
from estimators.rows import distinct_rows

# Few values, so that rows repeat and projections tie.
repetitive = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.sampled_from([0.0, -0.0, 1.0, -1.0, 1e-13, 1.0 + 1e-15, 1e100, 0.1]),
)
any_points = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(-1e100, 1e100),
)


@settings(deadline=None, max_examples=200)
@given(st.one_of(repetitive, any_points))
def test_distinct_rows_are_each_row_s_first_occurrence(points):
    first, position = distinct_rows(points)
    seen = {}
    for row, point in enumerate(map(tuple, points.tolist())):
        seen.setdefault(point, row)  # 0.0 and -0.0 are equal as keys too
    assert first.tolist() == sorted(seen.values())
    assert position.shape == (len(points),)
    assert (points[first][position] == points).all()


@settings(deadline=None, max_examples=50)
@given(any_points, st.integers(1, 4))
def test_repeating_all_rows_adds_no_distinct_one(points, times):
    first, _ = distinct_rows(points)
    again, position = distinct_rows(np.vstack([points] * times))
    assert np.array_equal(first, again)
    assert len(position) == times * len(points)


def sample():
    """A curved set of dimension 3 in R^7."""
    own = np.random.default_rng(0).standard_normal((130, 3))
    return np.hstack([own, 0.3 * np.sin(2 * own), np.zeros((130, 1))])


@pytest.mark.parametrize("name", ["knn", "ph"])
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter_to_lengths_of_sub_samples(name, scale):
    points = sample()
    estimator = estimators.get(name, repeats=2, sizes=3)
    expected = estimator.fit(points).dimension_
    # The random state draws the same sub-samples again.
    assert estimator.fit(scale * points).dimension_ == pytest.approx(expected, rel=1e-6)


def test_further_coordinates_move_danco_of_scikit_dimension_by_less_than_a_thousandth():
    points = sample()
    expected = estimators.get("danco-skdim").fit(points).dimension_
    padded = np.hstack([points, np.full((len(points), 5), 7.0)])
    dimension = estimators.get("danco-skdim").fit(padded).dimension_
    assert dimension == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_largest_neighbourhoods_are_the_whole_sample(seed):
    points = np.random.default_rng(seed).random((40, 3))
    k = len(points) - 1
    for name in ("mle", "mom", "tle", "mada", "ess", "lpca-local"):
        assert np.isfinite(estimators.get(name, neighbors=k).fit(points).dimension_)
    with pytest.raises(ValueError, match="MLE needs at least 41 distinct points, but X has 40"):
        estimators.get("mle", neighbors=k + 1).fit(points)
