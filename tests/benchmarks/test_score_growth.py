"""Time of a training step and of an estimate against D: ``tox -e bench``.

n is the number of points in a step. Networks are as wide as an estimator makes them for points that
span all of R^D; images of D pixels have a U-Net.
"""

import math

import numpy as np
import pytest
import torch
from score_parts import SIGMAS, recipe, spectra, trainer, untrained

from estimators.score import spectrum

pytestmark = pytest.mark.benchmark

#: Sizes n, D of the steps of each network.
STEPS = {
    "residual": [*((n, 100) for n in (128, 256, 512, 1024)), *((512, D) for D in (50, 200, 400))],
    "unet": [*((n, 256) for n in (8, 16, 32, 64)), *((16, D) for D in (64, 576, 1024))],
}


def own_recipe(network, batch, ambient):
    if network == "residual":
        return recipe(width=None, batch=batch)
    side = math.isqrt(ambient)
    return recipe(network=network, width=None, batch=batch, shape=(1, side, side))


@pytest.mark.benchmark(group="training step")
@pytest.mark.parametrize(
    ("network", "n", "ambient"),
    [(network, *size) for network, sizes in STEPS.items() for size in sizes],
)
def test_training_step(network, n, ambient, timed):
    points = np.random.default_rng(0).standard_normal((2000, ambient))
    _, _, steps = trainer(points, own_recipe(network, n, ambient))
    timed(lambda: steps(1), network=network, n=n, D=ambient)


ESTIMATORS = {
    "scores and spectra": lambda network, z, matrices: spectra(network, z, SIGMAS[:1]),
    "spectra (Gram matrix, float64)": lambda network, z, matrices: spectrum.singular_values(
        matrices
    ),
    "torch.linalg.svdvals": lambda network, z, matrices: torch.linalg.svdvals(matrices),
}


@pytest.mark.benchmark(group="reading of a point at one noise level")
@pytest.mark.parametrize("ambient", [100, 200, 400, 800])
@pytest.mark.parametrize("what", ESTIMATORS)
def test_estimate(what, ambient, timed, monkeypatch):
    # Any numbers will do for points, and any axes: of full rank is what the network takes.
    numbers = np.random.default_rng(0).standard_normal((100, ambient))
    network, z = untrained(numbers, principal=False)
    real, seen = spectrum.singular_values, []

    def singular_values(matrices):
        seen.append(matrices)
        return real(matrices)

    with monkeypatch.context() as patch:
        patch.setattr(spectrum, "singular_values", singular_values)
        spectra(network, z[:1], SIGMAS[:1])
    (matrices,) = seen
    assert matrices.shape[0] == 1
    assert matrices.shape[2] == ambient
    timed(lambda: ESTIMATORS[what](network, z[:1], matrices), reading=what, D=ambient)
