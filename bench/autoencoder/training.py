"""Train an autoencoder of a bottleneck, and measure what it cannot rebuild."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from manifolds.base import Array

#: Part of the points that is held out for the error.
HELD_OUT = 0.1
WIDTH, BATCH, RATE = 384, 256, 1e-3


@dataclass(frozen=True)
class Rebuilt:
    """Errors of one bottleneck on held-out points, as parts of their variance.

    ``error`` is the autoencoder's, ``linear`` that of the best linear one, which is principal
    component analysis; ``trained`` is the autoencoder's on the points that it was trained on.
    """

    bottleneck: int
    error: float
    trained: float
    linear: float
    seconds: float


class Autoencoder(nn.Module):
    """Three hidden layers on either side of the bottleneck, and the best linear map beside them.

    What the layers learn is added to a linear map in and out: so the network starts where
    principal component analysis ends, and only what is curved has to be learned.
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
        kept = torch.from_numpy(points[np.sort(order[held:])]).to(device)
        mean = kept.mean(0)
        unit = float((kept - mean).square().mean().sqrt())
        self.train = ((kept - mean) / unit).float()
        left = torch.from_numpy(points[np.sort(order[:held])]).to(device)
        self.held_out = ((left - mean) / unit).float()
        covariance = self.train.double().T @ self.train.double()
        self.axes = torch.linalg.eigh(covariance)[1].flip(1).float()
        self.seed = seed

    def rebuilt(self, bottleneck: int, steps: int) -> Rebuilt:
        """Train a bottleneck for so many steps and measure it."""
        start = time.perf_counter()
        axes = self.axes[:, :bottleneck]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = Autoencoder(axes).to(self.train.device)
        optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
        generator = torch.Generator(self.train.device).manual_seed(self.seed)
        for _ in range(steps):
            rows = torch.randint(
                len(self.train), (BATCH,), generator=generator, device=self.train.device
            )
            batch = self.train[rows]
            loss = (network(batch) - batch).square().mean()
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
        network.eval()
        linear = self.held_out @ axes @ axes.T
        return Rebuilt(
            bottleneck=bottleneck,
            error=_error(_applied(network, self.held_out), self.held_out),
            trained=_error(_applied(network, self.train), self.train),
            linear=_error(linear, self.held_out),
            seconds=time.perf_counter() - start,
        )


@torch.no_grad()
def _applied(network: nn.Module, points: Tensor) -> Tensor:
    return torch.cat([network(part) for part in torch.split(points, 4096)])


def _error(rebuilt: Tensor, points: Tensor) -> float:
    """Mean squared error as a part of the variance."""
    return float((rebuilt - points).square().sum() / points.square().sum())
