"""Columns that are no coordinates, and matrices that are no points."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from manifolds.datasets.columns import (
    identifiers,
    labels,
    matrix_of_pairs,
    no_coordinates,
    numbers_rows,
)
from manifolds.datasets.reading import read_points

RNG = np.random.default_rng(0)
REAL = RNG.random((300, 4))
ROWS = np.arange(300.0)


@pytest.mark.parametrize(
    "column",
    [
        ROWS,
        ROWS + 1,
        1000 - ROWS,
        5 * ROWS,
        0.25 * ROWS,
        RNG.permutation(300).astype(float),
        np.sort(RNG.permutation(400)[:300]).astype(float),
        100_000 + RNG.permutation(2000)[:300],
    ],
)
def test_whole_numbers_that_are_all_distinct_and_even_steps_number_rows(column):
    assert numbers_rows(column)
    assert identifiers(np.column_stack([REAL, column])) == [4]


@pytest.mark.parametrize(
    "column",
    [
        REAL[:, 0],
        RNG.integers(0, 1000, 300).astype(float),
        np.floor(RNG.lognormal(14, 1, 300)),  # inhabitants
        np.ones(300),
        1 + 1e-12 * ROWS,
        np.cumsum(REAL[:, 1]),
        ROWS // 2,
    ],
)
def test_other_numbers_do_not(column):
    assert not numbers_rows(column)


def test_ranks_of_every_column_are_no_identifiers():
    assert identifiers(np.argsort(np.argsort(REAL, axis=0), axis=0).astype(float)) == []


def test_few_whole_numbers_unlike_other_columns_are_labels():
    species = RNG.integers(0, 3, 300).astype(float)
    assert labels(np.column_stack([REAL, species])) == [4]
    assert labels(np.column_stack([species, REAL, 10 * (species > 1)])) == [0, 5]
    assert labels(REAL) == []
    assert labels(np.floor(4 * REAL)) == []  # a lattice
    assert labels(np.floor(4 * REAL), ["a", "b", "Class", "d"]) == [2]
    assert labels(np.floor(4 * REAL), ["a", "b", "cluster_id", "width"]) == [2]
    # Pixels of 8 bits beside digits; at the edges pixels are few numbers, most of them 0.
    pixels = np.floor(256 * RNG.random((1000, 30)))
    edge = 2.0 * (RNG.random(1000) > 0.99)
    assert labels(np.column_stack([RNG.integers(0, 10, 1000), pixels, edge])) == [0]
    # Whole numbers of which each occurs once or twice.
    assert labels(np.column_stack([REAL, RNG.integers(0, 90, 300)])) == []


def test_a_matrix_of_distances_or_similarities_is_reported_as_one(tmp_path):
    distances = cdist(REAL, REAL)
    assert "a matrix of distances" in matrix_of_pairs(distances)
    assert "a matrix of similarities" in matrix_of_pairs(np.exp(-(distances**2)))
    square = RNG.random((300, 300))
    for other in (REAL, square, square + square.T, square - square.T, distances[:, ::-1]):
        assert matrix_of_pairs(other) == ""
    np.save(tmp_path / "d.npy", distances)
    for how in ({}, {"rows": 100}, {"standardize": True}):
        notes = read_points(tmp_path / "d.npy", **how).notes
        assert "looks like a matrix of distances" in notes[0]


@pytest.mark.parametrize("name", ["user_id", "ID", "id", "patient id", "userId", "index", "Index"])
def test_a_column_with_the_name_of_an_identifier_is_reported_whatever_it_holds(name):
    for column in (ROWS // 2, REAL[:, 0], RNG.permutation(300) * 1.0, ROWS % 3):
        points = np.column_stack([REAL, column])
        (caveat,) = no_coordinates(points, ["a", "b", "acid", "grid", name])
        assert f"--drop {name}" in caveat
    assert no_coordinates(REAL, ["a", "b", "acid", "grid"]) == []
