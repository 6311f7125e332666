"""Every estimator on points that are invalid, few, or repeated."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import estimators

NAMES = [name for name in estimators.names() if estimators.entry(name).family != "score"]
every_estimator = pytest.mark.parametrize("name", NAMES)


def sphere(n, seed=0):
    """Points of a 3-sphere in R^6."""
    gaussian = np.random.default_rng(seed).standard_normal((n, 4))
    frame, _ = np.linalg.qr(np.random.default_rng(9).standard_normal((6, 4)))
    return gaussian / np.linalg.norm(gaussian, axis=1, keepdims=True) @ frame.T


def with_one(value):
    points = sphere(150)
    points[17, 2] = value
    return points


BAD = {
    "NaN": (with_one(np.nan), "1 of 150 rows of X have NaN or infinity, the first is row 17"),
    "infinity": (with_one(-np.inf), "finite numbers"),
    "one point": (sphere(1), "at least 2 points, but X has 1"),
    "no points": (np.empty((0, 3)), "at least 2 points"),
    "no coordinates": (np.empty((150, 0)), "at least 1 coordinate"),
    "one dimension": (sphere(150)[:, 0], "two-dimensional"),
    "three dimensions": (sphere(150)[None], "two-dimensional"),
    "strings": ([["a", "b"]] * 150, "array of real numbers"),
    "ragged": ([[1.0, 2.0], [3.0]], "array of real numbers"),
    "nothing": (None, "needs"),
    "complex": (sphere(150) * 1j, "real numbers"),
    "masked": (np.ma.masked_less(sphere(150), 0), "real numbers"),
    "too small": (1e-200 * sphere(150), "ordinary scale"),
    "too large": (1e200 * sphere(150), "ordinary scale"),
    "all equal": (np.ones((150, 6)), "distinct points, but X has 1"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.filterwarnings("ignore:.* are duplicates")
def test_points_that_cannot_be_used_are_refused_in_the_estimator_s_name(case):
    points, message = BAD[case]
    estimator = estimators.get("mle")
    with pytest.raises(ValueError, match=rf"MLE .*{message}"):
        estimator.fit(points)
    assert not hasattr(estimator, "dimension_")


@every_estimator
def test_one_point_less_than_needed_is_refused_and_says_how_many_are(name):
    estimator = estimators.get(name)
    needed = estimator.needed_points()
    with pytest.raises(ValueError, match=rf"{type(estimator).__name__} needs at least {needed} "):
        estimator.fit(sphere(needed - 1))


@every_estimator
def test_copies_do_not_count_as_points(name):
    estimator = estimators.get(name)
    needed = estimator.needed_points()
    points = np.repeat(sphere(needed - 1), 3, axis=0)
    with (
        pytest.warns(UserWarning, match="are duplicates of others"),
        pytest.raises(ValueError, match=f"distinct points, but X has {needed - 1}"),
    ):
        estimator.fit(points)


@every_estimator
def test_as_many_points_as_needed_give_a_finite_dimension(name):
    estimator = estimators.get(name)
    points = sphere(max(estimator.needed_points(), 6))
    assert np.isfinite(estimator.fit(points).dimension_)


@every_estimator
def test_duplicates_are_counted_in_a_warning_and_used_once(name):
    points = sphere(150)
    # Between the others, so that rows have to be mapped back.
    repeated = np.vstack([points[:40], points[[0, 0, 7]], points[40:], points[100:120]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = estimators.get(name).fit(points)
    class_name = type(expected).__name__
    with pytest.warns(UserWarning, match=f"{class_name}: 23 of 173 points are duplicates"):
        fitted = estimators.get(name).fit(repeated)
    assert fitted.dimension_ == expected.dimension_
    if expected.dimension_pw_ is None:
        assert fitted.dimension_pw_ is None
        return
    # Each estimate belongs to the row of X that the query names.
    known = {points[row].tobytes(): value for row, value in _pointwise(expected)}
    for row, value in _pointwise(fitted):
        assert known[repeated[row].tobytes()] == value


def _pointwise(fitted):
    return list(zip(fitted.query_, fitted.dimension_pw_, strict=True))


@every_estimator
def test_a_fit_prints_nothing(name, capsys):
    estimators.get(name).fit(sphere(150))
    assert capsys.readouterr() == ("", "")


def test_the_first_fit_of_a_process_does_not_hide_later_warnings():
    # Importing scikit-dimension hides every later warning; a fit imports it.
    code = (
        "import sys, warnings\n"
        "import numpy as np, estimators\n"
        "estimators.get('mle').fit(np.random.default_rng(0).random((50, 3)))\n"
        "assert 'skdim' in sys.modules\n"
        "blanket = [f for f in warnings.filters if f[:3] == ('ignore', None, Warning)]\n"
        "assert not blanket, blanket\n"
        "warnings.warn('still heard')\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "still heard" in run.stderr
    assert run.stdout == ""


@pytest.mark.parametrize("name", ["ess", "gride", "lpca-global", "lpca-local", "mada", "mind-ml"])
def test_points_of_one_coordinate_have_dimension_one(name):
    points = np.random.default_rng(0).random((300, 1))
    assert estimators.get(name).fit(points).dimension_ == pytest.approx(1, abs=0.15)
