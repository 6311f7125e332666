"""Estimators that read a curve of dimension against noise level, where it is flattest."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import attrs
import numpy as np

from estimators.score.family import Reading, ScoreEstimator
from estimators.score.plateau import plateau
from estimators.score.whole_sample import aggregate
from manifolds.parameters import flag

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel


@attrs.define(kw_only=True, slots=False)
class CurveEstimator(ScoreEstimator):
    """Subclasses give ``curve``."""

    trust: bool = flag(True, "leave out noise levels that the score has not learned")

    @abstractmethod
    def curve(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Tensor:
        """Dimension at each noise level and point: (S, m) float64."""

    def read(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Reading:
        """The curve, and the dimension at each point where the curve is flattest.

        ``details``: "sigmas" (S,) in the units of the points, "dimension_by_sigma" (S, m),
        "chosen_sigma_pw" (m,) the one that was read at each point and "chosen_sigma" their
        median, and "trusted" (S,).
        """
        from estimators.score.trust import trust

        curves = self.curve(model, z, generator).numpy()
        trusted, learned = np.ones(len(self.sigmas), dtype=bool), True
        if self.trust:
            believed = trust(model, self.sigmas)
            trusted, learned = believed.levels.numpy(), believed.learned
        found = plateau(curves, trusted)
        confidence = found.confidence * learned
        sigmas = np.array(self.sigmas) * model.frame.unit
        ambient = len(model.frame.mean)
        pointwise = np.clip(found.dimension, 0, ambient)
        return Reading(
            dimension=aggregate(pointwise, confidence, "median"),
            pointwise=pointwise,
            confidence=confidence,
            details={
                "sigmas": sigmas,
                "dimension_by_sigma": curves,
                "chosen_sigma": np.array(np.median(sigmas[found.level])),
                "chosen_sigma_pw": sigmas[found.level],
                "trusted": trusted,
            },
        )
