"""Caveats from the records that the package brings."""

import numpy as np
import pandas as pd

from bench.estimation.caveats import caveats, estimator_caveats, load_evidence
from manifolds.datasets.reading import Found


def answer(estimator="mle", estimate=9.0, half=9.0, confidence=np.nan):
    return pd.DataFrame(
        [{"estimator": estimator, "estimate": estimate, "half_estimate": half,
          "confidence": confidence}]
    )  # fmt: skip


def test_estimators_that_failed_on_similar_manifolds_are_told_with_the_reason():
    known = load_evidence()
    assert {"euclidean", "images", "sample-size"} <= set(known["suite"])
    (told,) = estimator_caveats((10_000, 100), answer("mle", 45.0, 45.0), known)
    assert "most on 50-sphere" in told.text
    assert "it reads too little" in told.text
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
        told = estimator_caveats((10_000, 100), answer("score-svd", dimension, dimension), few)
        assert told == []
    (told,) = estimator_caveats((10_000, 100), answer("twonn", 25.0, 25.0), few)
    assert "on 1 of 1 samples or parts of unions" in told.text
    assert "most on union-10-30 (14.22 of 30, n = 10000)" in told.text


def test_where_the_suites_have_been_nowhere_near_that_is_told():
    (told,) = estimator_caveats((10**6, 3), answer(estimate=2.0, half=2.0), load_evidence())
    assert told.estimator == ""
    assert "no records near n = 1000000, D = 3" in told.text


def own(points, shape=None):
    return Found(points, shape or points.shape[1:])


def test_ordinary_points_of_a_kind_that_the_suites_know_have_no_caveats():
    points = np.random.default_rng(0).random((5000, 20))
    assert caveats(own(points), answer("twonn", 2.0, 2.0), load_evidence()) == []
