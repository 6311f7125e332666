from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from bench.summary.ranking import rank
from bench.summary.statistics import mean_interval
from bench.summary.summarise import by_level, summarise, truth_levels


def cell(summary: pd.DataFrame, manifold: str, estimator: str) -> pd.Series:
    chosen = (summary["manifold"] == manifold) & (summary["estimator"] == estimator)
    (row,) = (row for _, row in summary[chosen].iterrows())
    return row


def test_interval_of_one_value_is_unknown_not_zero():
    mean, sd, half_width = mean_interval([9.5])
    assert mean == 9.5
    assert math.isnan(sd)
    assert math.isnan(half_width)
    assert all(math.isnan(number) for number in mean_interval([]))


def test_unknown_truth_gives_no_error(make_records):
    records = make_records(("torus",), ("mle-5",))
    records[["truth", "error"]] = np.nan
    records["groups"] = "[]"
    summary = summarise(records)
    row = cell(summary, "torus", "mle-5")
    assert row["estimate"] > 0
    assert math.isnan(row["mean_relative_error"])
    assert pd.isna(row["exact"])
    assert truth_levels(summary) == {"torus": ()}
    assert by_level(summary).empty
    assert math.isnan(rank(summary)["ranking_error"].iloc[0])


def test_missing_numbers_of_crashed_cells_do_no_harm(make_records):
    records = make_records(("torus",), ("mle-5",), seeds=2)
    records["ambient"] = pd.array([pd.NA, 100], dtype="Int64")
    records["points_used"] = pd.array([pd.NA, 10_000], dtype="Int64")
    records["threads"] = pd.array([pd.NA, 2], dtype="Int64")
    records.loc[0, ["fit_seconds", "peak_memory_mib", "truth", "estimate", "error"]] = np.nan
    records.loc[0, "status"] = "crashed"
    row = cell(summarise(records), "torus", "mle-5")
    assert (row["ambient"], row["points_used"], row["threads"]) == (100, 10_000, 2)
    assert row["failure"] == "crashed"
    assert row["core_seconds"] == pytest.approx(2 * records.loc[1, "fit_seconds"])


def test_rank_counts_failures_and_says_so(records):
    standings = rank(summarise(records)).set_index("estimator")
    assert standings.index[0] == "score-svd"
    assert standings.index[-1] == "ppca"
    ph = standings.loc["ph"]
    assert (ph["scored"], ph["failed"], ph["manifolds"], ph["seeds_failed"]) == (9, 2, 11, 2)
    assert ph["ranking_error"] == pytest.approx((9 * ph["mean_relative_error"] + 2) / 11)
    knn = standings.loc["knn"]
    assert (knn["scored"], knn["failed"], knn["seeds_failed"]) == (11, 0, 1)
    assert knn["ranking_error"] > knn["mean_relative_error"]
    assert standings.loc["ess", "not_applicable"] == 1
    assert standings.loc["fishers", "not_run"] == 1
    assert standings.loc["score-svd", ["exact", "within_half"]].tolist() == [11, 11]


def test_rank_does_not_depend_on_the_order_of_records(records):
    shuffled = records.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(rank(summarise(records)), rank(summarise(shuffled)))


def test_ties_go_by_label(make_records):
    records = make_records(("10-sphere",), ("ppca", "lpca-global"))
    assert list(rank(summarise(records))["estimator"]) == ["lpca-global", "ppca"]


def test_no_records_give_empty_tables(make_records):
    summary = summarise(make_records().iloc[:0])
    assert summary.empty
    assert rank(summary).empty
    assert by_level(summary).empty
