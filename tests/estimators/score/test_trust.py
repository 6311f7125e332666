import torch

from estimators.score.frame import principal_frame
from estimators.score.model import ScoreModel, looks_normal, model_of_score
from estimators.score.network import ScoreNetwork
from estimators.score.oracle import SphereScore
from estimators.score.trust import trust, trusted_levels
from estimators.score.watch import Losses

GENERATOR = torch.Generator().manual_seed(0)


def untrained(points):
    frame = principal_frame(points, 1e-3)
    network = ScoreNetwork(frame, width=8, blocks=1).requires_grad_(False)
    z = frame.coordinates(points)
    return ScoreModel(network.score, frame, z, looks_normal(z))


def sphere(count=2000, dimension=3):
    z = torch.randn(count, dimension + 1, generator=GENERATOR, dtype=torch.float64)
    return torch.nn.functional.normalize(z, dim=1)


def test_levels_are_trusted_where_the_score_beats_the_linear_denoiser():
    linear = torch.tensor([41.0, 40.6, 39.4, 25.0])
    losses = torch.tensor([41.2, 40.58, 38.6, 24.9])
    gain = torch.tensor([-5.0, 4.0, 9.0, 2.0])
    assert trusted_levels(Losses(losses, linear, gain)).tolist() == [False, False, True, False]


def test_the_exact_score_is_trusted():
    points = sphere()
    found = trust(model_of_score(SphereScore(torch.eye(4)), points), (0.05, 0.2))
    assert found.levels.all()
    assert found.learned


def test_a_score_that_knows_nothing_of_a_sphere_was_not_learned():
    found = trust(untrained(sphere()), (0.05, 0.2))
    assert found.levels.all()
    assert not found.learned


def test_of_normal_data_there_is_nothing_more_to_learn():
    points = torch.randn(2000, 4, generator=GENERATOR, dtype=torch.float64)
    assert trust(untrained(points * torch.tensor([1, 2, 0.5, 1])), (0.05, 0.2)).learned


def test_normal_data_are_told_from_others_by_their_kurtosis():
    normal = torch.randn(500, 6, generator=GENERATOR)
    assert looks_normal(normal * 3)
    cube = (torch.rand(500, 6, generator=GENERATOR) - 0.5) * 12**0.5
    assert not looks_normal(cube)
