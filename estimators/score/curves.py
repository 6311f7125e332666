"""Estimators that read a curve of dimension against noise level, where it is flattest."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import attrs
import numpy as np
from numpy.typing import NDArray

from estimators.aggregation import aggregate_confident
from estimators.base import Array
from estimators.catalogue import register
from estimators.score.base import DECLARED, Reading, ScoreEstimator
from manifolds.parameters import choice, number, whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel
    from estimators.score.spectrum import Noise

#: Adjacent levels that make a plateau.
WINDOW = 3


@dataclass(frozen=True)
class Plateau:
    """Plateaus of m curves, all (m,): dimensions, rows of the levels, confidence."""

    dimension: Array
    level: NDArray[np.int64]
    confidence: Array


def find_plateau(curves: Array, reliable: NDArray[np.bool_]) -> Plateau:
    """Find where each of m curves (S, m) changes least over ``WINDOW`` reliable levels.

    The dimension is the median there. A curve of dimension against scale is flat where the scale
    is below that of curvature and above that of noise or of what was not learned; how flat, in
    proportion to the dimension, is the confidence.
    """
    rows = np.flatnonzero(reliable)
    window = min(WINDOW, len(rows))
    windows = np.lib.stride_tricks.sliding_window_view(curves[rows], window, axis=0)
    spread = np.ptp(windows, axis=-1) / np.maximum(1, np.abs(windows.mean(-1)))
    best = spread.argmin(0)
    columns = np.arange(curves.shape[1])
    return Plateau(
        dimension=np.median(windows[best, columns], axis=-1),
        level=rows[best + window // 2],
        confidence=np.clip(1 - spread[best, columns], 0, 1),
    )


@attrs.define(kw_only=True, slots=False)
class CurveEstimator(ScoreEstimator):
    """Base of the estimators that read a curve; subclasses define ``curve``."""

    @abstractmethod
    def curve(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Tensor:
        """Return the dimension at each noise level and point: (S, m) float64."""

    def read(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Reading:
        """Read the dimension at each point where its curve is flattest.

        ``details``: "dimension_by_sigma" (S, m), and those of ``level_details``.
        """
        curves = self.curve(model, z, generator).numpy()
        reliability = self.reliability(model)
        plateau = find_plateau(curves, reliability.levels.numpy())
        confidence = plateau.confidence * reliability.learned
        ambient = len(model.frame.mean)
        pointwise = np.clip(plateau.dimension, 0, ambient)
        return Reading(
            dimension=aggregate_confident(pointwise, confidence, "median"),
            pointwise=pointwise,
            confidence=confidence,
            details={
                "dimension_by_sigma": curves,
                **self.level_details(model, plateau.level, reliability),
            },
        )


@register(
    "dsm",
    version=4,
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


@register(
    "flipd",
    version=4,
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


@register(
    "lhsd",
    version=5,
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
            exact_up_to=self.exact_up_to,
            cutoff=self.cutoff,
        )
