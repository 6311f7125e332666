"""Caveats of the points themselves, which hold for every estimator."""

import numpy as np
import pandas as pd
import pytest

from bench.estimation.caveats import caveats, load_evidence, point_caveats
from estimators.score.features import UNEVEN
from manifolds.datasets.reading import LoadedPoints


def normal(n=400, columns=4):
    return np.random.default_rng(0).standard_normal((n, columns))


def answers(*estimates):
    return pd.DataFrame({"estimate": estimates})


def texts(points, *estimates, shape=None, **more):
    notes = point_caveats(
        LoadedPoints(np.asarray(points, dtype=float), shape or points.shape[1:], **more),
        answers(*(estimates or (2.0,))),
    )
    assert {caveat.estimator for caveat in notes} <= {""}
    return [caveat.text for caveat in notes]


def test_ordinary_points_have_no_caveat():
    assert texts(normal()) == []


def test_rows_that_are_not_used_are_counted_by_name():
    points = normal()
    points[5], points[9] = points[3], 1000.0
    assert texts(points) == [
        "1 of 400 points are duplicates of others; each distinct point was used once",
        "row 9 of 400 points is far from all others (at more than 5 times the distance of any other"
        " from the middle) and not used",
    ]
    names = tuple(f"{row}.png" for row in range(400))
    assert "image 9.png of 400 points is far" in texts(points, names=names)[1]


def test_ties_sequences_and_few_values_are_detected_among_the_rows_that_are_used():
    lattice = np.stack(np.meshgrid(*[np.arange(20.0)] * 2), -1).reshape(-1, 2)
    shuffled = np.random.default_rng(0).permutation(lattice)
    # Twice each: without the duplicates the nearest neighbours are at one distance.
    notes = texts(np.concatenate([shuffled, shuffled]))
    assert notes[0].startswith("400 of 800 points are duplicates")
    assert notes[1].startswith("the two nearest neighbours of 100% of the points are at the same")
    assert notes[2].startswith("all 2 columns take few values (at most 20)")
    assert len(notes) == 3
    time = np.linspace(0, 6, 400) + 0.003 * np.random.default_rng(0).random(400)
    (notes,) = texts(np.column_stack([np.sin(time), np.cos(time)]))
    assert "is the row before or after" in notes


def test_columns_of_few_values_have_their_names():
    points = normal()
    points[:, 1] = np.round(points[:, 1])
    assert texts(points)[0].startswith("column 1 takes few values")
    assert texts(points, columns=tuple("abcd"))[0].startswith("column 'b' takes few values")


def test_constant_columns_are_counted_also_where_they_are_so_but_for_rounding():
    points = normal()
    points[:, 1], points[:, 2] = 7.0, 7.0 + 1e-10 * np.random.default_rng(1).random(400)
    assert texts(points) == ["2 of 4 columns are constant"]
    points[:, 2] = 1e-7 * points[:, 3]
    assert texts(points)[0] == "1 of 4 columns are constant"


@pytest.mark.parametrize(("factor", "expected"), [(0.99, False), (1.01, True)])
def test_columns_of_uneven_spread_are_reported_with_their_spreads(factor, expected):
    points = np.random.default_rng(0).random((400, 3))
    points = (points - points.min(axis=0)) / np.ptp(points, axis=0)
    points[:, 1] *= UNEVEN * factor
    points[:, 2] = 5.0
    notes = texts(points)
    assert notes[0] == "1 of 3 columns are constant"
    uneven = (
        "the columns vary over 1 to 1e+02: distances depend only on the largest; rescale the "
        "columns (--standardize) if their units are arbitrary"
    )
    assert notes[1:] == ([uneven] if expected else [])
    # Pixels have one unit.
    assert texts(points, shape=(1, 1, 3)) == notes[:1]


def test_the_first_column_that_counts_the_rows_has_a_caveat():
    points = normal()
    points[:, 2] = points[:, 3] = np.arange(7, 407) * 1.0
    question = "column 2{} (from 0) counts the rows: is it a coordinate?"
    assert any(text.startswith(question.format("")) for text in texts(points))
    named = texts(points, columns=tuple("abcd"))
    assert any(text.startswith("column 2 ('c') (from 0) counts the rows") for text in named)
    points[:, 2:] *= 2
    assert not any("counts" in text for text in texts(points))


@pytest.mark.parametrize(("n", "expected"), [(49, True), (50, False)])
def test_ten_points_for_each_estimated_dimension_are_enough(n, expected):
    few = (
        f"{n} points are fewer than ten for each of the 5 dimensions that are read: not enough for "
        "any of the estimators"
    )
    points = normal(n, 6)
    assert (few in texts(points, 1.0, 5.0, 9.0)) == expected
    # Those that are used count: each of them is there twice.
    assert (few in texts(np.concatenate([points, points]), 5.0)) == expected
    assert texts(points, np.nan) == []


@pytest.mark.parametrize(("high", "expected"), [(2.99, False), (3.01, True)])
def test_estimators_disagree_where_their_quartiles_are_a_half_apart(high, expected):
    notes = texts(normal(), 1.0, 2.0, 2.0, high, 30.0)
    disagree = (
        f"the estimators disagree (the middle half reads 2.0 to {high:.1f}): that is usual of data "
        "of more than one scale, or of high dimension, where distances read too little and linear "
        "spans too much"
    )
    assert notes == ([disagree] if expected else [])
    assert (disagree in texts(normal(), 1.0, 2.0, 2.0, high, 30.0, np.nan)) == expected


def test_caveats_take_distinct_points_and_all_columns_to_the_records_of_suites():
    points = np.concatenate([normal(), normal()])
    known = pd.DataFrame({"truth": [2.0], "estimate": [9.0], "ambient": [4 * 8], "n": [400 * 8],
                          "manifold": ["m"], "estimator": ["own"]})  # fmt: skip
    rows = pd.DataFrame({"estimator": ["own"], "estimate": [2.0], "half_estimate": [np.nan],
                         "confidence": [np.nan]})  # fmt: skip

    def last(**more):
        return caveats(LoadedPoints(points, (4,)), rows, known.assign(**more))[-1]

    assert last().estimator == "own"
    nowhere = "the suites have no records near n = 400, D = 4 and dimension 2.0: nothing is known"
    for more in ({"n": [400 * 8 + 1]}, {"ambient": [33]}):
        assert last(**more).estimator == ""
        assert last(**more).text.startswith(nowhere)


def test_evidence_of_unions_is_a_row_a_level_and_of_others_the_row_itself(tmp_path):
    columns = ["manifold", "estimator", "truth", "estimate", "ambient", "n", "groups"]
    levels = (
        '[{"truth": 1, "estimate": 1.5, "weight": 0.5}, {"truth": 3, "estimate": 2.5, "weight": 1}]'
    )
    pd.DataFrame(
        [("union", "a", 2.0, 2.0, 9, 100, levels), ("none", "a", 4.0, 5.0, 9, 100, "[]"),
         ("old", "a", 6.0, 7.0, 9, 100, None),
         ("unknown", "a", np.nan, 7.0, 9, 100, '[{"truth": null, "estimate": 7.0}]')],
        columns=columns,
    ).to_csv(tmp_path / "accuracy.csv")  # fmt: skip
    evidence = load_evidence([tmp_path])
    own = evidence[evidence["suite"] == "accuracy"]
    assert own[["manifold", "truth", "estimate", "ambient", "n"]].values.tolist() == [
        ["union", 1.0, 1.5, 9, 100], ["union", 3.0, 2.5, 9, 100], ["none", 4.0, 5.0, 9, 100],
        ["old", 6.0, 7.0, 9, 100],
    ]  # fmt: skip
    assert list(evidence.columns) == [*columns[:-1], "suite"]
    assert list(evidence.index) == list(range(len(evidence)))
