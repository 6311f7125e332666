"""At which noise levels a score is believed: judged on points on which it was not trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.score.model import ScoreModel
from estimators.score.watch import Losses

#: Directions, one in so many, that a score must know beyond the linear denoiser to be trusted.
KNOWN = 0.05
#: Standard errors that this must be above chance.
SURE = 3.0
#: Points, for each direction of their span, from which a score can be learned.
ENOUGH = 10


@dataclass(frozen=True)
class Trust:
    """``levels`` (S,) that are believed; ``learned`` is False where that is for want of better."""

    levels: Tensor
    learned: bool


def trust(model: ScoreModel, sigmas: Sequence[float]) -> Trust:
    """Which noise levels of a model to believe.

    Those at which it does better than the linear denoiser, which is the best one for normal data
    of the same covariance: elsewhere it has learned nothing of the manifold, or less than it has
    learned by heart. Where there is no such level all are believed. That is right for normal
    data, of which there is nothing more to learn; of others the score was not learned. Nor was it
    from fewer than ``ENOUGH`` points a direction of their span.
    """
    better = trusted_levels(model.losses(sigmas))
    some = bool(better.any())
    few = model.report is not None and model.report.points < ENOUGH * len(model.frame.scales)
    return Trust(better if some else torch.ones_like(better), (some or model.normal) and not few)


def trusted_levels(losses: Losses) -> Tensor:
    """Levels (S,) at which a score has clearly a lower loss than the linear denoiser."""
    return (losses.score < losses.linear - KNOWN) & (losses.gain > SURE)
