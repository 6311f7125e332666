"""One estimate of several parts: in one order of rows, with details of all of them."""

import numpy as np
import pytest

import estimators
import manifolds
from estimators.base import Estimate
from estimators.score import joining
from estimators.score.joining import estimate_parts, join_estimates, without_confidence
from estimators.score.parts import Parts

SMALL = {"steps": 400, "batch": 256, "width": 64, "queries": 24, "check_every": 100}

pytestmark = pytest.mark.usefixtures("one_thread", "shared_models")


def part(query, dimension, confidence, sigma, steps):
    """An estimate at rows of a part, read at the second of two levels."""
    m = len(query)
    details = {
        "confidence": np.full(m, confidence),
        "singular_values": np.full((m, 4), dimension),
        "dimension_by_sigma": np.tile([[9.0], [dimension]], m),
        "sigmas": np.array([sigma / 2, sigma]),
        "chosen_sigma": np.array(sigma),
        "chosen_sigma_pw": np.full(m, sigma),
        "trusted": np.array([sigma > 1, True]),
        "gap": np.array([0.5, 1.0]) * dimension,
        "loss": np.ones(steps),
        "held_out_loss": np.ones((2, 12)),
        "steps": np.array(steps),
        "train_seconds": np.array(10.0),
        "cached": np.array(sigma > 1),
    }
    return Estimate(dimension, np.full(m, float(dimension)), np.array(query), details)


def test_points_of_all_parts_are_in_the_order_of_their_rows():
    rows = [np.array([0, 2, 4, 6]), np.array([1, 3, 5])]
    found = join_estimates(
        rows, [part([1, 3], 5, 0.9, 0.1, 100), part([0], 2, 0.8, 2.0, 50)], "max"
    )
    assert found.query.tolist() == [1, 2, 6]
    assert found.pointwise.tolist() == [2, 5, 5]
    assert found.dimension == 5
    details = found.details
    assert details["part_pw"].tolist() == [1, 0, 0]
    assert details["confidence"].tolist() == [0.8, 0.9, 0.9]
    assert details["singular_values"][:, 0].tolist() == [2, 5, 5]
    assert details["dimension_by_sigma"].tolist() == [[9, 9, 9], [2, 5, 5]]
    assert details["chosen_sigma_pw"].tolist() == [2.0, 0.1, 0.1]
    assert details["chosen_sigma"] == pytest.approx(0.1)
    np.testing.assert_allclose(details["sigmas"], np.array([0.5, 1.0]) * (2 * 0.1 + 2.0) / 3)
    assert details["gap"].tolist() == [2.0, 4.0]
    assert details["trusted"].tolist() == [False, True]
    assert (details["steps"], details["train_seconds"], details["cached"]) == (150, 20.0, False)
    assert details["loss"].shape == (150,)
    assert details["held_out_loss"].shape == (4, 12)


def test_a_part_of_low_confidence_does_not_count():
    rows = [np.array([0, 1, 2]), np.array([3, 4])]
    with pytest.warns(UserWarning, match="low confidence at 3 of 5 points"):
        found = join_estimates(
            rows, [part([0, 1, 2], 7, 0.1, 1.0, 1), part([0, 1], 2, 0.9, 1.0, 1)], "median"
        )
    assert found.dimension == 2


def test_points_without_confidence_do_not_count():
    own = part([0, 1, 2], 7, 0.9, 1.0, 1)
    assert without_confidence(own, np.zeros(3, dtype=bool), "median") is own
    with pytest.warns(UserWarning, match="low confidence at 2 of 3 points"):
        found = without_confidence(own, np.array([True, False, True]), "median")
    assert found.details["confidence"].tolist() == [0, 0.9, 0]
    assert own.details["confidence"].tolist() == [0.9] * 3


def test_each_part_is_read_at_a_share_of_the_points_and_small_ones_at_one(monkeypatch):
    rows = (np.arange(600), np.arange(600, 900), np.arange(900, 902))
    monkeypatch.setattr(joining, "parts_of", lambda points: Parts(rows, np.arange(902, 1000)))
    asked = []

    def estimate(points, queries):
        asked.append((len(points), points[0, 0], queries))
        return part(range(queries), len(points), 0.9, 1.0, 1)

    points = np.arange(1000.0)[:, None]
    with (
        pytest.warns(UserWarning, match="98 of 1000 points .* were not read"),
        pytest.warns(UserWarning, match="falls into 3 parts that lie far apart, of 600, 300, 2 p"),
    ):
        found = estimate_parts(points, 24, "median", estimate)
    assert asked == [(600, 0, 16), (300, 600, 8), (2, 900, 1)]
    assert found.dimension == 600


@pytest.mark.parametrize("name", ["score-svd", "flipd", "dsm", "lhsd"])
def test_parts_are_read_each_in_its_own_unit(name):
    rng = np.random.default_rng(0)
    points = np.zeros((1500, 9))
    points[:1000, :2] = 10 + 0.01 * rng.standard_normal((1000, 2))
    points[1000:, :5] = rng.standard_normal((500, 5))
    with pytest.warns(UserWarning, match="falls into 2 parts that lie far apart, of 1000, 500 p"):
        found = estimators.get(name, device="cpu", **{**SMALL, "steps": 0}).fit(points)
    small = found.query_ < 1000
    assert small.sum() == 16
    np.testing.assert_allclose(found.dimension_pw_, np.where(small, 2, 5), rtol=0.1)
    assert found.dimension_ == pytest.approx(2, rel=0.1)
    assert (found.details_["confidence"] > 0.8).all()
    sigma = found.details_["chosen_sigma_pw"]
    assert sigma[small].max() < 0.01 < sigma[~small].min()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*falls into 2 parts")
def test_the_score_of_each_part_is_learned():
    small = manifolds.get("sphere", dimension=1, ambient=9, radius=0.03).sample(1000, 0).points
    large = manifolds.get("sphere", dimension=3, ambient=9).sample(1000, 0).points
    found = estimators.get("score-svd", device="cpu", **SMALL).fit(np.vstack([small + 10, large]))
    assert (found.dimension_pw_ == np.where(found.query_ < 1000, 1, 3)).mean() > 0.9
    assert (found.details_["confidence"] > 0.5).mean() > 0.9


@pytest.mark.filterwarnings("ignore:.*low confidence")
def test_a_sample_of_parts_too_small_to_learn_is_not_believed():
    rng = np.random.default_rng(0)
    points = np.vstack(
        [0.01 * rng.standard_normal((25, 2)) + rng.normal(0, 1, 2) for _ in range(9)]
    )
    with pytest.warns(UserWarning, match="too few to learn"):
        found = estimators.get("score-svd", device="cpu", **{**SMALL, "steps": 0}).fit(points)
    assert (found.details_["confidence"] == 0).all()


@pytest.mark.filterwarnings("ignore:.*low confidence")
def test_structure_below_the_lowest_level_is_not_believed():
    rng = np.random.default_rng(0)
    # A cone, of scales from 1e-6 to 1e6: no part is far from the others.
    points = rng.standard_normal((1200, 4)) * 10 ** rng.uniform(-6, 6, (1200, 1))
    with pytest.warns(UserWarning, match="nearer than the lowest noise level"):
        found = estimators.get("score-svd", device="cpu", **{**SMALL, "steps": 0}).fit(points)
    near = np.linalg.norm(points[found.query_], axis=1) < 1e3
    assert near.sum() > 10
    assert (found.details_["confidence"][near] == 0).all()
