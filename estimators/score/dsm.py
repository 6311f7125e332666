"""The dimension as a denoising loss (Yeats et al. 2025, arXiv 2510.12975)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from estimators.catalogue import register
from estimators.score.base import DECLARED
from estimators.score.curves import CurveEstimator
from manifolds.parameters import choice, whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel
    from estimators.score.spectrum import Noise


@register(
    "dsm",
    version=2,
    **DECLARED,
    source="Yeats et al. 2025 (arXiv 2510.12975)",
    published={"draws": 8, "noise": "independent", "sigmas": (0.05,)},
)
@attrs.define(kw_only=True, slots=False)
class DenoisingLoss(CurveEstimator):
    """Squared error of a diffusion model's estimate of the noise that was added to a point."""

    draws: int = whole_number(200, "noises at a point and level", least=2)
    noise: Noise = choice(  # noqa: RUF009
        "balanced",
        "noises that are orthogonal in opposite pairs, or independent as in the paper",
        ("balanced", "independent"),
    )

    def curve(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Tensor:
        from estimators.score.denoising import dsm_curve

        return dsm_curve(
            model.score,
            z,
            self.noise_levels,
            draws=self.draws,
            generator=generator,
            noise=self.noise,
        )
