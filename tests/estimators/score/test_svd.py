"""The estimate of ScoreSVD from exact scores with unequal scales: no network, no training."""

from contextlib import nullcontext

import numpy as np
import pytest
import torch
from exact_scores import AffineScore, MixtureScore

import estimators
from estimators.score.frame import Frame
from estimators.score.model import ScoreModel
from estimators.score.reliability import Reliability
from estimators.score.svd import ScoreSVD

#: In units of the frame, which is 2 of the points.
SCALES = torch.tensor([1.5, 0.4, 0.05], dtype=torch.float64)
UNIT, AMBIENT = 2.0, 7
SIGMAS = (0.02, 0.1, 0.3)


def exact(levels=(True, True, True), learned=True):
    """A normal model with four directions outside, and an estimator of given reliability."""
    generator = torch.Generator().manual_seed(0)
    normal = torch.randn(AMBIENT, AMBIENT, generator=generator, dtype=torch.float64)
    axes = torch.linalg.qr(normal)[0][:, :3].contiguous()
    frame = Frame(torch.arange(7.0, dtype=torch.float64), UNIT, axes, SCALES)
    score = AffineScore(torch.zeros(3), torch.eye(3), SCALES.float())
    z = torch.randn(5, 3, generator=generator) * SCALES.float()

    class Reliable(ScoreSVD):
        def reliability(self, model):
            return Reliability(torch.tensor(levels), learned)

    return ScoreModel(score, frame, z, True), Reliable


def read(levels=(True, True, True), learned=True, **parameters):
    model, estimator = exact(levels, learned)
    own = estimator(sigmas=SIGMAS, **parameters)
    return own.read(model, model.held_out, torch.Generator().manual_seed(1))


def values(sigma):
    """The spectrum at a noise level: four directions outside, and three of the model."""
    tangent = (sigma**2 / (SCALES**2 + sigma**2)).flip(0)
    return torch.cat([torch.ones(4).double(), tangent]).numpy()


def test_the_dimension_of_a_distribution_with_unequal_scales_is_exact():
    estimates = read(rule="gap")
    gaps = np.array([-np.diff(values(sigma)).min() for sigma in SIGMAS])
    # The thin axis, 0.05, is tangent to the lowest noise level alone.
    np.testing.assert_array_equal(
        estimates.details["dimension_by_sigma"], np.repeat([[3], [2], [2]], 5, 1)
    )
    np.testing.assert_allclose(estimates.details["gap"], gaps, rtol=1e-3)
    np.testing.assert_array_equal(estimates.pointwise, np.full(5, 3.0))
    assert estimates.dimension == 3.0
    np.testing.assert_allclose(estimates.confidence, np.full(5, gaps[0]), rtol=1e-3)
    expected = np.tile(values(SIGMAS[0]), (5, 1))
    np.testing.assert_allclose(estimates.details["singular_values"], expected, rtol=1e-2, atol=1e-4)
    np.testing.assert_allclose(estimates.details["sigmas"], np.array(SIGMAS) * UNIT)
    np.testing.assert_allclose(estimates.details["chosen_sigma_pw"], np.full(5, 0.04))
    assert estimates.details["chosen_sigma"] == pytest.approx(0.04)
    assert estimates.details["trusted"].tolist() == [True, True, True]


def test_the_rule_law_keeps_a_thin_direction_at_all_levels_and_the_default_does_not():
    # 0.0025 of the second axis is raised to 0.02: 0.14 of the third is 7 times that, at 0.1.
    largest = read()
    np.testing.assert_array_equal(largest.pointwise, np.full(5, 2.0))
    second = SIGMAS[1] ** 2 / (SCALES[1:] ** 2 + SIGMAS[1] ** 2)
    np.testing.assert_allclose(largest.details["chosen_sigma_pw"], np.full(5, 0.2))
    np.testing.assert_allclose(largest.confidence, float(second[1] - second[0]), rtol=1e-2)
    # But the third keeps its extent of 0.05 from 0.02 to 0.1.
    estimates = read(rule="law")
    np.testing.assert_array_equal(estimates.pointwise, np.full(5, 3.0))
    np.testing.assert_allclose(estimates.details["chosen_sigma_pw"], np.full(5, 0.04))
    thin = SIGMAS[0] ** 2 / (SCALES[2] ** 2 + SIGMAS[0] ** 2)
    np.testing.assert_allclose(estimates.confidence, float(1 - thin), rtol=1e-2)


def test_unreliable_levels_are_not_used():
    estimates = read(levels=(False, False, True), rule="gap")
    np.testing.assert_array_equal(estimates.pointwise, np.full(5, 2.0))
    np.testing.assert_allclose(estimates.details["chosen_sigma_pw"], np.full(5, 0.6))
    assert estimates.details["trusted"].tolist() == [False, False, True]
    # Their estimates are in the details.
    assert estimates.details["dimension_by_sigma"][0].tolist() == [3] * 5
    estimates = read(levels=(False, True, True), rule="gap")
    np.testing.assert_allclose(estimates.details["chosen_sigma_pw"], np.full(5, 0.2))


def test_what_was_not_learned_has_no_confidence():
    with pytest.warns(UserWarning, match="low confidence at 5 of 5 points"):
        estimates = read(learned=False, rule="gap")
    assert estimates.confidence.tolist() == [0.0] * 5
    assert estimates.dimension == 3.0


def test_a_confidence_is_at_most_one():
    model, estimator = exact()
    flipped = ScoreModel(
        lambda z, sigma: -3 * z / sigma[:, None] ** 2, model.frame, model.held_out, True
    )
    result = estimator(sigmas=SIGMAS, rule="gap").read(
        flipped, model.held_out, torch.Generator().manual_seed(1)
    )
    assert result.confidence.tolist() == [1.0] * 5


def test_independent_noise_covers_all_directions():
    estimates = read(noise="independent", scores_per_dimension=100, rule="gap")
    spectra = estimates.details["singular_values"]
    assert spectra.shape == (5, AMBIENT)
    np.testing.assert_allclose(spectra, np.tile(values(SIGMAS[0]), (5, 1)), atol=0.15)
    assert (np.diff(spectra[:, :4], axis=1) < -1e-6).all()
    np.testing.assert_array_equal(estimates.pointwise, np.full(5, 3.0))


def full(sigma, **parameters):
    """Estimate of a wide distribution that fills its space: values are far below pure noise."""
    frame = Frame(torch.zeros(3).double(), 1.0, torch.eye(3).double(), torch.ones(3).double())
    score = AffineScore(torch.zeros(3), torch.eye(3), torch.tensor([1.0, 1.0, 0.7]))
    z = torch.zeros(2, 3)
    own = ScoreSVD(sigmas=(sigma,), rule="gap", trust=False, **parameters)
    return own.read(ScoreModel(score, frame, z, True), z, torch.Generator().manual_seed(1))


def test_full_dimension_is_decided_by_the_least_value_of_pure_noise():
    # Values 0.5, 0.5 and 0.67 in units of pure noise: the gap to the floor is 0.33 of 1, but none
    # of 1 - sqrt(D / K) = 0.5, which independent noise of K = 4 D leaves.
    assert full(1.0).pointwise.tolist() == [3.0, 3.0]
    assert full(1.0).confidence == pytest.approx([1 / 3 - 0.01] * 2, abs=0.02)
    with pytest.warns(UserWarning, match="low confidence"):
        few = full(1.0, noise="independent", scores_per_dimension=4)
    assert (few.pointwise < 3).all()
    # With K = 400 D it is 0.95.
    many = full(1.0, noise="independent", scores_per_dimension=400)
    assert many.pointwise.tolist() == [3.0, 3.0]
    assert many.confidence == pytest.approx([0.95 - 0.66] * 2, abs=0.03)


def test_the_mean_score_is_subtracted_by_default():
    frame = Frame(torch.zeros(3).double(), 1.0, torch.eye(3).double(), torch.ones(3).double())

    def drifting(z, sigma):
        return AffineScore(torch.zeros(3), torch.eye(3)[:, :2], torch.ones(2))(z, sigma) + 200.0

    z = torch.zeros(2, 3)
    results = {}
    for centre in (True, False):
        own = ScoreSVD(sigmas=(0.1,), noise="independent", centre=centre, trust=False)
        model = ScoreModel(drifting, frame, z, True)
        spectra = own.read(model, z, torch.Generator().manual_seed(1)).details["singular_values"]
        results[centre] = spectra[:, 0].mean()
    assert results[True] < 2
    assert results[False] > 10


def test_the_first_gap_is_skipped_on_request():
    # Of a plane in the space of one more dimension, its one normal direction is left out.
    frame = Frame(torch.zeros(3).double(), 1.0, torch.eye(3).double(), torch.ones(3).double())
    score = AffineScore(torch.zeros(3), torch.eye(3)[:, :2], torch.tensor([1.0, 0.2]))
    z = torch.zeros(2, 3)
    model = ScoreModel(score, frame, z, True)
    for skipped, expected in ((False, 2.0), (True, 1.0)):
        own = ScoreSVD(sigmas=(0.1,), skip_first_gap=skipped, rule="gap", trust=False)
        with pytest.warns(UserWarning, match="low confidence") if skipped else nullcontext():
            result = own.read(model, z, torch.Generator().manual_seed(1))
        assert result.pointwise.tolist() == [expected] * 2


@pytest.mark.parametrize(("how", "expected"), [("median", 2.0), ("max", 4.0), ("mean", 8 / 3)])
def test_the_estimate_is_aggregated_as_requested(how, expected):
    # Two points of a plane and one of a 4-dimensional subspace, far from each other.
    eye, far = torch.eye(8), torch.full((8,), 50.0)
    components = [
        AffineScore(torch.zeros(8), eye[:, :2], torch.tensor([1.0, 2.0])),
        AffineScore(far, eye[:, :4], torch.tensor([1.0, 2.0, 3.0, 1.0])),
    ]
    frame = Frame(torch.zeros(8).double(), 1.0, eye.double(), torch.ones(8).double())
    z = torch.stack([torch.zeros(8), torch.zeros(8), far])
    own = ScoreSVD(sigmas=(0.1,), aggregation=how, trust=False)
    model = ScoreModel(MixtureScore(components, [1, 1]), frame, z, False)
    result = own.read(model, z, torch.Generator().manual_seed(1))
    assert result.pointwise.tolist() == [2.0, 2.0, 4.0]
    assert result.dimension == pytest.approx(expected)


@pytest.mark.parametrize("noise", ["balanced", "independent"])
def test_the_number_of_scores_is_the_requested_one(noise):
    model, estimator = exact()
    calls = []

    def counted(z, sigma):
        calls.append(len(z))
        return model.score(z, sigma)

    own = estimator(sigmas=(0.1, 0.2, 0.3), noise=noise, scores_per_dimension=6)
    other = ScoreModel(counted, model.frame, model.held_out, True)
    own.read(other, model.held_out, torch.Generator().manual_seed(1))
    # At 5 points and 3 levels: of the span, or in all directions.
    assert sum(calls) == 5 * 3 * 6 * (3 if noise == "balanced" else AMBIENT)


def test_defaults_are_those_of_the_recipe_and_the_published_ones_are_declared():
    own = estimators.get("score-svd")
    assert own.scores_per_dimension == 4
    assert (own.noise, own.rule, own.aggregation) == ("balanced", "ratio", "median")
    assert own.centre is True
    assert own.skip_first_gap is False
    published = estimators.entry("score-svd").published
    assert published == {
        "recipe": "stanczuk2024",
        "sigmas": (0.01,),
        "scores_per_dimension": 4,
        "noise": "independent",
        "skip_first_gap": True,
        "rule": "gap",
    }
    assert estimators.get("score-svd", scores_per_dimension=2).scores_per_dimension == 2
    with pytest.raises(ValueError, match="'scores_per_dimension' must be"):
        estimators.get("score-svd", scores_per_dimension=1)


@pytest.mark.parametrize("noise", ["balanced", "independent"])
def test_directions_are_sampled_from_the_generator_alone(noise):
    results = []
    for seed in (1, 1, 2):
        torch.manual_seed(len(results))
        model, estimator = exact()
        own = estimator(sigmas=SIGMAS, noise=noise)
        reading = own.read(model, model.held_out, torch.Generator().manual_seed(seed))
        results.append(reading.details["singular_values"])
    np.testing.assert_array_equal(results[0], results[1])
    assert np.abs(results[2] - results[0]).max() > 0


def test_the_reliable_levels_are_those_of_the_evaluated_model():
    model, estimator = exact()
    models = []

    class Asking(estimator):
        def reliability(self, model):
            models.append(model)
            return super().reliability(model)

    Asking(sigmas=SIGMAS).read(model, model.held_out, torch.Generator().manual_seed(1))
    assert models == [model]
