"""At which noise levels a score is believed: judged on points on which it was not trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.score.model import ScoreModel
from estimators.score.validation import Losses

#: Part of a direction that a score must know beyond the linear denoiser to be trusted, or below it
#: not to be.
KNOWN = 0.05
#: Standard errors that this must be above chance.
SURE = 3.0
#: Part by which the size of a score of one's own may be off.
SIZE = 0.02
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
    learned by heart. Where there is no such level, those at which it does not do worse. That is
    right for normal data, of which there is nothing more to learn; of others the score was not
    learned. Nor was it where it does worse everywhere (then all levels are read), or from fewer
    than ``ENOUGH`` points a direction of their span. A score that was not trained here must have
    the right size too.
    """
    losses = model.losses(sigmas)
    better, worse = better_levels(losses), worse_levels(losses)
    if model.report is None:
        better, worse = better & ~off_levels(losses), worse | off_levels(losses)
    few = model.report is not None and model.report.points < ENOUGH * len(model.frame.scales)
    if bool(better.any()):
        return Trust(better, not few)
    if bool(worse.all()):
        return Trust(torch.ones_like(worse), False)
    return Trust(~worse, model.normal and not few)


def better_levels(losses: Losses) -> Tensor:
    """Levels (S,) at which a score has clearly a lower loss than the linear denoiser."""
    return (losses.score < losses.linear - KNOWN) & (losses.gain > SURE)


def worse_levels(losses: Losses) -> Tensor:
    """Levels (S,) at which a score has clearly a higher loss than the linear denoiser."""
    return (losses.score > losses.linear + KNOWN) & (losses.gain < -SURE)


def off_levels(losses: Losses) -> Tensor:
    """Levels (S,) at which a score is clearly too large or too small."""
    off = (losses.factor - 1).abs()
    return (off > SIZE) & (off > SURE * losses.factor_error)
