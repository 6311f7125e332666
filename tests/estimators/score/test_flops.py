import pytest
import torch

from estimators.score.network import training_flops
from estimators.score.stanczuk2024 import PublishedNetwork
from estimators.score.unet import ImageNetwork


def test_published_step_is_counted_as_by_hand():
    with torch.device("meta"):
        network = PublishedNetwork(100)
    found = training_flops(network, 100, 500)
    # Forward 2 operations a weight and point, backward twice that.
    weights = 101 * 2048 + 5 * 2048 * 2048 + 2048 * 100
    assert found == pytest.approx(6 * weights * 500, rel=0.02)
    assert found == pytest.approx(64e9, rel=0.02)
    # To the last operation: the gradient of the input is not asked for.
    assert found == 6 * weights * 500 - 2 * 101 * 2048 * 500


def test_operations_grow_with_the_batch():
    network = ImageNetwork((1, 8, 8), 1.0, width=8, blocks=1)
    assert training_flops(network, 64, 60) == 20 * training_flops(network, 64, 3)


def test_convolutions_are_counted_at_each_pixel():
    network = ImageNetwork((1, 28, 28), 1.0, width=16, blocks=1)
    sizes = {}

    def note(module, given, out):
        pixels = out.shape[2] * out.shape[3] if out.dim() == 4 else 1
        sizes[module] = 6 * module.weight.numel() * pixels

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(note)
    with torch.no_grad():
        network.noise_estimate(torch.randn(1, 784), torch.ones(1))
    # Attention multiplies pixels by pixels, too; the gradient of the image is not asked for.
    expected = sum(sizes.values())
    assert training_flops(network, 784, 1) == pytest.approx(expected, rel=0.03)


def test_counting_leaves_the_network_alone():
    network = PublishedNetwork(5, width=8, hidden=1).requires_grad_(False)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.no_grad():
        assert training_flops(network, 5, 10) > 0
    for name, weights in network.named_parameters():
        assert weights.device.type == "cpu"
        assert weights.grad is None
        assert not weights.requires_grad
        assert torch.equal(weights, before[name])
