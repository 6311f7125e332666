"""The dimension from the divergence of a score (Kamkari et al. 2024, arXiv 2406.03537)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from estimators.catalogue import register
from estimators.score.base import DECLARED
from estimators.score.curves import CurveEstimator
from manifolds.parameters import whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel


@register(
    "flipd",
    version=2,
    **DECLARED,
    source="Kamkari et al. 2024 (arXiv 2406.03537), FLIPD",
)
@attrs.define(kw_only=True, slots=False)
class Flipd(CurveEstimator):
    """D + sigma^2 (div s + |s|^2) of a diffusion model's score s at a point."""

    exact_up_to: int = whole_number(
        300, "span of the data up to which the divergence is exact", least=0
    )
    probes: int = whole_number(50, "random directions for the divergence beyond that")

    def curve(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Tensor:
        from estimators.score.divergence import flipd_curve

        return flipd_curve(
            model.score,
            z,
            self.noise_levels,
            exact_up_to=self.exact_up_to,
            probes=self.probes,
            generator=generator,
        )
