"""Which rows of a sample are used: duplicates, near-copies, far and isolated rows."""

import numpy as np
import pytest
from surfaces import every_neighbor_estimator, sphere

import estimators
from estimators.rows import far_rows, isolated_rows, select_rows


@pytest.mark.parametrize("dimension", [1, 2, 8, 20])
@pytest.mark.parametrize("n", [100, 1000])
def test_an_ordinary_sample_is_used_as_it_is(dimension, n):
    for seed in range(3):
        rows = select_rows(sphere(dimension, n, seed))
        assert rows.warnings() == []
        np.testing.assert_array_equal(rows.used, np.arange(n))
        np.testing.assert_array_equal(rows.place, np.arange(n))


@pytest.mark.parametrize(
    "curve",
    [
        lambda t: np.column_stack([t * np.cos(8 * t), t * np.sin(8 * t)]),
        lambda t: np.column_stack([np.cos(30 * t), np.sin(30 * t), 0.05 * t]),
        lambda t: np.column_stack([np.sin(k * t) for k in range(1, 14)]),
    ],
    ids=["spiral", "helix", "tangle"],
)
def test_turns_of_a_coiled_curve_are_not_copies(curve):
    # Near neighbours show one dimension, far ones those of other turns.
    t = np.random.default_rng(0).uniform(0, 2 * np.pi, 2000)
    assert select_rows(curve(t)).copies == ()


@pytest.mark.parametrize("share", [0.035, 0.2, 1.0])
@pytest.mark.parametrize(("dimension", "noise"), [(1, 1e-6), (2, 1e-5), (8, 1e-2), (20, 1e-2)])
def test_near_copies_are_used_once_whatever_the_dimension(dimension, noise, share):
    points = sphere(dimension, 1000)
    count = int(share * len(points))
    added = points[:count] + noise * np.random.default_rng(1).standard_normal(
        (count, points.shape[1])
    ) / np.sqrt(points.shape[1])
    rows = select_rows(np.vstack([points, added]))
    # A few pairs are nearer than their copies by chance, on a curve.
    assert len(rows.copies) == pytest.approx(count, rel=0.15)
    assert np.mean(np.array(rows.copies) >= len(points)) > 0.9
    assert f"{len(rows.copies)} of {1000 + count} points are near-copies" in rows.warnings()[0]
    # Each copy has the index of the row that it repeats.
    same = rows.place[len(points) :] == rows.place[:count]
    assert same.mean() > 0.85


def test_several_copies_of_a_point_are_used_once():
    points = sphere(5, 300)
    noise = 1e-6 * np.random.default_rng(1).standard_normal((4, *points.shape))
    rows = select_rows(np.vstack([points, *(points + noise)]))
    # Copies of copies differ: of a few points two groups are left.
    assert 300 <= len(rows.used) <= 310
    np.testing.assert_array_equal(rows.used[:300], np.arange(300))


@pytest.mark.parametrize("name", ["twonn", "mle", "danco", "mind-ml", "gride", "ess"])
def test_an_estimate_does_not_depend_on_near_copies(name):
    points = sphere(8, 1200, ambient=40).astype(np.float32)
    copies = np.nextafter(points[:240], np.float32(np.inf))
    expected = estimators.get(name).fit(points).dimension_
    with pytest.warns(UserWarning, match=r"240 of 1440 points are near-copies of others"):
        fitted = estimators.get(name).fit(np.vstack([points, copies]))
    assert fitted.dimension_ == pytest.approx(expected, rel=1e-3)


FAR = {
    "a sensor's -9999": np.full(7, -9999.0),
    "one value": np.array([0, 0, 1e4, 0, 0, 0, 0]),
    "six radii": np.array([6.0, 0, 0, 0, 0, 0, 0]),
}


@pytest.mark.parametrize("what", FAR)
def test_a_far_row_is_named_and_not_used(what):
    points = np.insert(sphere(5, 800, ambient=7), 17, FAR[what], axis=0)
    rows = select_rows(points)
    assert rows.far == (17,)
    assert 17 not in rows.used
    assert rows.place[17] == -1
    assert "row 17 of 801 points is far from all others" in rows.warnings()[0]


def test_several_far_rows_of_different_sizes_are_all_named():
    points = np.vstack([sphere(3, 995), 1e3 * sphere(3, 3, 1), 1e7 * sphere(3, 2, 2)])
    np.testing.assert_array_equal(far_rows(points), [995, 996, 997, 998, 999])


def test_rows_are_far_only_where_they_are_few_and_beyond_a_gap():
    rng = np.random.default_rng(0)
    # A fiftieth of the rows are a part of the sample, however far it is.
    assert len(far_rows(np.vstack([sphere(3, 980), 100 + sphere(3, 20)]))) == 0
    assert len(far_rows(np.vstack([sphere(3, 999), 4.9 * sphere(3, 1)]))) == 0
    # Heavy tails: largest values are spread, none beyond a gap.
    assert len(far_rows(rng.lognormal(sigma=0.8, size=(2000, 1)) * sphere(3, 2000))) == 0


@every_neighbor_estimator
def test_no_estimate_depends_on_one_row(name):
    points = sphere(4, 600)
    bad = np.vstack([points, np.full((1, points.shape[1]), -9999.0)])
    expected = estimators.get(name).fit(points)
    with pytest.warns(UserWarning, match="row 600 of 601 points is far from all others"):
        fitted = estimators.get(name).fit(bad)
    assert fitted.dimension_ == expected.dimension_
    if fitted.dimension_pw_ is not None and len(fitted.dimension_pw_) == 601:
        assert fitted.dimension_pw_[600] == 0


def test_a_lone_point_has_dimension_zero_beside_parts_that_have_their_own():
    rng = np.random.default_rng(4)
    radius, angle = np.sqrt(rng.random(800)), 2 * np.pi * rng.random(800)
    disk = np.column_stack([3 + radius * np.cos(angle), radius * np.sin(angle)])
    stick = np.column_stack([rng.uniform(0, 2, 800), np.zeros(800)])
    points = np.vstack([disk, stick, [[5.0, 2.0]]])
    np.testing.assert_array_equal(isolated_rows(points, np.arange(1601)), [1600])
    with pytest.warns(UserWarning, match=r"row 1600 of 1601 points have no neighbours near"):
        fitted = estimators.get("mle").fit(points)
    assert fitted.dimension_pw_[1600] == 0
    assert np.median(fitted.dimension_pw_[:800]) == pytest.approx(2, abs=0.15)
    assert np.median(fitted.dimension_pw_[800:1600]) == pytest.approx(1, abs=0.15)


def test_sparse_tails_are_not_isolated():
    points = np.random.default_rng(0).standard_normal((2000, 3))
    assert len(isolated_rows(points, np.arange(2000))) == 0
