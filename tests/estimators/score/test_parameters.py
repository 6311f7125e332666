"""Parameters, points and scores that estimators of the score family refuse or take."""

import numpy as np
import pytest
import torch

import estimators
import manifolds
from estimators.score.oracle import SphereScore

SMALL = {"steps": 600, "batch": 256, "width": 64, "queries": 12, "check_every": 100}


SCORE_ESTIMATORS = ("score-svd", "flipd", "dsm", "lhsd")


pytestmark = pytest.mark.usefixtures("one_thread")


def fit(points, name="score-svd", **parameters):
    return estimators.get(name, **{"device": "cpu", **SMALL, **parameters}).fit(points)


def sphere(dimension=3, ambient=20, n=2000):
    return manifolds.get("sphere", dimension=dimension, ambient=ambient).sample(n, 0).points


def exact_sphere(k, ambient, points):
    """The exact score of a sample of the unit sphere in its own frame."""
    values, vectors = np.linalg.eigh(points.T @ points)
    frame = torch.from_numpy(vectors[:, values > 1e-8 * values.max()].copy())
    assert frame.shape == (ambient, k + 1)
    return SphereScore(frame)


@pytest.mark.parametrize("name", SCORE_ESTIMATORS)
def test_a_score_of_ones_own_is_used_instead_of_a_trained_one(name):
    points = sphere(10, 40, 500)
    own = exact_sphere(10, 40, points)
    calls = []

    def score(x, sigma):
        calls.append((x.dtype, x.shape, sigma.shape))
        return own(x, sigma)

    fitted = fit(points, name, score=score)
    assert fitted.dimension_ == pytest.approx(10, rel=0.01)
    assert calls
    assert "loss" not in fitted.details_
    for dtype, points_shape, levels_shape in calls:
        assert dtype == torch.float32
        assert levels_shape == points_shape[:1]


def test_the_papers_own_read_out_is_right_on_the_exact_score_and_off_without_centring():
    points = sphere(50, 100, 2000)
    own = exact_sphere(50, 100, points)
    unit = 1 / np.sqrt(51)
    published = {
        "score": own,
        "noise": "independent",
        "rule": "mean-gap",
        "trust": False,
        "queries": 4,
        "levels": (1e-3, 10.0),
    }
    repository = fit(points, sigmas=(0.01 / unit,), skip_first_gap=True, **published)
    assert (repository.dimension_pw_ == 50).all()
    printed = fit(points, sigmas=(0.05 / unit,), centre=False, **published)
    # Measured with the exact score: the drift of curvature is the largest singular value.
    assert (printed.dimension_pw_ == 99).all()


@pytest.mark.parametrize(
    ("how", "expected"), [("median", 4.0), ("mean", 5.0), ("max", 9.0), ("mode", 3.0)]
)
def test_aggregations_are_what_they_say(how, expected):
    from estimators.aggregation import aggregate_confident

    values = np.array([3.0, 3.0, 4.0, 6.0, 9.0])
    assert aggregate_confident(values, np.ones(5), how) == expected


def test_points_of_low_confidence_do_not_move_the_estimate_and_are_reported():
    from estimators.aggregation import aggregate_confident

    values, sure = np.array([3.0, 3.0, 9.0, 9.0, 9.0]), np.array([0.9, 0.9, 0.1, 0.1, 0.1])
    with pytest.warns(UserWarning, match="low confidence at 3 of 5 points"):
        assert aggregate_confident(values, sure, "median") == 3
    with pytest.warns(UserWarning, match="low confidence at 5 of 5 points"):
        assert aggregate_confident(values, np.zeros(5), "median") == 9


def test_cuda_that_is_not_there_is_a_value_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device 'cuda'"):
        fit(sphere(n=100), device="cuda")


def test_sigmas_that_are_not_trained_are_a_value_error():
    with pytest.raises(ValueError, match="within the trained levels"):
        fit(sphere(n=100), sigmas=(0.001, 0.1))


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("steps", -1),
        ("sigmas", ()),
        ("sigmas", (0.1, -1.0)),
        ("levels", (0.1,)),
        ("scores_per_dimension", 1),
        ("learning_rate", 0.0),
        ("device", "tpu"),
        ("random_state", -1),
        ("queries", 2.5),
        ("centre", 1),
        ("score", 3),
        ("rule", "best"),
        ("aggregation", "sum"),
    ],
)
def test_parameters_are_checked(parameter, value):
    with pytest.raises(ValueError, match=f"score-svd: '{parameter}' must be"):
        estimators.get("score-svd", **{parameter: value})


def test_too_few_points_are_a_value_error():
    with pytest.raises(ValueError, match="at least 10 distinct points"):
        fit(sphere(n=9))
