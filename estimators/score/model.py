"""A score model: what the readings see, wherever the score comes from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from estimators.score.frame import Frame, principal_frame
from estimators.score.protocol import ScoreModule
from estimators.score.spectrum import Score
from estimators.score.watch import Losses, denoising_losses

#: Standard errors of Mardia's kurtosis within which data pass for normal.
NORMAL = 3.0


def looks_normal(z: Tensor) -> bool:
    """Whether coordinates (n, r) have the kurtosis of a normal law (Mardia 1970).

    The mean of |z|^4, whitened, is then r (r + 2), with a variance of 8 r (r + 2) / n.
    """
    z = z.double()
    varying = z.std(0) > 1e-9 * z.std()
    whitened = z[:, varying] / z[:, varying].square().mean(0).sqrt()
    expected = whitened.shape[1] * (whitened.shape[1] + 2)
    kurtosis = whitened.square().sum(1).square().mean()
    return bool((kurtosis - expected).abs() <= NORMAL * (8 * expected / len(z)) ** 0.5)


@dataclass(frozen=True)
class TrainingReport:
    """How a model was trained.

    ``points`` is the size of the sample; ``loss`` (steps,) is the squared error of the noise
    estimate in each step, summed over the axes; ``held_out_loss`` (looks, L) that on held-out
    points at each level looked at; ``seconds`` and ``flops`` (floating-point operations) are
    those of the training, wherever that was done; ``cached`` says that the model was found in the
    cache. ``saved_seconds`` are those spent before: all of them then, or those before a training
    was stopped.
    """

    points: int
    loss: NDArray[np.float32]
    held_out_loss: NDArray[np.float64]
    seconds: float
    flops: float
    cached: bool
    saved_seconds: float


@dataclass(frozen=True)
class ScoreModel:
    """The score of a sample blurred by noise of any level, in its frame.

    ``score`` maps coordinates z (b, r) and sigma (b,), both in units of the frame, to the score
    (b, r) along the frame's axes; along the ``frame.outside`` directions that are left out it is
    exactly -x / sigma^2. ``held_out`` (h, r) are coordinates of points on which it was not
    trained; ``normal`` says whether the sample passes for normal; ``report`` is None where the
    score was not trained here.
    """

    score: Score
    frame: Frame
    held_out: Tensor
    normal: bool
    report: TrainingReport | None = None

    def ambient_score(self, x: Tensor, sigma: Tensor) -> Tensor:
        """Score in all directions: x (b, D) about the mean and in units of the frame -> (b, D)."""
        axes = self.frame.axes
        if axes is None:
            return self.score(x, sigma)
        axes = axes.to(x)
        z = x @ axes
        outside = x - z @ axes.T
        return self.score(z, sigma) @ axes.T - outside / sigma.square()[:, None]

    def losses(self, sigmas: Sequence[float]) -> Losses:
        """Denoising losses on held-out points."""
        return denoising_losses(self.score, self.held_out, self.frame.scales, sigmas, 0)


class LevelwiseNetwork(nn.Module):
    """Networks of one architecture, each of which serves the noise levels that it knows best."""

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
        """Score (n, r) at z (n, r) for sigma (n,), by the network of the nearest level."""
        serving = torch.tensor(self.serves, device=z.device)[torch.bucketize(sigma, self.edges)]
        first = int(serving[0])
        if bool((serving == first).all()):
            return self._members[first].score(z, sigma)
        found = torch.empty_like(z)
        for index, network in enumerate(self._members):
            rows = serving == index
            if bool(rows.any()):
                found[rows] = network.score(z[rows], sigma[rows])
        return found


def model_of_score(score: Callable[[Tensor, Tensor], Tensor], points: Tensor) -> ScoreModel:
    """A model from a score function of one's own: x (b, D), sigma (b,) -> (b, D).

    It is called with float32 tensors in the units of the points (n, D), and must give the score
    of the data blurred by normal noise of deviation sigma.
    """
    frame = principal_frame(points, -1.0)
    axes = frame.axes
    assert axes is not None

    def inside(z: Tensor, sigma: Tensor) -> Tensor:
        given = frame.points(z).float()
        found = score(given, sigma * frame.unit)
        if found.shape != given.shape:
            raise ValueError(
                f"the score function must return the shape of its points, {tuple(given.shape)}, "
                f"not {tuple(found.shape)}"
            )
        return ((found.double() @ axes) * frame.unit).float()

    z = frame.coordinates(points)
    return ScoreModel(inside, frame, z, looks_normal(z))
