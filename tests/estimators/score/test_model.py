"""The network that serves a noise level, losses and held-out points of a model."""

import numpy as np
import pytest
import torch
from exact_scores import AffineScore

from estimators.score.frame import Frame
from estimators.score.model import LevelwiseNetwork, ScoreModel
from estimators.score.network import ScoreModule
from estimators.score.recipe import Recipe, order_of_rows
from estimators.score.train_or_load import TrainingRun, frame_of
from estimators.score.validation import denoising_losses


class Constant(ScoreModule):
    """A network whose score is a number everywhere."""

    def __init__(self, value):
        super().__init__()
        self.value = value

    def score(self, z, sigma):
        return torch.full_like(z, self.value)


def levelwise():
    """Three networks that serve the levels 0.01, 0.1, 1 and 10."""
    networks = [Constant(value) for value in (1.0, 2.0, 3.0)]
    return LevelwiseNetwork(networks, [0.01, 0.1, 1.0, 10.0], [2, 0, 1, 0])


@pytest.mark.parametrize(
    ("sigma", "expected"),
    [
        *[(0.001, 3), (0.01, 3), (0.0316, 3), (0.0317, 1), (0.1, 1), (0.316, 1)],
        *[(0.317, 2), (1.0, 2), (3.16, 2), (3.17, 1), (50.0, 1)],
    ],
)
def test_each_level_is_served_by_the_network_of_the_nearest_one(sigma, expected):
    scores = levelwise().score(torch.zeros(4, 2), torch.full((4,), sigma))
    assert scores.tolist() == [[expected] * 2] * 4


def test_rows_of_different_levels_are_served_by_different_networks():
    sigma = torch.tensor([0.1, 1.0, 0.01, 0.1, 10.0, 1.0])
    scores = levelwise().score(torch.zeros(6, 2), sigma)
    assert scores[:, 0].tolist() == [1, 2, 3, 1, 1, 2]
    assert torch.equal(scores[:, 0], scores[:, 1])


def test_losses_without_folds_are_those_on_held_out_points():
    scales = torch.tensor([1.0, 0.2]).double()
    frame = Frame(torch.zeros(2).double(), 1.0, torch.eye(2).double(), scales)
    z = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
    score = AffineScore(torch.zeros(2), torch.eye(2), torch.ones(2))
    result = ScoreModel(score, frame, z, True).losses((0.1, 0.5))
    expected = denoising_losses(score, z, scales, (0.1, 0.5), 0)
    for name, values in vars(result).items():
        assert torch.equal(values, getattr(expected, name)), name


RECIPE = Recipe("residual", 8, 1, 10, 8, 1e-3, (0.05, 1.0), 5, 2)


@pytest.mark.parametrize("seed", [0, 3])
def test_the_first_rows_are_held_out_and_no_others(seed):
    points = np.random.default_rng(8).standard_normal((60, 3))
    run = TrainingRun(points, RECIPE, seed, torch.device("cpu"))
    order = order_of_rows(60, seed)
    assert sorted(order) == list(range(60))
    held, rest = torch.from_numpy(points[order[:6]]), torch.from_numpy(points[np.sort(order[6:])])
    assert torch.equal(run.held_out, run.frame.coordinates(held))
    assert torch.equal(run.z, run.frame.coordinates(rest))
    assert not np.array_equal(order, order_of_rows(60, seed + 1))


@pytest.mark.parametrize(("scale", "rank"), [(0.0015, 2), (0.0009, 1)])
def test_axes_below_a_twentieth_of_the_lowest_level_are_left_out(scale, rank):
    # The lowest level is 0.02 of the unit: 0.001.
    angle = torch.linspace(0, 40, 2000, dtype=torch.float64)
    wide, thin = angle.sin(), scale * angle.cos()
    points = torch.stack([wide / wide.std(), thin / wide.std()], 1)
    recipe = Recipe("residual", 8, 1, 10, 8, 1e-3, (0.02, 1.0), 5, 2)
    assert len(frame_of(points, recipe).scales) == rank
