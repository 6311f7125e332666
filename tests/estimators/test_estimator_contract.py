"""The contract of every estimator beside its number."""

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from typing import get_args

import numpy as np
import pytest

import estimators
from estimators.catalogue import EstimatorEntry, Family
from manifolds.registry import Registry

NAMES = [name for name in estimators.names() if estimators.entry(name).family != "score"]
every_estimator = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def points():
    gaussian = np.random.default_rng(0).standard_normal((160, 4))
    own = gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True)
    return np.hstack([own, 0.1 * own[:, :2] ** 2])


@pytest.fixture
def registry():
    """A registry of its own, so that nothing stays behind."""
    own = Registry("estimator", "estimators", "fit", EstimatorEntry)
    own._discovered = True
    return own


@pytest.mark.parametrize(
    "name", [name for name in NAMES if estimators.entry(name).scope == "local"]
)
def test_the_estimate_of_a_local_estimator_is_among_its_pointwise_estimates(name, points):
    fitted = estimators.get(name).fit(points)
    assert fitted.dimension_pw_.min() <= fitted.dimension_ <= fitted.dimension_pw_.max()


@pytest.mark.parametrize("name", ["corrint", "danco", "danco-skdim", "fishers", "knn", "ph"])
def test_estimators_of_a_subset_say_how_many_points_they_used(name, points):
    assert estimators.get(name, points=100).fit(points).details_["points_used"] == 100
    assert estimators.get(name).fit(points).details_["points_used"] == 160


@pytest.mark.parametrize(
    "name",
    [
        name
        for name in NAMES
        if not estimators.entry(name).deterministic
        and name not in ("danco-skdim", "knn", "lpca-local")  # whole numbers, or nearly so
    ],
)
def test_another_random_state_gives_another_estimate(name, points):
    limits = {"points": 80, "queries": 20}
    own = {key: value for key, value in limits.items() if key in estimators.get(name).get_params()}
    results = [
        estimators.get(name, random_state=seed, **own).fit(points).dimension_ for seed in (3, 4)
    ]
    assert results[0] != results[1]


def test_deterministic_estimators_take_no_random_state():
    for name in NAMES:
        takes = "random_state" in estimators.entry(name).parameters
        assert takes != estimators.entry(name).deterministic, name


def test_a_parameter_that_does_not_exist_is_refused_by_name():
    with pytest.raises(ValueError, match="MLE has no parameter 'colour'; it takes: neighbors"):
        estimators.get("mle").set_params(colour=1)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("mle", {"neighbors": 1}, "'neighbors' must be a whole number of at least 2, not 1"),
        ("mle", {"neighbors": 5.0}, "'neighbors' must be a whole number"),
        ("mle", {"neighbors": True}, "not True"),
        ("mle", {"neighbors": None}, "not None"),
        ("mle", {"aggregate": "sum"}, "one of 'mle', 'mean', 'median', not 'sum'"),
        ("mada", {"aggregate": "mle"}, "one of 'pooled', 'mean', 'median'"),
        ("twonn", {"discard_fraction": 1.0}, "above 0 and below 1"),
        ("twonn", {"discard_fraction": 0.0}, "above 0 and below 1"),
        ("gride", {"near": 10}, "'far' must be above 'near' (10), not 10"),
        ("gride", {"near": 6, "far": 5}, "'far' must be above 'near' (6), not 5"),
        ("corrint", {"near": 20}, "'far' must be above 'near' (20), not 20"),
        ("mind-ml", {"version": "MLx"}, "one of 'MLk', 'MLi'"),
        ("danco", {"neighbors": 2}, "'neighbors' must be a whole number of at least 3, not 2"),
        ("danco-skdim", {"points": 5001}, "at least 20 and at most 5000, not 5001"),
        ("ppca", {"version": "mle"}, "one of 'span', 'sklearn', not 'mle'"),
        ("ess", {"queries": 0}, "'queries' must be a whole number of at least 1 or None"),
        ("knn", {"random_state": -1}, "'random_state' must be a whole number of at least 0"),
        ("lpca-global", {"threshold": float("nan")}, "above 0 and below 1"),
    ],
)
def test_an_invalid_parameter_is_refused_by_constructor_and_set_params(name, parameters, message):
    with pytest.raises(ValueError, match=rf"^{name}: .*{re.escape(message)}"):
        estimators.get(name, **parameters)
    estimator = estimators.get(name)
    before = estimator.get_params()
    with pytest.raises(ValueError, match=re.escape(message)):
        estimator.set_params(**parameters)
    assert estimator.get_params() == before


def test_parameters_that_fit_together_can_be_set_together():
    estimator = estimators.get("gride").set_params(near=12, far=24)
    assert estimator.get_params() == {"near": 12, "far": 24}


def test_unknown_names_and_parameters_are_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"unknown estimator 'twnn'; did you mean 'twonn'\?"):
        estimators.get("twnn")
    with pytest.raises(ValueError, match=r"known: corrint, .*twonn"):
        estimators.entry("no such thing")
    with pytest.raises(
        ValueError, match=r"mle: unknown parameter 'neighbours'; did you mean 'neighbors'\?"
    ):
        estimators.get("mle", neighbours=3)


@every_estimator
def test_an_entry_says_what_it_is_where_it_is_from_and_what_each_parameter_means(name):
    entry = estimators.entry(name)
    assert entry.about.endswith(".")
    assert re.search(r"\d{4}", entry.source)
    assert entry.family in ("neighbours", "angles", "linear", "topology")
    assert set(entry.published) <= set(entry.parameters)
    about = {a.name: a.metadata.get("about") for a in entry.cls.__attrs_attrs__}
    assert set(about) == set(entry.parameters)
    assert all(about.values())


def test_help_says_what_a_registration_may_declare():
    text = inspect.getdoc(estimators.register)
    for family in get_args(Family):
        assert family in text
    for fact in fields(estimators.EstimatorEntry)[2:]:
        assert f"``{fact.name}``" in text


def test_help_of_an_estimator_lists_its_parameters():
    text = inspect.getdoc(estimators.entry("mle").cls)
    assert "neighbors : int, default 20\n    neighbourhood size k" in text


def test_an_estimate_is_shown_in_one_line():
    result = estimators.Estimate(2.5, np.ones(3), details={"spectra": np.zeros((2, 2))})
    assert repr(result) == "Estimate(2.5, at 3 points, details: spectra)"


def test_a_plain_class_with_a_fit_can_be_registered(registry):
    @registry.register("half", family="other", source="nobody")
    class Half:
        """Half of the coordinates."""

        def __init__(self, share=0.5):
            self.share = share

        def fit(self, X, y=None):
            self.dimension_ = self.share * X.shape[1]
            return self

    assert registry.names() == ["half"]
    assert registry.get("half", share=0.25).fit(np.zeros((3, 8))).dimension_ == 2
    assert registry.entry("half").about == "Half of the coordinates."
    with pytest.raises(ValueError, match=r"half: unknown parameter 'shore'; did you mean 'share'"):
        registry.get("half", shore=1)
    with pytest.raises(ValueError, match=r"estimator name 'half' is taken by .*Half"):
        registry.register("half")(type("Other", (), {"fit": None}))
    with pytest.raises(ValueError, match="estimator 'none': None_ has no fit method"):
        registry.register("none")(type("None_", (), {}))


def test_a_derived_estimator_gets_checked_points_and_reads_them_locally():
    class First(estimators.Estimator):
        """The first coordinate of each point, read at every second one."""

        def needed_points(self):
            return 3

        def estimate(self, points):
            query = np.arange(0, len(points), 2)
            return estimators.Estimate(1.0, points[query, 0] / 10, query, {"seen": points})

    rows = [[5, 0], [5, 0], [7, 0], [5, 0], [9, 0]]
    with pytest.warns(UserWarning, match="First: 2 of 5 points are duplicates"):
        fitted = First().fit(rows)
    assert fitted.details_["seen"].tolist() == [[5, 0], [7, 0], [9, 0]]
    assert fitted.dimension_pw_.tolist() == [0.5, 0.9]
    assert fitted.query_.tolist() == [0, 4]
    with pytest.raises(ValueError, match="First needs at least 3 distinct points, but X has 2"):
        First().fit([[1.0], [2.0]])


@pytest.mark.parametrize("answer", [np.nan, np.inf])
def test_an_estimate_that_is_not_finite_is_an_error(answer):
    class Lost(estimators.Estimator):
        def estimate(self, points):
            return estimators.Estimate(answer)

    with pytest.raises(ValueError, match="Lost found no dimension in these points"):
        Lost().fit(np.eye(3))


def test_listing_names_imports_none_of_the_libraries_that_fitting_needs():
    code = (
        "import sys, estimators, manifolds; estimators.names(); manifolds.names()\n"
        "heavy = {'skdim', 'sklearn', 'scipy', 'torch', 'pandas', 'numba', 'matplotlib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
