"""Score networks: their base class, and a residual MLP around the linear (Wiener) denoiser.

The preconditioning is that of Karras et al. 2022 (EDM, arXiv 2206.00364, Table 1), with the
data covariance in the place of the scalar data variance. Along a principal axis of standard
deviation s, at noise level sigma,

    denoised = c_skip z + c_out (F + G z'),   c_skip = s^2 / (s^2 + sigma^2),
                                              c_out  = s / sqrt(s^2 + sigma^2),

with two outputs of the network along each axis: F, and a gain G on the whitened linear estimate
z' = z s / (s^2 + sigma^2), which is also the network's input. F = G = 0 is the best linear
denoiser, which for Gaussian data is the best one: only what is not linear is learned. Unlike
EDM's, c_out has no factor sigma: F and G then stay smooth in z as sigma goes to 0.

Axes without variance are left out of the network: the score along them is exactly -x / sigma^2.
The cost of a training step therefore follows the linear span of the data and not the ambient
dimension.
"""

from __future__ import annotations

import copy
import math

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from estimators.score.frame import Frame


class ScoreModule(nn.Module):
    """A network that estimates noise, from which its score follows.

    Subclasses define ``noise_estimate``. Coordinates z (n, r) are those of the sample's frame, and
    noise levels (n,) are in its unit.
    """

    def noise_estimate(self, z: Tensor, level: Tensor) -> Tensor:
        """Return the expected noise eps in z = z0 + level * eps: (n, r), (n,) -> (n, r)."""
        raise NotImplementedError

    def score(self, z: Tensor, sigma: Tensor) -> Tensor:
        """Return the score of the blurred data: z (n, r), sigma (n,) -> (n, r)."""
        return -self.noise_estimate(z, sigma) / sigma[:, None]


def training_flops(network: ScoreModule, z_width: int, batch: int) -> float:
    """Return the floating-point operations of one training step: forward and backward.

    ``network`` is a score network of coordinates (n, z_width). A product and its sum are two
    operations; elementwise operations (activations, norms, the optimiser) are not counted.
    Nothing is computed: the step is made by a copy whose tensors have shapes but no numbers.
    """
    ghost = copy.deepcopy(network).to("meta").requires_grad_(True)
    z, level = torch.ones(batch, z_width, device="meta"), torch.ones(batch, device="meta")
    with torch.enable_grad(), FlopCounterMode(display=False) as counter:
        torch.autograd.backward(ghost.noise_estimate(z, level).sum())
    return float(counter.get_total_flops())


class DenseResidualBlock(nn.Module):
    """Pre-norm gated block: h + W (silu(U norm(h) + shift) * V norm(h)); the noise level shifts.

    Products of features (Shazeer 2020, arXiv 2002.05202) give lengths and angles, which
    characterise curved manifolds, in one layer; sums of activations alone learn them slowly.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.inner = nn.Linear(width, 2 * width)
        self.outer = nn.Linear(width, width)

    def forward(self, hidden: Tensor, shift: Tensor) -> Tensor:
        gate, value = self.inner(self.norm(hidden)).chunk(2, -1)
        return hidden + self.outer(nn.functional.silu(gate + shift) * value)


class ScoreNetwork(ScoreModule):
    """Noise estimate and score of noisy data, in the coordinates of their sample's frame.

    The gains make it an adaptive Wiener filter. Without them, data of which the linear denoiser
    is nearly the best one, such as a sphere of high dimension, hold the training at that
    denoiser, which is a saddle of the loss.
    """

    scales: Tensor
    frequencies: Tensor

    def __init__(self, frame: Frame, *, width: int, blocks: int) -> None:
        super().__init__()
        rank = len(frame.scales)
        self.register_buffer("scales", frame.scales.float())
        self.register_buffer("frequencies", 2 ** torch.linspace(-2.0, 3.0, 16) * math.pi / 2)
        self.entry = nn.Linear(rank, width)
        self.noise = nn.Sequential(nn.Linear(32, 64), nn.SiLU(), nn.Linear(64, width * blocks))
        self.blocks = nn.ModuleList(DenseResidualBlock(width) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.exit = nn.Linear(width, 2 * rank)
        # LayerNorm takes the length of its input away, unless there is a part that does not scale
        # with the data: with biases as large as the rest, the length is left as a ratio.
        nn.init.normal_(self.entry.bias, std=0.6)
        # Training starts at the linear denoiser, with features that are not linear at once.
        nn.init.zeros_(self.exit.weight)
        nn.init.zeros_(self.exit.bias)

    def noise_estimate(self, z: Tensor, level: Tensor) -> Tensor:
        """Return the noise eps in z = z0 + level * eps, along the axes: (n, r), (n,) -> (n, r)."""
        level = level[:, None]
        total = self.scales.square() + level.square()
        phase = torch.log(level) / 4 * self.frequencies
        shifts = self.noise(torch.cat([phase.cos(), phase.sin()], dim=1))
        whitened = z * (self.scales / total)
        hidden = self.entry(whitened)
        for block, shift in zip(self.blocks, shifts.chunk(len(self.blocks), 1), strict=True):
            hidden = block(hidden, shift)
        data, gain = self.exit(self.norm(hidden)).float().chunk(2, 1)
        change = data + gain * whitened
        return z * (level / total) - self.scales / total.sqrt() * change / level
