"""Every number of a summary, calculated by hand, on a few records that no two columns share."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from bench.summary.columns import COLUMNS
from bench.summary.statistics import groups_of, mean_interval
from bench.summary.summarise import by_level, summarise, truth_levels

# t(0.975) of 1 and 2 degrees of freedom.
T1, T2 = 12.706205, 4.302653


def union(ten, thirty, weight=0.5):
    return json.dumps(
        [
            {"truth": 10, "weight": weight, "estimate": ten},
            {"truth": 30, "weight": 1 - weight, "estimate": thirty},
        ]
    )


def record(manifold="union", estimator="mle", seed=0, **more):
    fields = {
        "manifold": manifold, "estimator": estimator, "seed": seed, "family": "neighbours",
        "status": "ok", "message": "", "device": "cpu", "groups": "[]", "estimate": 14.0,
        "truth": 20.0, "error": 3.0, "ambient": 100, "n": 1000, "points_used": 900,
        "points_read": 800, "fit_seconds": 1.0, "shared_seconds": 0.5, "sample_seconds": 0.1,
        "peak_memory_mib": 50.0, "threads": 2,
    }  # fmt: skip
    return {**fields, **more}


def summary(*rows):
    return summarise(pd.DataFrame(rows))


def one(*rows):
    (row,) = summary(*rows).to_dict("records")
    return row


@pytest.fixture(scope="module")
def seeds():
    """The summary of three seeds that are ok, one that failed and one that was not applicable."""
    return one(
        record(seed=0, groups=union(10.0, 28.0), estimate=14.0, truth=20.0, error=1.0),
        record(seed=1, groups=union(10.0, 31.0, 0.25), estimate=16.0, truth=25.0, error=2.0,
               ambient=90, points_used=700, points_read=600, fit_seconds=4.0, shared_seconds=2.0,
               sample_seconds=0.4, peak_memory_mib=80.0, threads=3, device="cuda"),
        record(seed=2, groups=union(10.0, 31.0), estimate=18.0, truth=20.0, error=6.0,
               fit_seconds=9.0, shared_seconds=7.0, sample_seconds=0.2),
        record(seed=3, status="timeout", message=" took\n 3 s ", estimate=None, truth=35.0,
               error=None, points_used=100, points_read=10, fit_seconds=100.0,
               shared_seconds=50.0, sample_seconds=0.9, peak_memory_mib=500.0, threads=1),
        record(seed=4, status="not applicable", message="n/a", estimate=None, truth=20.0,
               error=None, fit_seconds=None, shared_seconds=None, sample_seconds=None),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("manifold", "union"),
        ("estimator", "mle"),
        ("family", "neighbours"),
        # Of all seeds, for the truth is known where an estimator failed.
        ("truth", 24.0),
        ("estimate", 16.0),
        ("sd", 2.0),
        ("half_width", T2 * 2 / math.sqrt(3)),
        ("mean_absolute_error", 3.0),
        ("mean_relative_error", 3 / 24),
        ("exact", False),
        ("status", "partial"),
        ("seeds_planned", 5),
        ("seeds_ok", 3),
        ("seeds_failed", 1),
        ("failure", "timeout: took 3 s"),
        ("ambient", 90),
        ("n", 1000),
        # The least of the seeds that are ok.
        ("points_used", 700),
        ("points_read", 600),
        ("fit_seconds", 4.0),
        ("shared_seconds", 2.0),
        # The median of those that were sampled.
        ("sample_seconds", 0.3),
        # Seconds times threads of all that were timed, the failed one too.
        ("core_seconds", 1 * 2 + 4 * 3 + 9 * 2 + 100 * 1),
        ("shared_core_seconds", 0.5 * 2 + 2 * 3 + 7 * 2 + 50 * 1),
        ("peak_memory_mib", 500.0),
        ("threads", 1),
        ("device", "cpu, cuda"),
    ],
)
def test_each_column_over_the_seeds(seeds, column, value):
    expected = pytest.approx(value, rel=1e-6) if isinstance(value, float) else value
    assert seeds[column] == expected


def test_all_columns_are_there_and_of_their_types():
    row = summary(record())
    assert list(row.columns) == list(COLUMNS)
    for name, column in COLUMNS.items():
        assert row[name].dtype == pd.Series([], dtype=column.dtype).dtype


def test_parts_of_a_union_have_means_and_intervals_of_their_own(seeds):
    ten, thirty = json.loads(seeds["groups"])
    # Equal numbers have no spread at all.
    assert (ten["truth"], ten["estimate"], ten["sd"], ten["half_width"]) == (10, 10.0, 0.0, 0.0)
    assert (ten["seeds"], thirty["seeds"]) == (3, 3)
    assert ten["weight"] == pytest.approx((0.5 + 0.25 + 0.5) / 3)
    assert thirty["weight"] == pytest.approx((0.5 + 0.75 + 0.5) / 3)
    assert thirty["estimate"] == pytest.approx(30)
    assert thirty["sd"] == pytest.approx(math.sqrt(3))
    assert thirty["half_width"] == pytest.approx(T2, rel=1e-6)


def test_parts_come_in_the_order_of_their_dimension_with_those_seeds_that_have_them():
    wrong_order = json.dumps(json.loads(union(11.0, 29.0))[::-1])
    alone = json.dumps([{"truth": 30, "weight": 1.0, "estimate": 27.0}])
    row = one(record(groups=wrong_order), record(seed=1, groups=alone))
    ten, thirty = json.loads(row["groups"])
    assert (ten["truth"], ten["seeds"], ten["half_width"], ten["sd"]) == (10, 1, None, None)
    assert (thirty["truth"], thirty["seeds"], thirty["estimate"]) == (30, 2, 28.0)
    assert thirty["half_width"] == pytest.approx(T1 * math.sqrt(2) / math.sqrt(2), rel=1e-6)


def test_a_mean_truth_of_unequal_parts_is_their_mean_and_not_the_largest():
    row = one(record(truth=15.0, groups=union(10.0, 30.0, 0.75)))
    assert row["truth"] == 15.0
    assert truth_levels(summary(record(truth=15.0, groups=union(10.0, 30.0, 0.75)))) == {
        "union": (10, 30)
    }


@pytest.mark.parametrize(
    ("estimates", "truth", "exact"),
    [
        ((9.5, 10.49), 10.0, True),  # rounded half up
        ((9.49, 10.0), 10.0, False),
        ((10.0, 10.5), 10.0, False),
        ((10.0, None), 10.0, False),
        ((10.0, 10.0), None, None),
        ((2.5,), 3.0, True),
        ((3.5,), 3.0, False),
    ],
)
def test_exact_are_those_of_which_every_seed_is_ok_and_rounds_to_the_truth(estimates, truth, exact):
    row = one(
        *(
            record(seed=seed, estimate=estimate, truth=truth,
                   status="failed" if estimate is None else "ok")
            for seed, estimate in enumerate(estimates)
        )
    )  # fmt: skip
    assert (None if pd.isna(row["exact"]) else row["exact"]) is exact


def test_a_union_is_exact_where_each_part_is():
    assert one(record(groups=union(10.2, 29.6)))["exact"] is True
    assert one(record(groups=union(10.2, 29.4)))["exact"] is False
    assert one(record(groups=union(9.4, 30.0)))["exact"] is False


@pytest.mark.parametrize(
    ("statuses", "status", "failure"),
    [
        (("ok", "ok"), "ok", ""),
        (("ok", "failed"), "partial", "why"),
        (("ok", "not applicable"), "ok", ""),
        (("failed", "crashed"), "failed", "why"),
        (("crashed", "failed"), "failed", "crashed: why"),
        (("not applicable", "memory"), "failed", "memory: why"),
        (("not applicable", "not applicable"), "not applicable", ""),
    ],
)
def test_the_status_of_several_seeds(statuses, status, failure):
    row = one(*(record(seed=seed, status=of, message="why") for seed, of in enumerate(statuses)))
    assert (row["status"], row["failure"]) == (status, failure)


def test_a_failure_without_words_is_its_kind():
    for message in ("", None):
        row = one(record(status="crashed", message=message, estimate=None))
        assert row["failure"] == "crashed"


def test_where_every_seed_failed_there_is_no_number_but_of_the_points():
    row = one(
        record(status="failed", estimate=None, error=None, points_used=300, fit_seconds=None),
        record(seed=1, status="failed", estimate=None, error=None, points_used=200),
    )
    for name in ("estimate", "sd", "half_width", "mean_absolute_error", "fit_seconds"):
        assert math.isnan(row[name]), name
    assert (row["points_used"], row["groups"], row["seeds_ok"]) == (200, "[]", 0)


def test_unknown_truth_and_a_truth_of_zero_have_no_relative_error():
    assert math.isnan(one(record(truth=None, error=None))["mean_relative_error"])
    assert math.isnan(one(record(truth=0.0))["mean_relative_error"])
    assert one(record(truth=0.5, error=0.25))["mean_relative_error"] == 0.5


def test_times_that_no_record_has_are_unknown():
    rows = pd.DataFrame([record()]).drop(columns="shared_seconds")
    (row,) = summarise(rows).to_dict("records")
    assert math.isnan(row["shared_seconds"])
    assert math.isnan(row["shared_core_seconds"])
    assert row["core_seconds"] == 2


def test_pairs_come_in_the_order_of_the_records_and_do_not_mix():
    row = summary(
        record("b", "twonn", estimate=1.0), record("a", "mle", estimate=2.0),
        record("b", "mle", estimate=3.0), record("b", "twonn", seed=1, estimate=5.0),
    )  # fmt: skip
    assert list(zip(row["manifold"], row["estimator"], row["estimate"], strict=True)) == [
        ("b", "twonn", 3.0),
        ("a", "mle", 2.0),
        ("b", "mle", 3.0),
    ]


def test_a_repeated_seed_is_refused_by_name():
    with pytest.raises(
        ValueError,
        match="records hold more than one cell of mle on b with seed 4; summarise one plan",
    ):
        summary(record("a", seed=4), record("b", seed=4), record("b", seed=4))


def test_groups_are_those_of_the_record_or_the_whole_sample():
    rows = pd.DataFrame(
        [record(groups=union(9.0, 28.0)), record(estimate=7.0), record(groups="", truth=None)]
    )
    parts, whole, unknown = groups_of(rows)
    assert [part["estimate"] for part in parts] == [9.0, 28.0]
    assert whole == [{"truth": 20.0, "weight": 1.0, "estimate": 7.0}]
    assert unknown == [{"truth": None, "weight": 1.0, "estimate": 14.0}]


def test_levels_are_those_of_all_estimators_or_the_mean_where_all_failed():
    rows = summary(
        record("union", "mle", groups=union(9.0, 28.0)),
        record("union", "ph", status="failed", estimate=None, truth=None),
        record("lost", "ph", status="failed", estimate=None, truth=3.0),
        record("photos", "mle", truth=None),
    )
    assert truth_levels(rows) == {"union": (10, 30), "lost": (3.0,), "photos": ()}
    levels = by_level(rows)
    assert list(zip(levels["manifold"], levels["estimator"], levels["truth"], strict=True)) == [
        ("union", "mle", 10), ("union", "mle", 30), ("union", "ph", 10), ("union", "ph", 30),
        ("lost", "ph", 3),
    ]  # fmt: skip
    first, second, *failed = levels.to_dict("records")
    assert (first["estimate"], first["signed_error"]) == (9.0, pytest.approx(-0.1))
    assert (second["estimate"], second["signed_error"]) == (28.0, pytest.approx(-2 / 30))
    assert math.isnan(first["half_width"])
    assert (first["family"], first["status"]) == ("neighbours", "ok")
    for row in failed:
        assert math.isnan(row["estimate"])
        assert math.isnan(row["signed_error"])
        assert row["status"] == "failed"


def test_levels_have_the_half_width_over_seeds_and_no_error_at_zero():
    rows = by_level(
        summary(record(estimate=9.0, truth=0.0), record(seed=1, estimate=11.0, truth=0.0))
    )
    (row,) = rows.to_dict("records")
    assert row["half_width"] == pytest.approx(T1 * math.sqrt(2) / math.sqrt(2), rel=1e-6)
    assert math.isnan(row["signed_error"])


def test_a_level_of_dimension_one_has_a_signed_error():
    (row,) = by_level(summary(record(estimate=1.5, truth=1.0))).to_dict("records")
    assert row["signed_error"] == pytest.approx(0.5)


@pytest.mark.parametrize("value", [10.0, 0.1, 1 / 3])
def test_equal_values_have_no_spread_to_the_last_digit(value):
    assert mean_interval([value] * 3) == (value, 0.0, 0.0)


def test_an_interval_of_the_mean_holds_it_in_95_percent_of_cases():
    rng = np.random.default_rng(0)
    inside = 0
    for values in rng.standard_normal((2000, 3)):
        mean, _, half_width = mean_interval(values)
        inside += abs(mean) < half_width
    assert abs(inside / 2000 - 0.95) < 3 * math.sqrt(0.95 * 0.05 / 2000)
