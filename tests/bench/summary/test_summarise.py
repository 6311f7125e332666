from __future__ import annotations

import json
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


def test_interval_is_students_for_three_values():
    # t(0.975, 2 degrees of freedom) = 4.302653, sd of 9, 10, 11 is 1
    assert mean_interval([9.0, 10.0, 11.0]) == pytest.approx((10, 1, 4.302653 / math.sqrt(3)))


def test_interval_of_one_value_is_unknown_not_zero():
    mean, sd, half_width = mean_interval([9.5])
    assert mean == 9.5
    assert math.isnan(sd)
    assert math.isnan(half_width)
    assert all(math.isnan(number) for number in mean_interval([]))


def test_summary_is_the_mean_over_seeds(make_records):
    records = make_records(("10-sphere",), ("mle-5",))
    records["estimate"] = [9.0, 10.0, 11.5]
    records["error"] = [1.0, 0.0, 1.5]
    records["fit_seconds"] = [1.0, 5.0, 2.0]
    records["threads"] = [1, 2, 1]
    records["groups"] = "[]"
    row = cell(summarise(records), "10-sphere", "mle-5")
    assert row["estimate"] == pytest.approx(30.5 / 3)
    assert row["sd"] == pytest.approx(
        math.sqrt(((3.5 / 3) ** 2 + (0.5 / 3) ** 2 + (4 / 3) ** 2) / 2)
    )
    assert row["half_width"] == pytest.approx(4.302653 * row["sd"] / math.sqrt(3))
    assert row["mean_absolute_error"] == pytest.approx(2.5 / 3)
    assert row["mean_relative_error"] == pytest.approx(2.5 / 30)
    assert row["fit_seconds"] == 2.0
    assert row["core_seconds"] == 13.0
    assert (row["seeds_ok"], row["seeds_planned"], row["status"]) == (3, 3, "ok")
    assert not row["exact"]
    assert math.isnan(row["shared_seconds"])


def test_failed_seeds_are_counted_and_left_out_of_the_mean(records):
    row = cell(summarise(records), "torus", "knn")
    ok = records[
        (records["manifold"] == "torus")
        & (records["estimator"] == "knn")
        & (records["status"] == "ok")
    ]
    assert (row["seeds_ok"], row["seeds_failed"], row["status"]) == (2, 1, "partial")
    assert row["estimate"] == pytest.approx(ok["estimate"].mean())
    assert row["failure"] == "LinAlgError: singular matrix"
    assert not row["exact"]
    timeout = cell(summarise(records), "50-sphere", "ph")
    assert (timeout["status"], timeout["failure"]) == ("failed", "timeout: took more than 60 s")
    assert math.isnan(timeout["estimate"])
    assert cell(summarise(records), "hypercube-20", "ess")["status"] == "not applicable"


def test_union_has_an_estimate_for_each_level(records):
    row = cell(summarise(records), "union-10-30", "mle-5")
    ten, thirty = json.loads(row["groups"])
    seeds = records[(records["manifold"] == "union-10-30") & (records["estimator"] == "mle-5")]
    values = [json.loads(groups)[1]["estimate"] for groups in seeds["groups"]]
    assert (ten["truth"], thirty["truth"], thirty["seeds"]) == (10, 30, 3)
    assert thirty["estimate"] == pytest.approx(np.mean(values))
    assert thirty["half_width"] == pytest.approx(4.302653 * np.std(values, ddof=1) / math.sqrt(3))
    assert row["truth"] == 20
    levels = by_level(summarise(records))
    result = levels[(levels["manifold"] == "union-10-30") & (levels["estimator"] == "mle-5")]
    assert list(result["truth"]) == [10, 30]
    assert result["signed_error"].iloc[1] == pytest.approx(np.mean(values) / 30 - 1)


def test_truth_is_known_even_where_one_estimator_failed(records):
    records.loc[records["status"] != "ok", "truth"] = np.nan
    levels = truth_levels(summarise(records))
    assert levels["union-10-30"] == (10, 30)
    assert levels["line"] == (1,)


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


def test_shared_seconds_are_summarised_where_recorded(make_records):
    records = make_records(("torus",), ("mle-5",))
    records["shared_seconds"] = [1.0, 2.0, 9.0]
    row = cell(summarise(records), "torus", "mle-5")
    assert (row["shared_seconds"], row["shared_core_seconds"]) == (2.0, 12.0)


def test_mixed_plans_are_refused(make_records):
    records = make_records(("torus",), ("mle-5",))
    with pytest.raises(ValueError, match="more than one cell of mle-5 on torus with seed 0"):
        summarise(pd.concat([records, records.assign(n=500)]))


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
