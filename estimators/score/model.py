"""Score models, whatever the score is computed by, with the report of their training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estimators.score.frame import Frame
from estimators.score.network import ScoreModule
from estimators.score.spectrum import Score
from estimators.score.validation import Losses, denoising_losses, pool_losses

#: Standard errors of Mardia's kurtosis within which data pass for normal.
NORMAL = 3.0
#: Deviations below, in proportion to all coordinates', are rounding of single precision.
ROUNDING = 1e-6


def looks_normal(z: Tensor) -> bool:
    """Return whether coordinates (n, r) have the kurtosis of a normal distribution (Mardia 1970).

    That is the mean of |z|^4, whitened.
    """
    z = z.double()
    varying = z.std(0) > ROUNDING * z.std()
    whitened = z[:, varying] / z[:, varying].square().mean(0).sqrt()
    n, r = whitened.shape
    kurtosis = whitened.square().sum(1).square().mean()
    expected, variance = mardia(n, r)
    return bool((kurtosis - expected).abs() <= NORMAL * variance**0.5)


def mardia(n: int, r: int) -> tuple[float, float]:
    """Return mean and variance of Mardia's kurtosis of n normal points of R^r (1974, eq. 3.2)."""
    mean = r * (r + 2) * (n - 1) / (n + 1)
    free = max(0, (n - 3) * (n - r - 1) * (n - r + 1))
    return mean, 8 * r * (r + 2) * free / ((n + 1) ** 2 * (n + 3) * (n + 5))


@dataclass(frozen=True)
class TrainingReport:
    """Report of the training of a model.

    ``points`` is the size of the sample; ``loss`` (steps,) is the squared error of the noise
    estimate in each step, summed over the axes; ``held_out_loss`` (evaluations, L) that on held-out
    points at each level; ``seconds`` and ``flops`` (floating-point operations) are
    those of the training, wherever it took place; ``cached`` says that the model comes from the
    cache. ``saved_seconds`` are those spent before: all of them then, or those before a resumed
    training was stopped.
    """

    points: int
    loss: NDArray[np.float32]
    held_out_loss: NDArray[np.float64]
    seconds: float
    flops: float
    cached: bool
    saved_seconds: float

    def details(self) -> dict[str, NDArray[Any]]:
        """Return the details of an estimate that describe the training."""
        return {
            "loss": self.loss,
            "held_out_loss": self.held_out_loss,
            "steps": np.array(len(self.loss)),
            "train_seconds": np.array(self.seconds),
            "train_flops": np.array(self.flops),
            "cached": np.array(self.cached),
            "saved_seconds": np.array(self.saved_seconds),
        }


@dataclass(frozen=True)
class ScoreModel:
    """The score of a sample blurred by noise of any level, in its frame.

    ``score`` maps coordinates z (b, r) and sigma (b,), both in units of the frame, to the score
    (b, r) along the frame's axes; along the ``frame.outside`` other directions it is
    exactly -x / sigma^2. ``held_out`` (h, r) are coordinates of points on which it was not
    trained; ``normal`` says whether the sample looks normal; ``report`` is None where the
    score was not trained here. Then ``folds`` are the principal axes of ``held_out`` without every
    K-th row, from row 0, 1, ... K - 1 on.
    """

    score: Score
    frame: Frame
    held_out: Tensor
    normal: bool
    report: TrainingReport | None = None
    folds: tuple[Frame, ...] = ()

    def ambient_score(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Return the score in all directions at x (b, D), centred, in units of the frame."""
        axes = self.frame.axes
        if axes is None:
            return self.score(x, sigma)
        axes = axes.to(x)
        z = x @ axes
        outside = x - z @ axes.T
        return self.score(z, sigma) @ axes.T - outside / sigma.square()[:, None]

    def losses(self, sigmas: Sequence[float], most_folds: int | None = None) -> Losses:
        """Return denoising losses on held-out points, and those of the linear denoiser.

        Where there are folds, the linear denoiser is each time that of the other rows.
        """
        if not self.folds:
            return denoising_losses(self.score, self.held_out, self.frame.scales, sigmas, 0)
        parts = []
        for start, fold in enumerate(self.folds[:most_folds]):
            z = fold.coordinates(self.held_out[start :: len(self.folds)])
            parts.append(denoising_losses(_in_frame(self.score, fold), z, fold.scales, sigmas, 0))
        return pool_losses(parts)


def _in_frame(score: Score, frame: Frame) -> Score:
    """Return a score in the coordinates of a frame within its own, of the same unit."""
    axes = frame.axes
    assert axes is not None

    def transformed(y: Tensor, sigma: Tensor) -> Tensor:
        return score(frame.points(y).float(), sigma) @ axes.to(y)

    return transformed


class LevelwiseNetwork(nn.Module):
    """Networks of one architecture, each of which serves the noise levels at which it is best."""

    edges: Tensor

    def __init__(
        self, networks: Sequence[ScoreModule], levels: Sequence[float], serves: Sequence[int]
    ):
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.serves = list(serves)
        self._members = list(networks)
        logs = torch.tensor(levels, dtype=torch.float64).log()
        self.register_buffer("edges", ((logs[1:] + logs[:-1]) / 2).exp().float())

    def score(self, z: Tensor, sigma: Tensor) -> Tensor:
        """Return the score (n, r) at z (n, r), sigma (n,), by the network of the nearest level."""
        serving = torch.tensor(self.serves, device=z.device)[torch.bucketize(sigma, self.edges)]
        first = int(serving[0])
        if bool((serving == first).all()):
            return self._members[first].score(z, sigma)
        result = torch.empty_like(z)
        for index, network in enumerate(self._members):
            rows = serving == index
            if bool(rows.any()):
                result[rows] = network.score(z[rows], sigma[rows])
        return result
