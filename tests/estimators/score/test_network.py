import numpy as np
import pytest
import torch

from estimators.score.network import ScoreNetwork, principal_frame
from estimators.score.oracle import AffineScore
from estimators.score.training import Recipe, train


def gaussian(count: int = 20_000) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Normal points on a 3-dimensional subspace of R^8, its frame and standard deviations."""
    generator = torch.Generator().manual_seed(0)
    frame = torch.linalg.qr(torch.randn(8, 3, generator=generator, dtype=torch.float64))[0]
    scales = torch.tensor([3.0, 1.0, 0.2], dtype=torch.float64)
    latent = torch.randn(count, 3, generator=generator, dtype=torch.float64)
    # Made exactly white, so that the sample's covariance is that of the law.
    latent = latent - latent.mean(0)
    latent = latent @ torch.linalg.inv(torch.linalg.cholesky(latent.T @ latent / count)).T
    return (latent * scales) @ frame.T + 5.0, frame, scales


def test_untrained_network_has_the_exact_score_of_normal_data():
    points, frame, scales = gaussian()
    exact = principal_frame(points, 1e-3)
    network = ScoreNetwork(exact, width=16, blocks=1)
    oracle = AffineScore(torch.full((8,), 5.0), frame, scales)
    generator = torch.Generator().manual_seed(1)
    for level in (0.05, 0.3, 2.0):
        x = points[:50] + level * torch.randn(50, 8, generator=generator)
        expected = oracle(x, torch.full((50,), level).double()).float()
        with torch.no_grad():
            found = network.score(exact.standardise(x), torch.full((50,), level / exact.unit))
        torch.testing.assert_close(found / exact.unit, expected, rtol=1e-3, atol=1e-4 / level)


def test_frame_keeps_the_axes_that_vary():
    points, _, scales = gaussian()
    frame = principal_frame(points, 1e-3)
    assert frame.axes.shape == (8, 3)
    torch.testing.assert_close(frame.scales * frame.unit, scales)
    coordinates = frame.standardise(points) @ frame.axes.float()
    torch.testing.assert_close(coordinates.square().mean(0).sqrt(), frame.scales.float())


@pytest.mark.parametrize("factor", [1e-200, 1e-6, 1e6, 1e200])
def test_frame_follows_the_unit_of_the_data(factor):
    points, _, _ = gaussian(200)
    frame, scaled = principal_frame(points, 1e-3), principal_frame(points * factor, 1e-3)
    assert scaled.unit == pytest.approx(frame.unit * factor)
    torch.testing.assert_close(scaled.scales, frame.scales)


def test_unit_does_not_depend_on_constant_coordinates():
    points, _, _ = gaussian(200)
    padded = torch.cat([points, torch.ones(200, 30)], 1)
    assert principal_frame(padded, 1e-3).unit == pytest.approx(principal_frame(points, 1e-3).unit)


def recipe(**changes) -> Recipe:
    facts = {"steps": 40, "batch": 32, "learning_rate": 1e-3, "levels": (0.05, 1.0)}
    return Recipe(**{**facts, "check_every": 10, **changes})


def small_network() -> tuple[ScoreNetwork, torch.Tensor]:
    points, _, _ = gaussian(200)
    frame = principal_frame(points, 1e-3)
    return ScoreNetwork(frame, width=16, blocks=1), frame.standardise(points) @ frame.axes.float()


def test_noise_levels_come_down_to_the_lowest():
    levels = [recipe().levels_at(step) for step in range(40)]
    assert levels[0] == (pytest.approx(0.3), 1.0)
    assert [low for low, _ in levels] == sorted((low for low, _ in levels), reverse=True)
    assert levels[12] == levels[-1] == (0.05, 1.0)
    assert recipe(levels=(0.5, 1.0)).levels_at(0) == (0.5, 1.0)


def test_training_goes_to_its_budget_unless_it_settles():
    network, z = small_network()
    asked = []

    def never(mean):
        asked.append(mean)
        return False

    generator = torch.Generator().manual_seed(0)
    assert train(network, z, recipe(), generator, never).loss.shape == (40,)
    assert len(asked) == 1  # at step 20: before it levels come down, from 30 on the rate decays
    network, z = small_network()
    assert train(network, z, recipe(), generator, lambda mean: True).loss.shape == (27,)


def test_training_that_breaks_down_says_at_which_step():
    network, z = small_network()
    z[0, 0] = np.nan
    with pytest.raises(RuntimeError, match="not finite at step 10"):
        train(network, z, recipe(batch=500), torch.Generator().manual_seed(0), lambda mean: False)
