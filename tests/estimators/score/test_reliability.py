from types import SimpleNamespace

import pytest
import torch

from estimators.score import reliability as module
from estimators.score.frame import principal_frame
from estimators.score.model import ScoreModel, looks_normal, mardia
from estimators.score.network import ScoreNetwork
from estimators.score.oracle import SphereScore
from estimators.score.own_score import score_function_model
from estimators.score.reliability import (
    assess_reliability,
    better_levels,
    misscaled_levels,
    worse_levels,
)
from estimators.score.validation import Losses

GENERATOR = torch.Generator().manual_seed(0)


def untrained(points):
    frame = principal_frame(points, 1e-3)
    network = ScoreNetwork(frame, width=8, blocks=1).requires_grad_(False)
    z = frame.coordinates(points)
    return ScoreModel(network.score, frame, z, looks_normal(z))


def sphere(count=2000, dimension=3):
    z = torch.randn(count, dimension + 1, generator=GENERATOR, dtype=torch.float64)
    return torch.nn.functional.normalize(z, dim=1)


def losses(score, linear, gain, factor=None, factor_error=0.001):
    """Return losses with the gain and its standard error."""
    score, linear, gain = (torch.tensor(value).double() for value in (score, linear, gain))
    factor = torch.ones_like(score) if factor is None else torch.tensor(factor).double()
    error = ((linear - score) / gain).abs()
    return Losses(score, linear, error, factor, torch.full_like(factor, factor_error))


def test_levels_are_reliable_where_the_score_beats_the_linear_denoiser():
    result = losses([41.2, 40.58, 38.6, 24.9], [41.0, 40.6, 39.4, 25.0], [-5.0, 4.0, 9.0, 2.0])
    assert better_levels(result).tolist() == [False, False, True, False]
    assert worse_levels(result).tolist() == [True, False, False, False]


def test_better_and_worse_are_a_twentieth_of_a_direction_and_three_standard_errors():
    score, gain = [4.96, 4.94, 4.94, 4.9], [9.0, 2.9, 3.1, 3.0]
    assert better_levels(losses(score, [5.0] * 4, gain)).tolist() == [False, False, True, False]
    score, gain = [5.04, 5.06, 5.06, 5.1], [-9.0, -2.9, -3.1, -3.0]
    assert worse_levels(losses(score, [5.0] * 4, gain)).tolist() == [False, False, True, False]
    assert not worse_levels(losses([4.9], [5.0], [9.0])).any()


def test_a_size_is_off_by_a_fiftieth_and_three_standard_errors():
    factor = [1.0, 0.97, 1.03, 0.985, 1.015]
    expected = [False, True, True, False, False]
    assert misscaled_levels(losses([1.0] * 5, [2.0] * 5, [9.0] * 5, factor)).tolist() == expected
    unsure = losses([1.0] * 5, [2.0] * 5, [9.0] * 5, factor, 0.0101)
    assert not misscaled_levels(unsure).any()
    sure = losses([1.0] * 5, [2.0] * 5, [9.0] * 5, factor, 0.0099)
    assert misscaled_levels(sure).tolist() == expected


BETTER, SAME, WORSE = (4.0, 5.0, 9.0), (5.0, 5.0, 1.0), (6.0, 5.0, -9.0)


def judged(*levels, points=1000, normal=True, rank=100, factor=None):
    """Return the reliability of a model of n points, or untrained, by (score, linear, gain)."""
    seen = []

    def evaluate(sigmas):
        seen.append(sigmas)
        return losses(*map(list, zip(*levels, strict=True)), factor)

    model = SimpleNamespace(
        losses=evaluate,
        report=None if points is None else SimpleNamespace(points=points),
        frame=SimpleNamespace(scales=torch.ones(rank)),
        normal=normal,
    )
    trusted = assess_reliability(model, (0.1, 0.2))
    assert seen == [(0.1, 0.2)]
    return trusted.levels.tolist(), trusted.learned


@pytest.mark.parametrize("normal", [True, False])
def test_where_it_is_better_somewhere_only_that_is_reliable(normal):
    assert judged(SAME, BETTER, WORSE, normal=normal) == ([False, True, False], True)


def test_where_it_is_better_nowhere_what_is_not_worse_is_reliable_for_normal_data():
    assert judged(SAME, WORSE) == ([True, False], True)
    assert judged(SAME, SAME, normal=False) == ([True, True], False)
    assert judged(SAME, WORSE, normal=False) == ([True, False], False)


def test_where_it_is_worse_everywhere_nothing_is_learned():
    assert judged(WORSE, WORSE) == ([True, True], False)


def test_a_score_is_not_learned_from_fewer_than_ten_points_a_direction():
    assert judged(BETTER, points=1000, rank=100) == ([True], True)
    assert judged(BETTER, points=999, rank=100) == ([True], False)
    assert judged(SAME, points=1000, rank=100) == ([True], True)
    assert judged(SAME, points=999, rank=100) == ([True], False)
    # One that was not trained here may come from more points.
    assert judged(BETTER, points=None, rank=100) == ([True], True)


def test_the_size_of_a_score_is_judged_where_it_was_not_trained_here():
    factor = [1.0, 1.5]
    assert judged(BETTER, BETTER, factor=factor) == ([True, True], True)
    assert judged(BETTER, BETTER, factor=factor, points=None) == ([True, False], True)
    assert judged(SAME, SAME, factor=factor, points=None) == ([True, False], True)
    assert judged(SAME, SAME, factor=[0.5, 1.5], points=None) == ([True, True], False)


def test_thresholds_are_those_that_the_recipe_says():
    assert (
        module.MARGIN,
        module.SIGNIFICANT,
        module.SIZE_TOLERANCE,
        module.POINTS_PER_DIRECTION,
    ) == (0.05, 3.0, 0.02, 10)


def test_the_exact_score_is_reliable():
    sphere_score = SphereScore(torch.eye(4))
    reliability = assess_reliability(
        score_function_model(sphere_score, sphere(), (0.05, 0.2)), (0.05, 0.2)
    )
    assert reliability.levels.all()
    assert reliability.learned


def test_a_score_that_knows_nothing_of_a_sphere_was_not_learned():
    reliability = assess_reliability(untrained(sphere()), (0.05, 0.2))
    assert reliability.levels.all()
    assert not reliability.learned


def test_of_normal_data_there_is_nothing_more_to_learn():
    points = torch.randn(2000, 4, generator=GENERATOR, dtype=torch.float64)
    assert assess_reliability(untrained(points * torch.tensor([1, 2, 0.5, 1])), (0.05, 0.2)).learned


def test_normal_data_are_known_from_others_by_their_kurtosis():
    normal = torch.randn(500, 6, generator=GENERATOR)
    assert looks_normal(normal * 3)
    cube = (torch.rand(500, 6, generator=GENERATOR) - 0.5) * 12**0.5
    assert not looks_normal(cube)


@pytest.mark.parametrize(("count", "dimension"), [(40, 5), (300, 100), (200, 2)])
def test_the_kurtosis_of_few_normal_points_has_its_exact_moments(count, dimension):
    generator = torch.Generator().manual_seed(1)
    results = []
    for _ in range(400):
        z = torch.randn(count, dimension, generator=generator, dtype=torch.float64)
        z = z - z.mean(0)
        inverse = torch.linalg.inv(z.T @ z / count)
        results.append(((z @ inverse) * z).sum(1).square().mean())
    results = torch.stack(results)
    mean, variance = mardia(count, dimension)
    assert float(results.mean()) == pytest.approx(mean, abs=4 * (variance / 400) ** 0.5)
    assert float(results.var()) == pytest.approx(variance, rel=0.35)


def test_normal_points_that_are_few_for_their_dimension_look_normal():
    generator = torch.Generator().manual_seed(2)
    points = torch.randn(300, 100, generator=generator, dtype=torch.float64)
    assert looks_normal(principal_frame(points, 1e-6).coordinates(points))


def test_rounding_of_single_precision_is_no_direction():
    generator = torch.Generator().manual_seed(2)
    points = torch.randn(2000, 3, generator=generator) @ torch.randn(3, 30, generator=generator)
    z = principal_frame(points.double(), -1.0).coordinates(points)
    assert z.shape == (2000, 30)
    assert looks_normal(z)
