"""Every estimator passes the checks, but those that it declares.

Manifolds pass theirs in tests/manifolds/test_manifold_samples.py.
"""

import numpy as np
import pytest

import estimators
import manifolds
from bench.testing import check_estimator, check_manifold, estimator_checks, manifold_checks
from bench.testing.contract import ESTIMATOR_FUNCTIONS

FAMILY = "score"
QUICK = [name for name in estimators.names() if estimators.entry(name).family != FAMILY]
#: A training that takes seconds.
SCORE = [
    estimators.get(name, steps=1000, width=64, batch=128, queries=8)
    for name in estimators.names()
    if estimators.entry(name).family == FAMILY
]


@pytest.mark.parametrize("name", QUICK)
def test_every_estimator_passes_every_check(name):
    assert len(check_estimator(name)) == len(ESTIMATOR_FUNCTIONS)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", SCORE, ids=lambda one: type(one).__name__)
def test_every_score_estimator_passes_every_check(estimator):
    assert len(check_estimator(estimator)) == len(ESTIMATOR_FUNCTIONS)


def test_points_of_a_file_pass_too(tmp_path):
    path = tmp_path / "points.npy"
    np.save(path, np.random.default_rng(0).random((200, 4)))
    outcomes = {result.outcome for result in check_manifold(manifolds.get("file", path=str(path)))}
    assert outcomes == {"passed", "does not apply"}


def test_what_is_declared_names_checks_and_gives_reasons():
    for registry, checks in (
        (estimators.catalogue.registry, estimator_checks),
        (manifolds.catalogue.registry, manifold_checks),
    ):
        for entry in registry.entries():
            list(checks(entry.name))
