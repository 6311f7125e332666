"""A score network for images: a small U-Net in the EDM preconditioning.

Karras et al. 2022 (arXiv 2206.00364), Table 1, with the standard deviation s of the pixels in the
place of sigma_data: at noise level sigma

    denoised = c_skip z + c_out F(c_in z, c_noise),   c_skip = s^2 / (s^2 + sigma^2),
    c_out = s sigma / sqrt(s^2 + sigma^2),            c_in = 1 / sqrt(s^2 + sigma^2),

and c_noise = log(sigma) / 4. F = 0, with which the training starts, is the Wiener denoiser of
isotropic data. F is a U-Net such as DDPM++ (Song et al. 2021, arXiv 2011.13456): residual blocks,
to which the noise level gives a scale and a shift, at every resolution, and attention between the
pixels where these are few.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from estimators.score.network import ScoreModule

#: Features of the noise level that all residual blocks are given, in units of the width.
EMBEDDING = 4
#: Numbers in a feature map of the full resolution that is worked on without gradients at a time.
MAP = 2**26
#: Pixels up to which a resolution has attention; the lowest always has it.
ATTENDED = 64


def resolutions(height: int, width: int) -> list[tuple[int, int]]:
    """Return the resolutions of a U-Net: halved as long as both sides are even and above 7."""
    sizes = [(height, width)]
    while min(sizes[-1]) > 7 and not any(side % 2 for side in sizes[-1]):
        sizes.append((sizes[-1][0] // 2, sizes[-1][1] // 2))
    return sizes


def group_norm(channels: int) -> nn.GroupNorm:
    """Return a norm of up to 32 groups of at least 4 channels; ``channels`` is a multiple of 4."""
    return nn.GroupNorm(math.gcd(32, channels // 4), channels)


class Attention(nn.Module):
    """Self-attention between all pixels, with one head."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = group_norm(channels)
        self.split = nn.Conv2d(channels, 3 * channels, 1, bias=False)
        self.exit = nn.Conv2d(channels, channels, 1)

    def forward(self, hidden: Tensor) -> Tensor:
        parts = self.split(self.norm(hidden)).flatten(2).transpose(1, 2).chunk(3, 2)
        mixed = nn.functional.scaled_dot_product_attention(*parts)
        change: Tensor = self.exit(mixed.transpose(1, 2).reshape(hidden.shape))
        return (hidden + change) * math.sqrt(0.5)


class ConvResidualBlock(nn.Module):
    """Two convolutions around a skip; the noise level scales and shifts what is between them.

    Sums of two branches are halved in variance, so that it does not grow with the depth.
    """

    def __init__(self, inputs: int, outputs: int, features: int, *, attends: bool) -> None:
        super().__init__()
        self.norm = group_norm(inputs)
        self.inner = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.modulation = nn.Linear(features, 2 * outputs)
        self.inner_norm = group_norm(outputs)
        self.outer = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.skip = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)
        self.attention = Attention(outputs) if attends else nn.Identity()

    def forward(self, hidden: Tensor, features: Tensor) -> Tensor:
        silu = nn.functional.silu
        scale, shift = self.modulation(features)[:, :, None, None].chunk(2, 1)
        inner = self.inner(silu(self.norm(hidden)))
        inner = self.outer(silu(self.inner_norm(inner) * (1 + scale) + shift))
        attended: Tensor = self.attention((self.skip(hidden) + inner) * math.sqrt(0.5))
        return attended


class ImageNetwork(ScoreModule):
    """Noise estimate and score of noisy images.

    ``shape`` is (channels, height, width) of the images, which come and go as rows of
    channels * height * width numbers in this order; ``deviation`` is the standard deviation of
    the numbers, in the unit in which they come. ``width`` is the number of channels at the full
    resolution, twice of which are used at the lower ones, with ``blocks`` residual blocks at each
    on the way down and one more on the way up.
    """

    frequencies: Tensor

    def __init__(
        self, shape: tuple[int, int, int], deviation: float, *, width: int = 64, blocks: int = 2
    ) -> None:
        super().__init__()
        if len(shape) != 3 or min(shape) < 1:
            raise ValueError(f"an image has a shape (channels, height, width), not {shape}")
        if not 0 < deviation < math.inf:
            raise ValueError(f"the standard deviation of images must be above 0, not {deviation}")
        if width < 4 or width % 4:
            raise ValueError(f"the width of a U-Net must be a multiple of 4, not {width}")
        if blocks < 1:
            raise ValueError(f"a U-Net has at least one block at a resolution, not {blocks}")
        self.shape, self.deviation = tuple(shape), deviation
        features = EMBEDDING * width
        self.register_buffer("frequencies", 2 ** torch.linspace(-2.0, 3.0, 16) * math.pi / 2)
        self.noise = nn.Sequential(
            nn.Linear(32, features), nn.SiLU(), nn.Linear(features, features), nn.SiLU()
        )
        sizes = resolutions(*shape[1:])
        lowest = len(sizes) - 1
        widths = [width] + [2 * width] * lowest
        attends = [math.prod(size) <= ATTENDED for size in sizes[:-1]] + [True]
        self.entry = nn.Conv2d(shape[0], width, 3, padding=1)
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        channels, skips = width, [width]
        for level, own in enumerate(widths):
            for _ in range(blocks):
                self.down.append(ConvResidualBlock(channels, own, features, attends=attends[level]))
                channels = own
                skips.append(channels)
            if level < lowest:
                self.down.append(nn.Conv2d(channels, channels, 3, stride=2, padding=1))
                skips.append(channels)
        self.middle = nn.ModuleList(
            ConvResidualBlock(channels, channels, features, attends=attending)
            for attending in (True, False)
        )
        for level in range(lowest, -1, -1):
            for _ in range(blocks + 1):
                inputs, own = channels + skips.pop(), widths[level]
                self.up.append(ConvResidualBlock(inputs, own, features, attends=attends[level]))
                channels = own
            if level > 0:
                grow = nn.Conv2d(channels, channels, 3, padding=1)
                self.up.append(nn.Sequential(nn.Upsample(scale_factor=2), grow))
        self.norm = group_norm(channels)
        self.exit = nn.Conv2d(channels, shape[0], 3, padding=1)
        # Training starts at the Wiener denoiser.
        nn.init.zeros_(self.exit.weight)
        assert self.exit.bias is not None
        nn.init.zeros_(self.exit.bias)

    def noise_estimate(self, z: Tensor, level: Tensor) -> Tensor:
        """Return the expected noise eps in z = z0 + level * eps: (n, D), (n,) -> (n, D)."""
        size = max(1, MAP // (self.entry.out_channels * math.prod(self.shape[1:])))
        if len(z) > size and not torch.is_grad_enabled():
            parts = zip(torch.split(z, size), torch.split(level, size), strict=True)
            return torch.cat([self.noise_estimate(*part) for part in parts])
        level = level[:, None]
        total = self.deviation**2 + level.square()
        change = self._change(z * total.rsqrt(), level.log() / 4).to(z.dtype)
        # (z - denoised) / level, without the difference of what is nearly equal at small levels.
        return z * (level / total) - self.deviation * total.rsqrt() * change

    def _change(self, images: Tensor, label: Tensor) -> Tensor:
        """Return EDM's F: scaled images (n, D), labels c_noise (n, 1) -> (n, D)."""
        phase = label * self.frequencies
        features = self.noise(torch.cat([phase.cos(), phase.sin()], dim=1))
        hidden: Tensor = self.entry(images.reshape(len(images), *self.shape))
        skips = [hidden]
        for part in self.down:
            hidden = part(hidden, features) if isinstance(part, ConvResidualBlock) else part(hidden)
            skips.append(hidden)
        for part in self.middle:
            hidden = part(hidden, features)
        for part in self.up:
            if isinstance(part, ConvResidualBlock):
                hidden = part(torch.cat([hidden, skips.pop()], dim=1), features)
            else:
                hidden = part(hidden)
        change: Tensor = self.exit(nn.functional.silu(self.norm(hidden)))
        return change.flatten(1)
