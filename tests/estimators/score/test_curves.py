import numpy as np
import pytest

from estimators.score.curves import find_plateau

TRUSTED = np.ones(7, dtype=bool)


def test_the_estimate_is_where_the_curve_is_flattest():
    curve = np.array([8.0, 6.0, 5.1, 5.0, 4.95, 4.0, 2.0])[:, None]
    plateau = find_plateau(curve, TRUSTED)
    assert plateau.dimension.tolist() == [5.0]
    assert plateau.level.tolist() == [3]
    assert plateau.confidence == pytest.approx(1 - 0.15 / np.mean([5.1, 5.0, 4.95]))


def test_each_point_has_a_plateau_of_its_own():
    rise = np.array([1.0, 1.0, 1.0, 2.0, 4.0, 7.0, 9.0])
    plateau = find_plateau(np.column_stack([rise, 10 - rise[::-1]]), TRUSTED)
    assert plateau.dimension.tolist() == [1.0, 9.0]
    assert plateau.level.tolist() == [1, 5]


def test_levels_that_are_not_reliable_are_left_out():
    curve = np.array([3.0, 3.0, 3.0, 5.0, 5.1, 5.2, 6.0])[:, None]
    trusted = np.array([0, 0, 0, 1, 1, 1, 1], dtype=bool)
    plateau = find_plateau(curve, trusted)
    assert plateau.dimension == pytest.approx([5.1])
    assert plateau.level.tolist() == [4]


@pytest.mark.parametrize("count", [1, 2])
def test_few_levels_are_all_there_is(count):
    trusted = np.arange(7) < count
    plateau = find_plateau(np.full((7, 2), 4.0), trusted)
    assert plateau.dimension.tolist() == [4.0, 4.0]
    assert plateau.confidence.tolist() == [1.0, 1.0]


def test_a_curve_that_is_flat_nowhere_is_of_low_confidence():
    assert (
        find_plateau(np.array([1.0, 3, 9, 27, 81, 243, 729])[:, None], TRUSTED).confidence[0] < 0.3
    )
