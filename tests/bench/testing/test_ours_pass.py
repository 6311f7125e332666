"""Every estimator and manifold of ours passes the checks, but those that it declares."""

import numpy as np
import pytest

import estimators
import manifolds
from bench.testing import (
    check_manifold,
    estimator_checks,
    manifold_checks,
    parametrize_with_checks,
)
from manifolds.datasets.base import ImageSet
from manifolds.datasets.user_file import UserFile

FAMILY = "score"
QUICK = [name for name in estimators.names() if estimators.entry(name).family != FAMILY]
#: A training that takes seconds.
SCORE = [
    estimators.get(name, steps=1000, width=64, batch=128, queries=8)
    for name in estimators.names()
    if estimators.entry(name).family == FAMILY
]
#: Those that need no files.
DRAWN = [
    name
    for name in manifolds.names()
    if name == "digits" or not issubclass(manifolds.entry(name).cls, (ImageSet, UserFile))
]


@parametrize_with_checks(QUICK)
def test_estimators(subject, check):
    check(subject)


@pytest.mark.slow
@parametrize_with_checks(SCORE)
def test_score_estimators(subject, check):
    check(subject)


#: A process takes long to start. The tests of the manifolds draw all of them in one.
ALONE = "check_same_points_in_another_process"
CASES = [(name, check) for name in DRAWN for _, check in manifold_checks(name)]


@pytest.mark.parametrize(
    ("name", "check"),
    [
        pytest.param(
            name, check, id=f"{name}-{check.name}", marks=[pytest.mark.slow] * (check.name == ALONE)
        )
        for name, check in CASES
    ],
)
def test_manifolds(name, check):
    check(manifolds.get(name))


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
