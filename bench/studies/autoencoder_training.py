"""Train autoencoders of several bottlenecks, and measure their errors."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from manifolds.base import Array

#: Part of the points that is held out.
HELD_OUT = 0.1
WIDTH, BATCH, RATE = 384, 256, 1e-3


@dataclass(frozen=True)
class Errors:
    """Errors of one bottleneck on held-out points, as parts of their variance.

    ``error`` is the autoencoder's, ``linear`` that of the best linear one, which is principal
    component analysis; ``trained`` is the autoencoder's on its training points.
    """

    bottleneck: int
    error: float
    trained: float
    linear: float
    seconds: float


class Autoencoder(nn.Module):
    """Three hidden layers on either side of the bottleneck, added to the best linear map.

    So the network starts at principal component analysis, and learns only what is curved.
    """

    def __init__(self, axes: Tensor) -> None:
        super().__init__()
        ambient, bottleneck = axes.shape
        self.inward = nn.Linear(ambient, bottleneck, bias=False)
        self.outward = nn.Linear(bottleneck, ambient, bias=False)
        with torch.no_grad():
            self.inward.weight.copy_(axes.T)
            self.outward.weight.copy_(axes)
        self.encoder = _layers(ambient, bottleneck)
        self.decoder = _layers(bottleneck, ambient)

    def forward(self, points: Tensor) -> Tensor:
        code = self.inward(points) + self.encoder(points)
        rebuilt: Tensor = self.outward(code) + self.decoder(code)
        return rebuilt


def _layers(inputs: int, outputs: int) -> nn.Sequential:
    last = nn.Linear(WIDTH, outputs)
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(
        nn.Linear(inputs, WIDTH),
        nn.SiLU(),
        nn.Linear(WIDTH, WIDTH),
        nn.SiLU(),
        nn.Linear(WIDTH, WIDTH),
        nn.SiLU(),
        last,
    )


class Prepared:
    """Points (n, D) centred and in units of their deviation, split, with their principal axes."""

    def __init__(self, points: Array, seed: int, device: torch.device) -> None:
        order = np.random.default_rng(seed).permutation(len(points))
        held = max(1, round(HELD_OUT * len(points)))
        train = torch.from_numpy(points[np.sort(order[held:])]).to(device)
        mean = train.mean(0)
        unit = float((train - mean).square().mean().sqrt())
        self.points = ((train - mean) / unit).float()
        held_out = torch.from_numpy(points[np.sort(order[:held])]).to(device)
        self.held_out = ((held_out - mean) / unit).float()
        covariance = self.points.double().T @ self.points.double()
        self.axes = torch.linalg.eigh(covariance)[1].flip(1).float()
        self.seed = seed

    def train(self, bottleneck: int, steps: int) -> Errors:
        """Train an autoencoder and return its errors."""
        start = time.perf_counter()
        axes = self.axes[:, :bottleneck]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = Autoencoder(axes).to(self.points.device)
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
        device = self.points.device
        generator = torch.Generator(device).manual_seed(self.seed)
        for _ in range(steps):
            rows = torch.randint(len(self.points), (BATCH,), generator=generator, device=device)
            batch = self.points[rows]
            loss = (network(batch) - batch).square().mean()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
        network.eval()
        linear = self.held_out @ axes @ axes.T
        return Errors(
            bottleneck=bottleneck,
            error=_error(_apply(network, self.held_out), self.held_out),
            trained=_error(_apply(network, self.points), self.points),
            linear=_error(linear, self.held_out),
            seconds=time.perf_counter() - start,
        )


@torch.no_grad()
def _apply(network: nn.Module, points: Tensor) -> Tensor:
    return torch.cat([network(part) for part in torch.split(points, 4096)])


def _error(rebuilt: Tensor, points: Tensor) -> float:
    """Return the mean squared error as a part of the variance."""
    return float((rebuilt - points).square().sum() / points.square().sum())
