"""Properties that make distances meaningless are reported, in any dimension."""

import numpy as np
import pytest
from surfaces import every_neighbor_estimator, sphere

import estimators
from estimators.diagnosis import diagnose, few_values
from estimators.rows import select_rows


def diagnosis(points):
    rows = select_rows(points)
    return diagnose(points[rows.used], rows)


@pytest.mark.parametrize("dimension", [1, 2, 10, 60])
@pytest.mark.parametrize("n", [60, 1000])
def test_an_ordinary_sample_has_no_warning(dimension, n):
    messages = diagnosis(sphere(dimension, n))
    assert messages.warnings() == []
    assert messages.coarse_message() == ""
    assert messages.ties < 0.1
    assert messages.ordered < 0.3


def ring(n):
    angle = 2 * np.pi * np.arange(n) / n
    return np.random.default_rng(0).permutation(np.column_stack([np.cos(angle), np.sin(angle)]))


LATTICES = {
    "ring": ring(500),
    "ring in single precision": ring(500).astype(np.float32).astype(float),
    "few points of a ring": ring(110),
    "grid": np.stack(np.meshgrid(*[np.arange(10.0)] * 3), -1).reshape(-1, 3),
    "one-hot": np.eye(110),
}


@pytest.mark.parametrize("what", LATTICES)
@pytest.mark.parametrize("name", ["twonn", "mle", "mada", "gride", "mind-ml", "mom", "tle"])
def test_estimators_of_distances_refuse_points_whose_neighbours_tie(what, name):
    with (
        pytest.raises(ValueError, match=r"the two nearest neighbours of \d+% .* at the same"),
        pytest.warns(UserWarning, match="lattice, or at even steps"),
    ):
        estimators.get(name).fit(LATTICES[what])


@pytest.mark.parametrize("name", ["lpca-local", "ess"])
def test_others_estimate_such_points_with_a_warning(name):
    with pytest.warns(UserWarning, match="lattice, or at even steps"):
        fitted = estimators.get(name, neighbors=10).fit(ring(500))
    assert fitted.dimension_ == pytest.approx(1, abs=0.05)


def test_consecutive_rows_are_reported():
    time = np.arange(1500) * 0.01
    walk = np.column_stack([np.cos(time), np.sin(time), np.cos(np.sqrt(2) * time)])
    with pytest.warns(UserWarning, match=r"of \d+% of the points is the row before or after"):
        estimators.get("lpca-local").fit(walk)
    shuffled = np.random.default_rng(0).permutation(walk)
    assert diagnosis(shuffled).sequence_message == ""


@every_neighbor_estimator
@pytest.mark.filterwarnings("ignore:.* the row before or after")
@pytest.mark.filterwarnings("ignore:.* lattice, or at even steps")
def test_a_curve_sampled_evenly_gives_a_dimension_that_can_be_or_the_reason(name):
    time = np.arange(600) * 0.01
    walk = np.column_stack([np.cos(time), np.sin(time), np.cos(np.sqrt(2) * time)])
    try:
        dimension = estimators.get(name).fit(walk).dimension_
    except ValueError as error:
        assert "the row before or after" in str(error)  # noqa: PT017
    else:
        assert 0 < dimension <= 3


def test_columns_of_few_values_are_counted_by_column_and_named():
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.random((900, 3)), rng.integers(0, 10, 900), np.ones(900)])
    messages = diagnosis(points)
    assert messages.coarse_columns == ((3, 10),)
    assert messages.coarse_message() == (
        "column 3 takes few values (at most 10): distances below the step between them say nothing"
    )
    assert "column 'age' takes" in messages.coarse_message(["x", "y", "z", "age", "one"])
    with pytest.warns(UserWarning, match="MLE: column 3 takes few values"):
        estimators.get("mle").fit(points)


def test_rounding_is_that_of_differences_in_nearest_distances():
    rng = np.random.default_rng(0)
    coarse_columns, rounding = few_values(np.round(rng.random((900, 6)), 1), nearest=0.05)
    assert [columns for columns, _ in coarse_columns] == list(range(6))
    assert [count for _, count in coarse_columns] == [11] * 6
    assert rounding == pytest.approx(np.sqrt(6 * 0.1**2 / 6) / 0.05)


def test_grey_values_that_are_fine_for_their_distances_are_no_warning():
    pixels = np.random.default_rng(0).integers(0, 256, (900, 30)) / 255
    messages = diagnosis(pixels)
    assert messages.coarse_message().startswith("all 30 columns take few values")
    assert messages.warnings() == []
