"""Distinct points, and answers that do not depend on units, position, order or frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import estimators
from estimators.base import distinct

DETERMINISTIC = [name for name in estimators.names() if estimators.entry(name).deterministic]
# Random states choose points, not directions: with all points used, frames do not matter either.
SEEDED = {"danco": {}, "ess": {"queries": None}, "fishers": {}, "lpca-local": {"queries": None}}
FRAMES = [(name, {}) for name in DETERMINISTIC] + list(SEEDED.items())

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
    first, position = distinct(points)
    seen = {}
    for row, point in enumerate(map(tuple, points.tolist())):
        seen.setdefault(point, row)  # 0.0 and -0.0 are equal as keys too
    assert first.tolist() == sorted(seen.values())
    assert position.shape == (len(points),)
    assert (points[first][position] == points).all()


@settings(deadline=None, max_examples=50)
@given(any_points, st.integers(1, 4))
def test_repeating_all_rows_adds_no_distinct_one(points, times):
    first, _ = distinct(points)
    again, position = distinct(np.vstack([points] * times))
    assert np.array_equal(first, again)
    assert len(position) == times * len(points)


def sample():
    """A curved set of dimension 3 that spans 6 of 7 coordinates.

    Not all of them: probabilistic PCA takes the last component for noise where there is no other.
    """
    own = np.random.default_rng(0).standard_normal((130, 3))
    return np.hstack([own, 0.3 * np.sin(2 * own), np.zeros((130, 1))])


def dimensions(name, points, **parameters):
    fitted = estimators.get(name, **parameters).fit(points)
    return fitted.dimension_, fitted.dimension_pw_


def assert_same(found, expected):
    if float(expected[0]).is_integer():
        assert found[0] == expected[0]
    assert found[0] == pytest.approx(expected[0], rel=1e-6)
    if expected[1] is not None:
        np.testing.assert_allclose(found[1], expected[1], rtol=1e-6)


@pytest.mark.parametrize(("name", "parameters"), FRAMES, ids=[name for name, _ in FRAMES])
def test_units_position_and_frame_do_not_matter(name, parameters):
    points = sample()
    expected = dimensions(name, points, **parameters)

    @settings(deadline=None, max_examples=8, database=None)
    @given(
        exponent=st.floats(-6, 6),
        shift=st.floats(-100, 100),
        ambient=st.integers(7, 12),
        seed=st.integers(0, 2**32 - 1),
    )
    def check(exponent, shift, ambient, seed):
        frame, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((ambient, 7)))
        moved = 10**exponent * (points @ frame.T + shift)
        found = dimensions(name, moved, **parameters)
        if name == "danco":  # its curve runs through balls of all dimensions up to D
            assert found[0] == pytest.approx(expected[0], rel=1e-3)
        else:
            assert_same(found, expected)

    check()


@pytest.mark.parametrize(("name", "parameters"), FRAMES, ids=[name for name, _ in FRAMES])
def test_the_order_of_points_does_not_matter(name, parameters):
    points = sample()
    dimension, pointwise = dimensions(name, points, **parameters)

    @settings(deadline=None, max_examples=4, database=None)
    @given(st.permutations(range(len(points))))
    def check(order):
        expected = dimension, None if pointwise is None else pointwise[order]
        assert_same(dimensions(name, points[order], **parameters), expected)

    check()


@pytest.mark.parametrize("name", ["knn", "ph"])
@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter_to_lengths_of_sub_samples(name, scale):
    points = sample()
    small = {"repeats": 2, "sizes": 3}
    assert_same(dimensions(name, scale * points, **small), dimensions(name, points, **small))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_largest_neighbourhoods_are_the_whole_sample(seed):
    points = np.random.default_rng(seed).random((40, 3))
    k = len(points) - 1
    for name in ("mle", "mom", "tle", "mada", "ess", "lpca-local"):
        assert np.isfinite(estimators.get(name, neighbors=k).fit(points).dimension_)
    with pytest.raises(ValueError, match="MLE needs at least 41 distinct points, but X has 40"):
        estimators.get("mle", neighbors=k + 1).fit(points)
