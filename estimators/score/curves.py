"""Estimators that read a curve of dimension against noise level, where it is flattest."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

import attrs
import numpy as np

from estimators.score.base import Reading, ScoreEstimator
from estimators.score.plateau import plateau
from estimators.score.whole_sample import aggregate

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel


@attrs.define(kw_only=True, slots=False)
class CurveEstimator(ScoreEstimator):
    """Subclasses give ``curve``."""

    @abstractmethod
    def curve(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Tensor:
        """Dimension at each noise level and point: (S, m) float64."""

    def read(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Reading:
        """The curve, and the dimension at each point where the curve is flattest.

        ``details``: "dimension_by_sigma" (S, m), and those of ``told``.
        """
        curves = self.curve(model, z, generator).numpy()
        believed = self.believed(model)
        found = plateau(curves, believed.levels.numpy())
        confidence = found.confidence * believed.learned
        ambient = len(model.frame.mean)
        pointwise = np.clip(found.dimension, 0, ambient)
        return Reading(
            dimension=aggregate(pointwise, confidence, "median"),
            pointwise=pointwise,
            confidence=confidence,
            details={"dimension_by_sigma": curves, **self.told(model, found.level, believed)},
        )
