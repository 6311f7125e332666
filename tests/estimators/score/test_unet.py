import math

import pytest
import torch

from estimators.score.unet import ConvResidualBlock, ImageNetwork, resolutions

TINY = {"width": 8, "blocks": 1}


def tiny(shape=(1, 8, 8), deviation=1.0, *, trained=True, **changes) -> ImageNetwork:
    """A small network; ``trained``: with a last layer that is not zero."""
    torch.manual_seed(0)
    network = ImageNetwork(shape, deviation, **{**TINY, **changes})
    if trained:
        torch.nn.init.normal_(network.exit.weight, std=0.1)
    return network


def noisy(count: int, ambient: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows and noise levels, each row with its own."""
    generator = torch.Generator().manual_seed(1)
    level = torch.logspace(-2, 1, count)
    return (1 + level[:, None]) * torch.randn(count, ambient, generator=generator), level


@pytest.mark.parametrize("deviation", [1.0, 0.3])
def test_untrained_network_has_the_exact_score_of_isotropic_normal_data(deviation):
    network = tiny(deviation=deviation, trained=False)
    x, sigma = noisy(20, 64)
    with torch.no_grad():
        torch.testing.assert_close(
            network.score(x, sigma), -x / (deviation**2 + sigma[:, None] ** 2)
        )
        assert not torch.equal(network.entry.weight, torch.zeros_like(network.entry.weight))


@pytest.mark.parametrize("deviation", [1.0, 0.3])
def test_preconditioning_is_that_of_edm(deviation):
    # With a constant F the denoiser of Table 1 is written down; at the smallest levels float32
    # would lose the noise in a difference of z and the denoised image.
    network = tiny(deviation=deviation, trained=False)
    torch.nn.init.constant_(network.exit.bias, 0.7)
    z, level = noisy(20, 64)
    level = level / 100
    with torch.no_grad():
        noise = network.noise_estimate(z, level)
    wide, sigma = z.double(), level.double()[:, None]
    total = deviation**2 + sigma**2
    denoised = wide * deviation**2 / total + sigma * deviation / total.sqrt() * 0.7
    torch.testing.assert_close(noise.double(), (wide - denoised) / sigma, rtol=2e-6, atol=2e-6)


def test_images_and_noise_levels_reach_the_network_scaled():
    network = tiny((3, 6, 10), 0.5)
    seen = []
    network.entry.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    network.noise[0].register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    z, level = noisy(5, 180)
    network.noise_estimate(z, level)
    features, images = seen
    expected = z.reshape(5, 3, 6, 10) / (0.25 + level**2).sqrt()[:, None, None, None]
    torch.testing.assert_close(images, expected)
    slowest = features[:, 0]  # cos(pi/8 c_noise)
    torch.testing.assert_close(slowest, torch.cos(math.pi / 8 * level.log() / 4))


@pytest.mark.parametrize(
    ("shape", "lowest"),
    [
        ((1, 28, 28), (7, 7)),
        ((1, 8, 8), (4, 4)),
        ((1, 32, 32), (4, 4)),
        ((3, 15, 17), (15, 17)),
        ((3, 12, 18), (6, 9)),
        ((2, 1, 5), (1, 5)),
    ],
)
def test_images_of_all_shapes(shape, lowest):
    network = tiny(shape)
    assert resolutions(*shape[1:])[-1] == lowest
    seen = []
    network.middle[0].register_forward_hook(lambda module, given, out: seen.append(out.shape))
    z, level = noisy(3, math.prod(shape))
    with torch.no_grad():
        noise = network.noise_estimate(z, level)
    assert seen == [(3, 8 if lowest == shape[1:] else 16, *lowest)]
    assert noise.shape == z.shape
    assert noise.isfinite().all()


@pytest.mark.parametrize(
    ("shape", "deviation", "width", "message"),
    [
        ((8, 8), 1.0, 8, r"\(channels, height, width\), not \(8, 8\)"),
        ((1, 0, 8), 1.0, 8, "not"),
        ((1, 8, 8), 0.0, 8, "deviation"),
        ((1, 8, 8), math.nan, 8, "deviation"),
        ((1, 8, 8), 1.0, 10, "multiple of 4"),
    ],
)
def test_senseless_networks_are_refused(shape, deviation, width, message):
    with pytest.raises(ValueError, match=message):
        ImageNetwork(shape, deviation, width=width)


def test_rows_do_not_depend_on_each_other():
    network = tiny((1, 12, 10))
    z, level = noisy(7, 120)
    order = torch.tensor([3, 0, 6, 2, 5, 1, 4])
    with torch.no_grad():
        noise = network.noise_estimate(z, level)
        torch.testing.assert_close(network.noise_estimate(z[order], level[order]), noise[order])
        torch.testing.assert_close(network.noise_estimate(z[2:3], level[2:3]), noise[2:3])
        other = network.noise_estimate(z[[2, 2]], level[[2, 5]])
    # The last layer is not zero: both rows and levels matter beyond the linear denoiser.
    gain = level / (1 + level**2)
    changes = other - z[[2, 2]] * gain[[2, 5], None]
    by_level = (1 + level[[2, 5]] ** 2).sqrt()[:, None]
    assert (changes * by_level).diff(dim=0).abs().max() > 0.01


def test_gradient_reaches_every_parameter_after_one_step():
    network = tiny(trained=False)
    z, level = noisy(6, 64)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2)
    for _ in range(2):
        optimiser.zero_grad()
        torch.autograd.backward((network.noise_estimate(z, level) - 1).square().mean())
        largest = {name: float(p.grad.abs().max()) for name, p in network.named_parameters()}
        optimiser.step()
    assert [name for name, gradient in largest.items() if not gradient > 1e-6] == []


def test_half_precision_is_confined_to_the_network():
    network = tiny()
    z, level = noisy(10, 64)
    with torch.no_grad():
        exact = network.noise_estimate(z, level)
        with torch.autocast("cpu", torch.bfloat16):
            noise = network.noise_estimate(z, level)
        torch.nn.init.zeros_(network.exit.weight)
        with torch.autocast("cpu", torch.bfloat16):
            linear = network.noise_estimate(z, level)
    assert noise.dtype == torch.float32
    assert not torch.equal(noise, exact)
    torch.testing.assert_close(noise, exact, rtol=0.05, atol=0.05)
    torch.testing.assert_close(linear, z * (level / (1 + level**2))[:, None])


def test_attention_is_where_pixels_are_few():
    def attending(network):
        blocks = [part for part in network.modules() if isinstance(part, ConvResidualBlock)]
        return [not isinstance(block.attention, torch.nn.Identity) for block in blocks]

    # One block down and two up at each of 16x16, 8x8 and 4x4, and two in the middle.
    ups = [True] * 4 + [False] * 2
    assert attending(tiny((1, 16, 16))) == [False, True, True, *ups, True, False]
    assert attending(tiny((1, 15, 17))) == [True, True, True, True, False]


def squares(count: int) -> torch.Tensor:
    """8x8 images of one 3x3 square anywhere, as bright as U(0, 1); centred, of deviation 1."""
    generator = torch.Generator().manual_seed(2)
    corner = torch.randint(6, (count, 2, 1), generator=generator)
    inside = (torch.arange(8) >= corner) & (torch.arange(8) < corner + 3)
    bright = torch.rand(count, 1, 1, generator=generator)
    images = (bright * inside[:, 0, :, None] * inside[:, 1, None, :]).flatten(1)
    images = images - images.mean(0)
    return images / images.square().mean().sqrt()


@pytest.mark.slow
def test_training_denoises_far_better_than_linearly():
    images = squares(6000)
    known, fresh = images[:5000], images[5000:]
    generator = torch.Generator().manual_seed(3)
    network = tiny(trained=False)
    steps, rate = 150, 3e-3
    optimiser = torch.optim.Adam(network.parameters())
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = rate * min(1, (step + 1) / 20, 2 * (steps - step) / steps)
        z = known[torch.randint(len(known), (64,), generator=generator)]
        level = torch.empty(64).uniform_(-1.2, 0.3, generator=generator).exp()
        noise = torch.randn(z.shape, generator=generator)
        error = network.noise_estimate(z + level[:, None] * noise, level) - noise
        optimiser.zero_grad()
        torch.autograd.backward(error.square().mean())
        optimiser.step()
    covariance = known.T @ known / len(known)
    for sigma in (0.5, 1.0):
        noise = torch.randn(fresh.shape, generator=generator)
        z = fresh + sigma * noise
        with torch.no_grad():
            predicted = network.noise_estimate(z, torch.full((len(z),), sigma))
        # The best linear denoiser, which knows the covariance of the pixels.
        linear = sigma * torch.linalg.solve(covariance + sigma**2 * torch.eye(64), z.T).T
        loss = (predicted - noise).square().mean()
        assert loss < (linear - noise).square().mean() / 3
        assert loss < sigma**2 / (1 + sigma**2)


def test_many_images_are_worked_on_in_parts_with_the_same_result(monkeypatch):
    network = tiny().requires_grad_(False)
    x, sigma = noisy(20, 64)
    with torch.no_grad():
        whole = network.score(x, sigma)
        monkeypatch.setattr("estimators.score.unet.MAP", 8 * 64 * 3)
        torch.testing.assert_close(network.score(x, sigma), whole, rtol=1e-3, atol=1e-4)
