"""Score models that are not trained, or in training, for benchmarks of steps and of estimates."""

import torch

import estimators
import manifolds
from estimators.score.frame import plain_frame, principal_frame
from estimators.score.network import ScoreNetwork
from estimators.score.recipe import Recipe
from estimators.score.spectrum import score_spectra
from estimators.score.train_or_load import TrainingRun, width_for
from estimators.score.training import train
from estimators.score.validation import Validation

CPU = torch.device("cpu")
SCORES_PER_DIMENSION = estimators.get("score-svd").scores_per_dimension
SIGMAS = (0.05, 0.1, 0.14, 0.2, 0.28)


def recipe(**changes) -> Recipe:
    facts = {"network": "residual", "width": 192, "blocks": 3, "steps": 5000, "batch": 512}
    facts |= {"learning_rate": 2e-3, "levels": (0.02, 1.0), "check_every": 10**6, "patience": 8}
    return Recipe(**{**facts, **changes})


class Blind(Validation):
    """A validation that evaluates nothing."""

    def evaluate(self, network):
        self.dimensions = [torch.zeros(1)]
        return "learning"


def sphere(dimension, seed=0, ambient=100, n=5000):
    return manifolds.get("sphere", dimension=dimension, ambient=ambient).sample(n, seed).points


def trainer(points, own, seed=0):
    """A training run, its state, and what trains it for so many more steps."""
    run = TrainingRun(points, own, seed, CPU)
    state, validation = run.begin()
    validation.__class__ = Blind

    def steps(count):
        state.last = state.step + count
        train(state, run.z, own, validation)

    return run, state, steps


def untrained(points, principal=True):
    """An untrained network for points, and their coordinates."""
    given = torch.from_numpy(points)
    frame = principal_frame(given, 1e-3) if principal else plain_frame(given)
    network = ScoreNetwork(frame, width=width_for(frame, recipe()), blocks=3)
    torch.nn.init.normal_(network.exit.weight, std=0.01)
    return network.requires_grad_(False), frame.coordinates(given)


def spectra(network, z, sigmas=SIGMAS):
    generator = torch.Generator().manual_seed(0)
    return score_spectra(
        network.score, z, sigmas, per_dimension=SCORES_PER_DIMENSION, generator=generator
    )
