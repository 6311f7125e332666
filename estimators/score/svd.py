"""The dimension from the singular values of scores (Stanczuk et al. 2024, arXiv 2212.12611)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from estimators.base import Array, Estimate, Estimator
from estimators.catalogue import register
from manifolds.parameters import choice, number, numbers, whole_number

if TYPE_CHECKING:
    import torch


#: Most points at which the training looks for an early stop.
LOOKED_AT = 8


@register(
    "score-svd",
    family="score",
    scope="local",
    deterministic=False,
    gpu=True,
    seconds=45.0,
    source="Stanczuk et al. 2024 (arXiv 2212.12611), Algorithm 1",
    published={"scores_per_dimension": 4},
)
@attrs.define(kw_only=True, slots=False)
class ScoreSVD(Estimator):
    """Largest gap in the singular values of a diffusion model's scores around a point."""

    steps: int = whole_number(5000, "most training steps")
    batch: int = whole_number(512, "points in a training step")
    width: int = whole_number(128, "width of the network's hidden layers")
    blocks: int = whole_number(3, "residual blocks of the network")
    learning_rate: float = number(1e-3, "AdamW's learning rate", below=1.0)
    sigmas: tuple[float, ...] = numbers(
        (0.02, 0.035, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4),
        "noise levels to read at, relative to the typical standard deviation of the data",
    )
    scores_per_dimension: int = whole_number(
        4, "scores read at a point, per ambient dimension", least=2
    )
    queries: int = whole_number(24, "points that are read")
    check_every: int = whole_number(500, "training steps between looks at whether to stop early")
    patience: int = whole_number(3, "looks in a row that must agree for an early stop", least=2)
    device: str = choice("auto", "where to train", ("auto", "cpu", "cuda"))
    random_state: int = whole_number(0, "seed of weights, noise and query points", least=0)

    def needed_points(self) -> int:
        return 10

    def estimate(self, points: Array) -> Estimate:
        """Train a score network on points (n, D), then read it at some of them.

        ``details``: "sigmas" (S,) the noise levels in units of the points, "chosen_sigma" the one
        that was read, "singular_values" (m, D) there, in units of the size of pure noise,
        "gap" (S,) mean largest gap, "dimension_by_sigma" (S, m), "loss" (steps,) and "steps".
        Raises ValueError where CUDA is asked for and absent, RuntimeError where the loss of the
        training is not finite.
        """
        import torch

        from estimators.score.network import ScoreNetwork, principal_frame
        from estimators.score.spectrum import largest_gap, score_spectra
        from estimators.score.stopping import Settling
        from estimators.score.training import Recipe, train

        device = self._device()
        generator = torch.Generator(device).manual_seed(self.random_state)
        frame = principal_frame(torch.from_numpy(points), 0.05 * min(self.sigmas))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.random_state)
            network = ScoreNetwork(frame, width=self.width, blocks=self.blocks).to(device)
        standard = frame.standardise(torch.from_numpy(points)).to(device)
        z = standard @ network.axes
        rng = np.random.default_rng(self.random_state)
        query = np.sort(rng.permutation(len(points))[: self.queries])
        at = standard[torch.from_numpy(query).to(device)]
        recipe = Recipe(
            steps=self.steps,
            batch=self.batch,
            learning_rate=self.learning_rate,
            levels=(min(self.sigmas), max(1.0, *self.sigmas)),
            check_every=self.check_every,
        )
        settling = Settling(
            points=at[:: -(-len(at) // LOOKED_AT)],
            z=z,
            levels=self.sigmas,
            per_dimension=self.scores_per_dimension,
            patience=self.patience,
            seed=self.random_state,
        )
        training = train(network, z, recipe, generator, settling)
        spectra = score_spectra(
            training.network.score,
            at,
            self.sigmas,
            per_dimension=self.scores_per_dimension,
            generator=generator,
        )
        floor = 1 - self.scores_per_dimension**-0.5
        dimension, gap = largest_gap(spectra, floor)
        mean_gap = gap.mean(1).numpy()
        chosen = int(mean_gap.argmax())
        pointwise = dimension[chosen].numpy().astype(np.float64)
        return Estimate(
            dimension=float(np.sort(pointwise)[(len(pointwise) - 1) // 2]),
            pointwise=pointwise,
            query=query,
            details={
                "sigmas": np.array(self.sigmas) * frame.unit,
                "chosen_sigma": np.array(self.sigmas[chosen] * frame.unit),
                "singular_values": spectra[chosen].numpy(),
                "gap": mean_gap,
                "dimension_by_sigma": dimension.numpy(),
                "loss": training.loss,
                "steps": np.array(len(training.loss)),
            },
        )

    def _device(self) -> torch.device:
        import torch

        if self.device == "cuda" and not torch.cuda.is_available():
            raise ValueError(
                "score-svd: device 'cuda' was asked for, but torch sees no CUDA device"
            )
        cuda = self.device == "cuda" or (self.device == "auto" and torch.cuda.is_available())
        return torch.device("cuda" if cuda else "cpu")
