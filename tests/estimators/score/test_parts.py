"""Parts of a sample that lie far apart, found without any training."""

import numpy as np
import pytest

import manifolds
from estimators.score import parts as module
from estimators.score.parts import crowded, parts_of, unit_of

AMBIENT = 20


def sphere(n, dimension, radius, place=0.0, seed=0):
    """A sphere with its centre at a distance from the origin, on a diagonal."""
    points = manifolds.get("sphere", dimension=dimension, ambient=AMBIENT, radius=radius)
    return points.sample(n, seed).points + place / np.sqrt(AMBIENT)


def sizes(points):
    found = parts_of(points)
    together = np.sort(np.concatenate([*found.learned, found.aside]))
    np.testing.assert_array_equal(together, np.arange(len(points)))
    return [len(rows) for rows in found.learned], len(found.aside)


@pytest.mark.parametrize("n", [600, 5000])
def test_parts_of_unequal_size_are_told_apart_in_any_order(n):
    count = n // 6
    points = np.vstack(
        [
            sphere(3 * count, 3, 0.02, place=50),
            sphere(2 * count, 5, 1.0, place=20),
            sphere(count, 2, 8.0),
        ]
    )
    label = np.repeat([0, 1, 2], [3 * count, 2 * count, count])
    order = np.random.default_rng(0).permutation(len(points))
    found = parts_of(points[order])
    assert [set(label[order][rows]) for rows in found.learned] == [{0}, {1}, {2}]
    assert len(found.aside) == 0
    assert [len(rows) for rows in found.learned] == [3 * count, 2 * count, count]


def test_a_small_part_inside_a_large_one_is_told_apart():
    points = np.vstack([sphere(800, 3, 0.03), sphere(1000, 4, 1.0)])
    assert sizes(points) == ([1000, 800], 0)


def test_parts_of_one_size_are_told_apart_only_where_they_lie_far_apart():
    near, far = (
        sizes(np.vstack([sphere(500, 3, 1.0, place), sphere(500, 4, 1.0)])) for place in (3, 200)
    )
    assert near == ([1000], 0)
    assert far == ([500, 500], 0)


@pytest.mark.parametrize("power", [-200, 0, 200])
def test_far_rows_are_put_aside_whatever_the_unit(power):
    points = sphere(1000, 5, 1.0)
    points[::200] = 1000 * np.random.default_rng(0).standard_normal((5, AMBIENT))
    found = parts_of(points * 10.0**power)
    assert [len(rows) for rows in found.learned] == [995]
    assert found.aside.tolist() == [0, 200, 400, 600, 800]
    assert found.warnings() == [
        "5 of 1000 points (rows 0, 200, 400, 600, 800 of those used) lie apart in groups of fewer "
        "than 100 or beyond the 12 largest: they were not read"
    ]


def test_parts_of_few_points_are_none_to_learn():
    rng = np.random.default_rng(0)
    points = np.vstack([sphere(25, 2, 0.01, seed=i) + rng.standard_normal(20) for i in range(20)])
    found = parts_of(points)
    assert sizes(points) == ([], 500)
    assert "too few to learn" in found.warnings()[0]


def test_no_more_than_the_largest_parts_are_learned(monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    points = np.vstack([sphere(100 + i, 2, 0.01, 10 * i) for i in range(4)])
    assert sizes(points) == ([103, 102], 201)


def curve(angles):
    return np.column_stack([np.cos(angles), np.sin(angles)])


WHOLE = {
    "union": manifolds.get("sphere-union", dimensions=(1, 5), ambient=30).sample(2000, 0).points,
    "nonuniform": manifolds.get("nonuniform-sphere", angle_std=0.4).sample(2000, 0).points,
    "roll": manifolds.get("swiss-roll", ambient=9).sample(500, 0).points,
    "arcs": curve(np.random.default_rng(0).uniform(0, 0.8, 1000) + np.repeat([0, 1.2], 500)),
    "few": sphere(12, 3, 1.0),
    "two": np.array([[0.0, 0.0], [1.0, 1.0]]),
    "normal": np.random.default_rng(0).standard_normal((2000, 3)) ** 3,
    "one-far-row-of-no-weight": np.vstack([sphere(1000, 2, 1.0), np.full((1, AMBIENT), 1.0)]),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_sample_that_one_frame_resolves_stays_whole(name):
    found = parts_of(WHOLE[name])
    assert [rows.tolist() for rows in found.learned] == [list(range(len(WHOLE[name])))]
    assert found.warnings() == []


def test_the_unit_is_that_of_the_principal_frame():
    import torch

    from estimators.score.frame import principal_frame

    points = WHOLE["normal"] * [1.0, 3.0, 0.1]
    assert unit_of(points) == pytest.approx(principal_frame(torch.from_numpy(points), 0.0).unit)
    assert unit_of(np.ones((5, 2))) == 0


def test_a_point_is_crowded_where_much_of_the_sample_is_nearer_than_a_distance():
    points = np.concatenate([np.arange(60) / 1000, np.arange(1, 941)])[:, None]
    query = np.array([0, 30, 559, 999])
    with pytest.warns(UserWarning, match="2 of 4 points have more than 5% of the sample nearer"):
        assert crowded(points, query, 0.5).tolist() == [True, True, False, False]
    # At 500, 50 other points are within 25.5, and 52 within 26.5.
    with pytest.warns(UserWarning, match="lowest noise level"):
        assert crowded(points, query, 26.5).tolist()[2:] == [True, False]
    assert not crowded(points, query[2:], 25.5).any()
