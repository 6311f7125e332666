"""Estimators with parameters, by the labels that suites give them."""

import numpy as np
import pytest

from bench.cli.options import split
from bench.estimation.plan import estimation_job, parse_estimators
from bench.suites.schema import EstimatorChoice
from manifolds.datasets.reading import read_points


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    path = tmp_path_factory.mktemp("points") / "x.npy"
    np.save(path, np.random.default_rng(0).random((50, 3)))
    return path


def choices(points, *specs):
    """Label, name and parameters that were set, of the estimators that are run."""
    job = estimation_job(points, read_points(points), array=None, halves=0, estimators=specs)
    return [(c.estimator, c.estimator_name, dict(c.estimator_arguments)) for c in job.cells]


@pytest.mark.parametrize(
    ("spec", "label", "name", "parameters"),
    [
        ("mle", "mle", "mle", {}),
        ("mle-5", "mle-5", "mle", {"neighbors": 5}),
        ("mle(neighbors=5)", "mle-5", "mle", {"neighbors": 5}),
        ("mle( neighbors = 7 )", "mle-7", "mle", {"neighbors": 7}),
        ("mle()", "mle", "mle", {}),
        ("mle(neighbors=7,aggregate=mean)", "mle-7-mean", "mle",
         {"neighbors": 7, "aggregate": "mean"}),
        ("mle(aggregate='mean')", "mle-mean", "mle", {"aggregate": "mean"}),
        ("mind-ml-10", "mind-ml-10", "mind-ml", {"neighbors": 10}),
    ],
)  # fmt: skip
def test_an_estimator_may_have_parameters_and_has_the_label_of_the_suites(
    points, spec, label, name, parameters
):
    assert choices(points, spec) == [(label, name, parameters)]


def test_several_choices_are_run_side_by_side_with_names_and_globs(points):
    result = choices(points, "mle(neighbors=7)", "mle", "mle-5", "lpca-*")
    assert {label for label, _, _ in result} == {
        "mle-7",
        "mle",
        "mle-5",
        "lpca-global",
        "lpca-local",
    }


def test_choices_that_would_have_one_label_get_different_ones():
    result, patterns = parse_estimators(["x(a=3)", "x(b=3)", "x(c=true)", "x(d=[1, 2])", "x(a=3)"])
    assert patterns == ["x-3", "x-b-3", "x-c-True", "x-d-_1_2_", "x-3"]
    assert result["x-d-_1_2_"] == EstimatorChoice(estimator="x", parameters={"d": [1, 2]})
    assert result["x-c-True"].parameters == {"c": True}


def test_more_halves_than_anybody_needs_are_refused(points):
    with pytest.raises(ValueError, match="halves must be at most 1000, not 1000000"):
        estimation_job(points, read_points(points), array=None, halves=10**6)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mle(neigbors=5)", "unknown parameter 'neigbors'; did you mean 'neighbors'"),
        ("mle(neighbors=-1)", "'neighbors' must be a whole number"),
        ("mle(5)", "'5' is no PARAMETER=VALUE"),
        ("mle(neighbors=5", "is no NAME(PARAMETER=VALUE, ...)"),
        ("mle(neighbors=5)x", "is no NAME(PARAMETER=VALUE, ...)"),
        ("mle(neighbors=5,neighbors=6)", "'neighbors' is there twice"),
        ("mel(neighbors=5)", "unknown estimator 'mel'; did you mean 'mle'?"),
        ("mle-6", "unknown estimator 'mle-6'; did you mean 'mle'?"),
    ],
)
def test_an_invalid_choice_is_an_error_that_says_why(points, spec, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        choices(points, spec)
    assert message in str(error.value)


def test_commas_in_brackets_separate_no_estimators():
    assert split(["mle(neighbors=5, aggregate=mean),twonn", "a(b=1)"]) == [
        "mle(neighbors=5, aggregate=mean)", "twonn", "a(b=1)"
    ]  # fmt: skip
