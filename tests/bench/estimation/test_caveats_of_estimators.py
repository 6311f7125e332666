"""Caveats of an estimator from records of suites, of a few synthetic records."""

import math

import numpy as np
import pandas as pd
import pytest

from bench.estimation.caveats import (
    Caveat,
    caveats,
    estimator_caveats,
    load_evidence,
    median_estimate,
)
from manifolds.datasets.reading import LoadedPoints

NOTHING = "the suites have no records near n = {n}, D = {D} and dimension {d}: nothing is known "


def answer(estimate=10.0, half=None, confidence=math.nan, estimator="own"):
    half = estimate if half is None else half
    return {"estimator": estimator, "estimate": estimate, "half_estimate": half,
            "confidence": confidence}  # fmt: skip


def records_of(*rows):
    """Records (manifold, truth, estimate, D, n) of an estimator that nobody has registered."""
    columns = ["manifold", "truth", "estimate", "ambient", "n"]
    return pd.DataFrame(rows, columns=columns).assign(estimator="own")


def texts(answers, records, shape=(1000, 100)):
    answers = answers if isinstance(answers, list) else [answers]
    return [(c.estimator, c.text) for c in estimator_caveats(shape, pd.DataFrame(answers), records)]


RIGHT = ("right", 10.0, 10.0, 100, 1000)


def test_the_worst_record_is_named_with_how_many_are_off():
    records = records_of(
        RIGHT, ("low", 8.0, 6.0, 100, 1000), ("high", 10.0, 13.0, 200, 2000),
        ("bit", 10.0, 11.4, 100, 1000),
    )  # fmt: skip
    assert texts(answer(), records) == [
        (
            "own",
            "off by more than 15 % on 2 of 4 samples or parts of unions of similar dimension, D "
            "and n in the suites, most on high (13.00 of 10, n = 2000)",
        )
    ]


@pytest.mark.parametrize(
    ("estimate", "expected"), [(11.4, False), (11.6, True), (8.6, False), (8.4, True)]
)
def test_an_estimate_is_wrong_from_15_percent_on_to_either_side(estimate, expected):
    assert bool(texts(answer(), records_of(("m", 10.0, estimate, 100, 1000)))) == expected


@pytest.mark.parametrize(
    ("truth", "ambient", "n", "like"),
    [
        (5.0, 100, 1000, True),
        (4.9, 100, 1000, False),
        (20.0, 100, 1000, True),
        (20.1, 100, 1000, False),
        (10.0, 12.5, 1000, True),
        (10.0, 12, 1000, False),
        (10.0, 800, 1000, True),
        (10.0, 801, 1000, False),
        (10.0, 100, 125, True),
        (10.0, 100, 124, False),
        (10.0, 100, 8000, True),
        (10.0, 100, 8001, False),
    ],
)
def test_records_count_within_a_factor_of_dimension_ambient_dimension_and_n(
    truth, ambient, n, like
):
    notes = texts(answer(), records_of(("m", truth, 3 * truth, ambient, n)))
    assert notes[0][0] == ("own" if like else "")
    assert len(notes) == 1
    if not like:
        assert notes[0][1].startswith(NOTHING.format(n=1000, D=100, d="10.0"))


def test_records_of_other_estimators_say_nothing_of_this_one():
    records = records_of(("m", 10.0, 30.0, 100, 1000)).assign(estimator="another")
    assert texts(answer(), records) == []


def test_the_dimension_that_counts_is_the_median_of_the_estimates():
    rows = [answer(2.0, estimator="a"), answer(10.0), answer(300.0, estimator="b")]
    assert median_estimate(pd.DataFrame(rows)) == 10
    assert [name for name, _ in texts(rows, records_of(("m", 10.0, 30.0, 100, 1000)))] == ["own"]
    assert math.isnan(median_estimate(pd.DataFrame([answer(math.nan)])))


@pytest.mark.parametrize(
    ("estimate", "half", "expected"),
    [(10.9, 10.0, False), (11.1, 10.0, True), (9.1, 10.0, False), (8.9, 10.0, True)],
)
def test_an_estimate_that_changes_by_a_tenth_from_half_to_all_is_not_settled(
    estimate, half, expected
):
    notes = texts(answer(estimate, half), records_of(RIGHT))
    whole = f"still changes with n: 10.00 on half of the points, {estimate:.2f} on all"
    assert notes == ([("own", whole)] if expected else [])


@pytest.mark.parametrize(
    ("confidence", "expected"), [(0.29, True), (0.3, False), (math.nan, False)]
)
def test_a_confidence_below_that_of_a_sure_point_is_reported(confidence, expected):
    notes = texts(answer(confidence=confidence), records_of(RIGHT))
    assert notes == ([("own", f"its own confidence is low ({confidence:.2f})")] if expected else [])


def test_an_estimator_without_an_estimate_has_no_caveats_nor_do_the_suites():
    assert texts(answer(math.nan), records_of(("m", 10.0, 30.0, 100, 1000))) == []
    rows = [answer(math.nan), answer(10.0, estimator="another")]
    assert texts(rows, records_of(("m", 10.0, 30.0, 100, 1000))) == []


def test_a_registered_estimator_s_weakness_is_the_reason_and_its_caveats_come_in_order():
    records = records_of(("m", 10.0, 30.0, 100, 1000)).assign(estimator="mle")
    notes = texts(answer(10.0, 5.0, 0.1, "mle"), records)
    assert [name for name, _ in notes] == ["mle"] * 3
    assert notes[0][1].startswith("still changes")
    assert notes[1][1].startswith("its own confidence")
    assert "most on m (30.00 of 10, n = 1000); " in notes[2][1]
    assert len(notes[2][1].partition("); ")[2]) > 20


def test_notes_of_the_file_come_first_then_points_then_estimators():
    points = np.random.default_rng(0).random((5000, 20))
    points[:, 3] = 1.0
    notes = caveats(
        LoadedPoints(points, (20,), notes=("a header was left out",)),
        pd.DataFrame([answer(2.0, 1.0)]),
        records_of(("m", 2.0, 2.0, 20, 5000)),
    )
    assert notes[0] == Caveat("a header was left out")
    # Of the points: a constant column.
    assert [caveat.estimator for caveat in notes[1:-1]] == [""] * (len(notes) - 2) != []
    assert notes[-1].estimator == "own"


def test_evidence_has_rows_of_known_truth_with_the_name_of_their_suite(tmp_path):
    table = records_of(
        RIGHT, ("photos", np.nan, 3.0, 100, 1000), ("failed", 3.0, np.nan, 100, 1000)
    )
    table.to_csv(tmp_path / "accuracy.csv")
    evidence = load_evidence([tmp_path])
    assert {"euclidean", "images", "sample-size", "accuracy"} == set(evidence["suite"])
    own = evidence[evidence["suite"] == "accuracy"]
    assert list(own["manifold"]) == ["right"]
    assert len(load_evidence()) == len(evidence) - 1


@pytest.mark.parametrize(
    "content",
    ["", "a,b\n1,2\n", "manifold,estimator,truth,estimate,ambient,n,groups\na,b,1,1,2,9,[\n"],
)
def test_what_is_no_accuracy_table_is_refused_by_its_path(tmp_path, content):
    (tmp_path / "accuracy.csv").write_text(content)
    with pytest.raises(ValueError, match=r"accuracy\.csv is no accuracy table of a run: "):
        load_evidence([tmp_path])


@pytest.mark.parametrize("column", ["truth", "estimate", "ambient", "n"])
def test_text_in_a_column_of_numbers_is_refused_by_file_and_column(tmp_path, column):
    table = pd.concat([records_of(RIGHT), records_of(RIGHT).astype(object).assign(**{column: "x"})])
    table.to_csv(tmp_path / "accuracy.csv")
    with pytest.raises(
        ValueError, match=rf"accuracy\.csv is no accuracy table of a run: column '{column}' must be"
    ):
        load_evidence([tmp_path])


def test_text_in_a_part_of_a_union_is_refused_by_file_and_column(tmp_path):
    groups = '[{"truth": 3, "estimate": [1]}]'
    records_of(RIGHT).assign(groups=groups).to_csv(tmp_path / "accuracy.csv")
    with pytest.raises(ValueError, match=r"accuracy\.csv is no .* column 'estimate' must be"):
        load_evidence([tmp_path])


@pytest.mark.parametrize("wrong", [0.0, -1.0, math.inf])
@pytest.mark.parametrize("column", ["truth", "estimate", "ambient", "n"])
def test_rows_without_a_relative_error_do_not_count(tmp_path, column, wrong):
    table = pd.concat(
        [records_of(RIGHT), records_of(RIGHT).assign(**{column: wrong, "manifold": "wrong"})]
    )
    table.to_csv(tmp_path / "accuracy.csv")
    evidence = load_evidence([tmp_path])
    assert list(evidence.loc[evidence["suite"] == "accuracy", "manifold"]) == ["right"]
