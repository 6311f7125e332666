"""Reliability of a score at each noise level, assessed on points on which it was not trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from estimators.score.model import ScoreModel
from estimators.score.validation import Losses

#: Part of a direction by which the loss must be below that of the linear denoiser for a score to
#: be reliable, or above it for it not to be.
MARGIN = 0.05
#: Standard errors of a significant difference.
SIGNIFICANT = 3.0
#: Part by which the size of a score of one's own may be off.
SIZE_TOLERANCE = 0.02
#: Points, for each direction of their span, from which a score can be learned.
POINTS_PER_DIRECTION = 10


@dataclass(frozen=True)
class Reliability:
    """The reliable ``levels`` (S,); ``learned`` is False where they are only the least bad ones."""

    levels: Tensor
    learned: bool


def assess_reliability(model: ScoreModel, sigmas: Sequence[float]) -> Reliability:
    """Return which noise levels of a model are reliable.

    Those at which it does better than the linear denoiser, which is the best one for normal data
    of the same covariance: elsewhere it has learned nothing of the manifold, or less than it has
    learned by heart. Where there is no such level, those at which it does not do worse. That is
    right for normal data, of which there is nothing more to learn; of others the score was not
    learned. Nor was it where it does worse everywhere (then all levels are read), or from fewer
    than ``POINTS_PER_DIRECTION`` points a direction of their span. A score that was not trained
    here must have the right size too.
    """
    losses = model.losses(sigmas)
    better, worse = better_levels(losses), worse_levels(losses)
    if model.report is None:
        scaled = misscaled_levels(losses)
        better, worse = better & ~scaled, worse | scaled
    span = len(model.frame.scales)
    few = model.report is not None and model.report.points < POINTS_PER_DIRECTION * span
    if bool(better.any()):
        return Reliability(better, not few)
    if bool(worse.all()):
        return Reliability(torch.ones_like(worse), False)
    return Reliability(~worse, model.normal and not few)


def better_levels(losses: Losses) -> Tensor:
    """Return the levels (S,) with a significantly lower loss than the linear denoiser's."""
    return (losses.score < losses.linear - MARGIN) & (losses.gain > SIGNIFICANT)


def worse_levels(losses: Losses) -> Tensor:
    """Return the levels (S,) with a significantly higher loss than the linear denoiser's."""
    return (losses.score > losses.linear + MARGIN) & (losses.gain < -SIGNIFICANT)


def misscaled_levels(losses: Losses) -> Tensor:
    """Return the levels (S,) at which a score is significantly too large or too small."""
    error = (losses.factor - 1).abs()
    return (error > SIZE_TOLERANCE) & (error > SIGNIFICANT * losses.factor_error)
