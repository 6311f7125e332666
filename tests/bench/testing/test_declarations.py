"""Declarations of checks that a class cannot pass, and reports of checks."""

import pytest

import estimators
from bench.cli.listing import description
from bench.testing import (
    check_estimator,
    check_manifold,
    estimator_checks,
    manifold_checks,
    parametrize_with_checks,
)

REASON = "its unit is the metre"


def scaled(cannot):
    """Register an estimator that depends on scale and passes all other checks."""

    @estimators.register("metres", cannot=cannot)
    class Metres(estimators.Estimator):
        """Global PCA of what is larger than a metre."""

        def estimate(self, points):
            dimension = estimators.get("lpca-global").fit(points).dimension_
            return estimators.Estimate(dimension + (abs(points - points.mean(0)).max() > 100))

    return Metres


def test_a_check_that_fails_as_declared_is_no_error_and_shown_with_its_reason():
    cls = scaled({"check_scale": REASON})
    results = {result.check: result for result in check_estimator(cls)}
    assert results["check_scale"].outcome == "failed as declared"
    assert results["check_scale"].reason == REASON
    assert check_estimator("metres") == check_estimator(cls())
    assert f"cannot pass    check_scale: {REASON}" in description("metres")


def test_all_that_fail_are_reported_together_where_nothing_is_declared():
    cls = scaled({})
    with pytest.raises(AssertionError, match=r"^Metres: check_scale: in units of 1e-06"):
        check_estimator(cls)
    cls.fit = lambda self, X: None
    with pytest.raises(AssertionError) as error:
        check_estimator(cls)
    lines = str(error.value).splitlines()
    assert len(lines) > 10
    assert all(line.startswith("Metres: check_") for line in lines)


def test_a_declared_check_that_passes_is_an_error():
    cls = scaled({"check_scale": REASON, "check_rotation": "it is turned"})
    message = r"check_rotation: declared as impossible \(it is turned\), but it passes; remove"
    with pytest.raises(AssertionError, match=message):
        check_estimator(cls)
    with pytest.raises(AssertionError, match=r"check_equation: declared .* does not apply"):
        check_manifold("noisy-sphere", expected_failures={"check_equation": "it is noisy"})


@pytest.mark.parametrize(
    ("cannot", "message"),
    [
        ({"check_scales": REASON}, "unknown check 'check_scales'; did you mean 'check_scale'?"),
        ({"check_scale": " "}, "Metres declares that it cannot pass check_scale, but not why"),
    ],
)
def test_a_declaration_of_no_check_or_without_a_reason_is_refused(cannot, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        check_estimator(scaled(cannot))
    assert message in str(error.value)


def test_expected_failures_of_an_instance_replace_those_of_the_registration():
    subject = scaled({"check_scale": REASON})()
    with pytest.raises(AssertionError, match="Metres: check_scale: in units of 1e-06"):
        check_estimator(subject, expected_failures={})


def test_pytest_gets_a_readable_name_and_an_expected_failure_for_each_check():
    cases = parametrize_with_checks([scaled({"check_scale": REASON}), "sphere"]).args[1]
    names = [case.id for case in cases]
    assert "metres-check_rotation" in names
    assert "sphere-check_equation" in names
    assert len(names) == len(list(estimator_checks("metres"))) + len(
        list(manifold_checks("sphere"))
    )
    marked = {case.id: case.marks[0].kwargs for case in cases if case.marks}
    assert list(marked) == ["metres-check_scale"]
    assert marked["metres-check_scale"]["strict"] is True
    assert marked["metres-check_scale"]["reason"] == REASON


def test_classes_of_scikit_dimension_are_checked_like_any_other():
    import skdim.id

    assert "failed as declared" not in {r.outcome for r in check_estimator(skdim.id.TwoNN)}
    with pytest.raises(AssertionError) as error:
        check_estimator(skdim.id.MLE)
    same, twice = str(error.value).splitlines()
    assert same.startswith("MLE: check_refuses_identical_points: ")
    assert twice.startswith("MLE: check_duplicates: of points in R^7 that stand twice")


def test_what_is_neither_an_estimator_nor_a_manifold_is_refused():
    with pytest.raises(ValueError, match="object is neither an estimator"):
        parametrize_with_checks([object])
    with pytest.raises(ValueError, match=r"unknown manifold 'spere'; did you mean 'sphere'\?"):
        parametrize_with_checks(["spere"])

    class Needy:
        def __init__(self, size): ...

        def fit(self, X): ...

    with pytest.raises(ValueError, match="Needy cannot be made without parameters"):
        check_estimator(Needy)
