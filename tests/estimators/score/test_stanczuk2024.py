import math
from dataclasses import replace

import pytest
import torch

from estimators.score.network import training_flops
from estimators.score.stanczuk2024 import PublishedNetwork, published_recipe
from estimators.score.train_or_load import train_or_load


def small() -> PublishedNetwork:
    torch.manual_seed(0)
    return PublishedNetwork(6, width=16, hidden=2)


def labels(network: PublishedNetwork) -> list[torch.Tensor]:
    """Record the inputs of the entry layer in later calls."""
    seen: list[torch.Tensor] = []
    network.layers[0].register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    return seen


def test_layers_are_the_published_ones():
    with torch.device("meta"):
        network = PublishedNetwork(100)
    count = sum(weights.numel() for weights in network.parameters())
    # Weights and biases: (100 + 1) -> 2048, five times 2048 -> 2048, 2048 -> 100.
    assert count == 101 * 2048 + 2048 + 5 * (2048 * 2048 + 2048) + 2048 * 100 + 100 == 21_395_556
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds == ["Linear", "ELU"] * 6 + ["Linear"]


def test_time_is_the_last_input_as_a_label_from_0_to_999():
    network = small()
    seen = labels(network)
    levels = torch.tensor([0.01, 4.0, 0.2])  # 0.2 is the geometric mean
    z = torch.arange(18.0).reshape(3, 6)
    network.noise_estimate(z, levels)
    torch.testing.assert_close(seen[0][:, :6], z)
    expected = torch.tensor([0.0, 999.0, 499.5])
    torch.testing.assert_close(seen[0][:, 6], expected, rtol=1e-6, atol=1e-3)
    torch.testing.assert_close(network.level(network.time(levels)), levels)


def test_network_predicts_the_noise():
    network = small()
    x, sigma = torch.randn(4, 6), torch.tensor([0.01, 0.1, 1.0, 4.0])
    label = 999 * (sigma / 0.01).log() / math.log(400)
    with torch.no_grad():
        output = network.layers(torch.cat([x, label[:, None]], 1))
        torch.testing.assert_close(network.noise_estimate(x, sigma), output)
        torch.testing.assert_close(network.score(x, sigma), -output / sigma[:, None])


def test_points_are_not_lost_beside_the_label_in_half_precision():
    network = small()
    x, sigma = torch.randn(4, 6), torch.full((4,), 2.0)
    with torch.no_grad():
        exact = network.noise_estimate(x, sigma)
        with torch.autocast("cpu", torch.bfloat16):
            torch.testing.assert_close(network.noise_estimate(x, sigma), exact)


def test_senseless_levels_are_refused():
    with pytest.raises(ValueError, match="sigma_min < sigma_max"):
        PublishedNetwork(3, sigma_min=1.0, sigma_max=0.5)


def test_training_is_the_published_one():
    recipe = published_recipe(20)
    assert (recipe.batch, recipe.learning_rate, recipe.warmup, recipe.clip) == (500, 2e-5, 5000, 1)
    assert (recipe.width, recipe.blocks, recipe.levels) == (2048, 5, (0.01, 4.0))
    # 1/2 g^2 |score + noise / sigma|^2 with g^2 = 2 sigma^2 log(4 / 0.01).
    assert recipe.loss_scale == pytest.approx(math.log(400))
    assert recipe.mean_share(10) == 1
    small = replace(recipe, width=64, check_every=5, warmup=5, learning_rate=1e-3)
    points = torch.nn.functional.normalize(torch.randn(300, 10, dtype=torch.float64), dim=1)
    cpu = torch.device("cpu")
    model = train_or_load(points.numpy(), small, seed=0, device=cpu, cache=None)
    assert model.frame.unit == 1
    assert model.report.loss[-5:].mean() < model.report.loss[:2].mean()


def test_published_runs_took_the_flops_of_the_paper():
    with torch.device("meta"):
        network = PublishedNetwork(100)
    assert training_flops(network, 100, 500) == pytest.approx(64e9, rel=0.02)
