import pytest
import torch
from exact_scores import AffineScore

from estimators.score.frame import principal_frame
from estimators.score.network import ScoreNetwork, training_flops
from estimators.score.stanczuk2024 import PublishedNetwork
from estimators.score.unet import ImageNetwork


def test_untrained_network_has_the_exact_score_of_normal_data(gaussian):
    points, frame, scales = gaussian()
    exact = principal_frame(points, 1e-3)
    network = ScoreNetwork(exact, width=16, blocks=1)
    oracle = AffineScore(torch.full((8,), 5.0), frame, scales)
    generator = torch.Generator().manual_seed(1)
    for level in (0.05, 0.3, 2.0):
        x = points[:50] + level * torch.randn(50, 8, generator=generator)
        expected = oracle(x, torch.full((50,), level).double()).float() @ exact.axes.float()
        with torch.no_grad():
            scores = network.score(exact.coordinates(x), torch.full((50,), level / exact.unit))
        torch.testing.assert_close(scores / exact.unit, expected, rtol=1e-3, atol=1e-4 / level)


def test_score_in_all_directions_is_pure_noise_outside_of_the_span(gaussian):
    from estimators.score.model import ScoreModel

    points, frame, scales = gaussian()
    exact = principal_frame(points, 1e-3)
    network = ScoreNetwork(exact, width=16, blocks=1)
    model = ScoreModel(network.score, exact, exact.coordinates(points[:10]), True)
    oracle = AffineScore(torch.full((8,), 5.0), frame, scales)
    x = points[:50] + 0.3 * torch.randn(50, 8, generator=torch.Generator().manual_seed(1))
    expected = oracle(x, torch.full((50,), 0.3).double()).float()
    standard = ((x - exact.mean) / exact.unit).float()
    with torch.no_grad():
        scores = model.ambient_score(standard, torch.full((50,), 0.3 / exact.unit))
    torch.testing.assert_close(scores / exact.unit, expected, rtol=1e-3, atol=1e-3)


def test_the_two_outputs_are_a_shift_and_a_gain_on_the_whitened_estimate(gaussian):
    points, _, _ = gaussian(200)
    frame = principal_frame(points, 1e-3)
    network = ScoreNetwork(frame, width=8, blocks=1)
    z, level = torch.randn(50, 3), torch.full((50,), 0.4)
    s = frame.scales.float()
    total = s**2 + 0.4**2
    shift, gain = torch.tensor([0.3, -0.2, 0.1]), torch.tensor([0.5, 2.0, -1.0])
    for own_shift, own_gain in ((shift, 0 * gain), (0 * shift, gain), (shift, gain)):
        with torch.no_grad():
            network.exit.bias.copy_(torch.cat([own_shift, own_gain]))
            noise = network.noise_estimate(z, level)
        change = own_shift + own_gain * z * s / total
        expected = z * 0.4 / total - s / total.sqrt() * change / 0.4
        torch.testing.assert_close(noise, expected)
        assert not torch.allclose(noise, z * 0.4 / total)


@pytest.mark.parametrize("level", [0.02, 1.0])
def test_the_noise_level_moves_what_a_network_adds(gaussian, level):
    points, _, _ = gaussian(200)
    frame = principal_frame(points, 1e-3)
    torch.manual_seed(0)
    network = ScoreNetwork(frame, width=8, blocks=1).requires_grad_(False)
    torch.nn.init.normal_(network.exit.weight)
    z = torch.randn(50, 3)
    s = frame.scales.float()

    def added(own):
        """Return the difference to the linear denoiser, at the same whitened input."""
        total = s**2 + own**2
        at = z * total / s
        noise = network.noise_estimate(at, torch.full((50,), own))
        return (at * own / total - noise) * own * total.sqrt() / s

    assert not torch.allclose(added(level), added(0.2), rtol=1e-2, atol=1e-2)


def test_published_step_is_counted_as_by_hand():
    with torch.device("meta"):
        network = PublishedNetwork(100)
    result = training_flops(network, 100, 500)
    # Forward 2 operations a weight and point, backward twice that.
    weights = 101 * 2048 + 5 * 2048 * 2048 + 2048 * 100
    assert result == pytest.approx(6 * weights * 500, rel=0.02)
    assert result == pytest.approx(64e9, rel=0.02)
    # To the last operation, without the gradient of the input.
    assert result == 6 * weights * 500 - 2 * 101 * 2048 * 500


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
    # Attention multiplies pixels by pixels, too; the gradient of the image is not needed.
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
