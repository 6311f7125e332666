"""Local Hessian Spectral Dimension (Osada et al. 2026, arXiv 2605.01221)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from estimators.catalogue import register
from estimators.score.base import DECLARED
from estimators.score.curves import CurveEstimator
from manifolds.parameters import number, whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel


@register(
    "lhsd",
    version=2,
    **DECLARED,
    source="Osada et al. 2026 (arXiv 2605.01221)",
    published={"exact_up_to": 0, "lanczos_steps": 5},
)
@attrs.define(kw_only=True, slots=False)
class LocalHessianSpectralDimension(CurveEstimator):
    """Directions in which a diffusion model's log-density is nearly straight around a point."""

    exact_up_to: int = whole_number(
        300, "span of the data up to which the spectrum is exact", least=0
    )
    lanczos_steps: int = whole_number(20, "Lanczos steps of the quadrature beyond that")
    probes: int = whole_number(50, "random directions of the quadrature")
    cutoff: float | None = number(
        None, "curvature, in units of 1 / sigma^2, that parts tangent from normal", none=True
    )

    def curve(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Tensor:
        from estimators.score.curvature import lhsd_curve

        return lhsd_curve(
            model.score,
            z,
            self.noise_levels,
            steps=self.lanczos_steps,
            probes=self.probes,
            generator=generator,
            outside=model.frame.outside,
            exact_up_to=self.exact_up_to,
            cutoff=self.cutoff,
        )
