"""From records to estimates: numbers calculated by hand."""

import json
import math
import warnings

import numpy as np
import pandas as pd
import pytest

from bench.estimation.estimates import COLUMNS, INTERVALS, as_json, estimate_table


def only(records, folder=None):
    (row,) = estimate_table(records, folder).to_dict("records")
    return row


def test_the_interval_is_student_s_for_another_sample_around_the_estimate_on_all(make_records):
    row = only(make_records(5.0, [4.0, 6.0, 5.0, 5.0]))
    # t(0.975, 3 degrees of freedom) = 3.182446; two samples differ by the root of 2 as much as one.
    reach = 3.182446 * math.sqrt(2) * np.std(np.log([4, 6, 5, 5]), ddof=1)
    assert row["estimate"] == 5.0
    assert row["low"] == pytest.approx(5 * math.exp(-reach), rel=1e-6)
    assert row["high"] == pytest.approx(5 * math.exp(reach), rel=1e-6)
    assert row["half_estimate"] == pytest.approx(600 ** (1 / 4))
    assert row["interval"] == "4 halves"
    assert (row["status"], row["message"], row["seconds"]) == ("ok", "", 1.5)
    assert row["family"] == "neighbours"


def test_an_interval_does_not_go_above_the_ambient_dimension(make_records):
    row = only(make_records(9.0, [7.0, 12.0], ambient=12))
    assert row["high"] == 12
    assert row["low"] < 1


def test_an_interval_has_no_other_end_where_the_ambient_dimension_is_unknown(make_records):
    row = only(make_records(9.0, [7.0, 12.0]).drop(columns="ambient"))
    assert row["high"] == pytest.approx(81 / row["low"])
    assert row["high"] > 100


def test_halves_with_equal_estimates_are_shown_and_give_no_interval(make_records):
    row = only(make_records(10.0, [12.0] * 10))
    assert math.isnan(row["low"])
    assert math.isnan(row["high"])
    assert row["interval"] == "10 halves, all 12"
    assert row["half_estimate"] == pytest.approx(12)
    assert only(make_records(2.5, [2.25, 2.25]))["interval"] == "2 halves, all 2.25"
    # One of three that reads another number is an interval.
    assert only(make_records(10.0, [10.0, 10.0, 11.0]))["high"] > 11


def test_a_single_half_makes_no_interval(make_records):
    row = only(make_records(5.0, [4.0, None]))
    assert math.isnan(row["low"])
    assert row["half_estimate"] == pytest.approx(4)
    assert row["interval"] == "1 of 2 halves"


def test_without_halves_there_is_no_interval(make_records):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        row = only(make_records(5.0, []))
    assert (row["estimate"], row["interval"]) == (5.0, "")
    assert all(math.isnan(row[name]) for name in ("low", "high", "half_estimate", "confidence"))


def test_halves_that_failed_are_counted_and_the_first_one_s_reason_is_given(make_records):
    row = only(make_records(5.0, [4.0, 6.0, None, None]))
    assert row["interval"] == "2 of 4 halves"
    assert row["message"] == "on a half: timeout: took 3 s"
    reach = 12.706205 * math.sqrt(2) * np.std(np.log([4, 6]), ddof=1)
    assert row["high"] == pytest.approx(min(100, 5 * math.exp(reach)), rel=1e-6)
    assert row["low"] == pytest.approx(5 * math.exp(-reach), rel=1e-6)


def test_where_all_halves_failed_the_estimate_stands_alone(make_records):
    row = only(make_records(5.0, [None, None]))
    assert (row["estimate"], row["interval"]) == (5.0, "0 of 2 halves")
    assert math.isnan(row["low"])


def test_a_failed_estimate_has_only_the_estimate_of_its_halves(make_records):
    row = only(make_records(None, [4.0, 4.0]))
    assert (row["status"], row["message"], row["interval"]) == ("timeout", "took 3 s", "")
    assert all(math.isnan(row[name]) for name in ("estimate", "low", "high"))
    assert row["half_estimate"] == pytest.approx(4)


def test_points_of_one_sample_are_no_replicates_but_have_a_confidence(make_records, tmp_path):
    np.savez(
        tmp_path / "stored.npz",
        confidence=np.array([0.1, 0.4, 0.9]),
        dimension=np.array([3.0, 7.0, 9.0]),
    )
    row = only(make_records(5.0, [], arrays="stored.npz"), tmp_path)
    assert row["confidence"] == 0.4
    assert row["interval"] == ""
    assert math.isnan(row["low"])


def test_arrays_that_are_lost_or_without_confidence_leave_it_open(make_records, tmp_path):
    np.savez(tmp_path / "stored.npz", dimension=np.array([3.0]))
    for name in ("stored.npz", "absent.npz"):
        assert math.isnan(only(make_records(5.0, [], arrays=name), tmp_path)["confidence"])


def test_there_is_a_row_for_each_estimator_in_the_order_of_the_records(make_records):
    both = pd.concat([make_records(5.0, [4.0, 6.0], "twonn"), make_records(7.0, [7.0, 8.0], "mle")])
    table = estimate_table(both, None)
    assert list(table.columns) == COLUMNS
    assert list(table["estimator"]) == ["twonn", "mle"]
    assert list(table["estimate"]) == [5.0, 7.0]
    assert estimate_table(both.iloc[:0], None).empty


def test_json_has_null_for_what_is_not_there_and_six_digits(make_records):
    table = as_json(estimate_table(make_records(math.pi, []), None))
    assert json.loads(json.dumps(table)) == table
    assert table[0]["low"] is None
    assert table[0]["estimate"] == 3.141593


def test_the_intervals_are_explained_in_words():
    assert "estimate on another sample of as many points, with about 95 % probability" in INTERVALS
