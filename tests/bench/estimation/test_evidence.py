"""Caveats of estimators from the records of suites that are in the package."""

import numpy as np
import pandas as pd

from bench.estimation.caveats import caveats, estimator_caveats, load_evidence
from manifolds.datasets.reading import LoadedPoints


def answer(estimator="mle", estimate=9.0, half=9.0):
    return pd.DataFrame(
        [{"estimator": estimator, "estimate": estimate, "half_estimate": half,
          "confidence": np.nan}]
    )  # fmt: skip


def test_estimators_that_failed_on_similar_manifolds_are_named_with_the_reason():
    known = load_evidence()
    assert {"euclidean", "images", "sample-size"} <= set(known["suite"])
    (note,) = estimator_caveats((10_000, 100), answer("mle", 45.0, 45.0), known)
    assert "most on 50-sphere" in note.text
    assert "it underestimates" in note.text
    # Nothing was seen to fail in few dimensions.
    assert estimator_caveats((10_000, 100), answer("twonn", 2.0, 2.0), known) == []


def test_unions_are_compared_part_by_part():
    known = load_evidence()
    union = known[known["manifold"] == "union-10-30"].set_index(["estimator", "truth"])["estimate"]
    assert (union["score-svd", 10], union["score-svd", 30]) == (10, 30)
    assert set(union.index.unique("truth")) == {10, 30}
    # Right on both parts, which are the only ones of few that are like this.
    few = known[known["manifold"].isin(["union-10-30", "10-sphere"])]
    for dimension in (10.0, 25.0):
        notes = estimator_caveats((10_000, 100), answer("score-svd", dimension, dimension), few)
        assert notes == []
    (note,) = estimator_caveats((10_000, 100), answer("twonn", 25.0, 25.0), few)
    assert "on 1 of 1 samples or parts of unions" in note.text
    assert "most on union-10-30 (14.22 of 30, n = 10000)" in note.text


def test_ordinary_points_of_a_kind_that_the_suites_know_have_no_caveats():
    points = np.random.default_rng(0).random((5000, 20))
    assert caveats(LoadedPoints(points, (20,)), answer("twonn", 2.0, 2.0), load_evidence()) == []


def test_records_of_one_s_own_runs_count_too(tmp_path):
    pd.DataFrame(
        [{"manifold": "mine", "estimator": "mle", "truth": 3.0, "estimate": 9.0, "ambient": 5,
          "n": 400}]
    ).to_csv(tmp_path / "accuracy.csv")  # fmt: skip
    notes = estimator_caveats((500, 5), answer(estimate=3.0, half=3.0), load_evidence([tmp_path]))
    assert any("mine (9.00 of 3, n = 400)" in caveat.text for caveat in notes)
