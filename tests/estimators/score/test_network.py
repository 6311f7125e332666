import pytest
import torch

from estimators.score.frame import principal_frame
from estimators.score.network import ScoreNetwork
from estimators.score.oracle import AffineScore


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
            found = network.score(exact.coordinates(x), torch.full((50,), level / exact.unit))
        torch.testing.assert_close(found / exact.unit, expected, rtol=1e-3, atol=1e-4 / level)


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
        found = model.ambient_score(standard, torch.full((50,), 0.3 / exact.unit))
    torch.testing.assert_close(found / exact.unit, expected, rtol=1e-3, atol=1e-3)


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
            found = network.noise_estimate(z, level)
        change = own_shift + own_gain * z * s / total
        expected = z * 0.4 / total - s / total.sqrt() * change / 0.4
        torch.testing.assert_close(found, expected)
        assert not torch.allclose(found, z * 0.4 / total)


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
        """What is added to the linear denoiser, at the same whitened input."""
        total = s**2 + own**2
        at = z * total / s
        noise = network.noise_estimate(at, torch.full((50,), own))
        return (at * own / total - noise) * own * total.sqrt() / s

    assert not torch.allclose(added(level), added(0.2), rtol=1e-2, atol=1e-2)
