"""The dimension from the singular values of scores (Stanczuk et al. 2024, arXiv 2212.12611)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from estimators.aggregation import AGGREGATIONS, aggregate_confident
from estimators.catalogue import register
from estimators.score.base import DECLARED, Reading, ScoreEstimator
from estimators.score.selection import RULES, gaps
from manifolds.parameters import choice, flag, whole_number

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from estimators.score.model import ScoreModel


@register(
    "score-svd",
    version=7,
    **DECLARED,
    source="Stanczuk et al. 2024 (arXiv 2212.12611), Algorithm 1",
    published={
        "recipe": "stanczuk2024",
        "sigmas": (0.01,),
        "scores_per_dimension": 4,
        "noise": "independent",
        "skip_first_gap": True,
        "rule": "gap",
    },
)
@attrs.define(kw_only=True, slots=False)
class ScoreSVD(ScoreEstimator):
    """Largest gap in the singular values of a diffusion model's scores around a point."""

    scores_per_dimension: int = whole_number(
        4, "scores read at a point, per ambient dimension", least=2
    )
    noise: str = choice(
        "balanced",
        "directions of the scores: orthogonal in opposite pairs, or independent as in the paper",
        ("balanced", "independent"),
    )
    centre: bool = flag(True, "subtract the mean score (with independent noise)")
    skip_first_gap: bool = flag(
        False, "leave out the gap below the largest value, and full dimension, as the paper's code"
    )
    rule: str = choice("ratio", "how the noise level is chosen", tuple(RULES))
    aggregation: str = choice(
        "median", "the sample's dimension from the points'", tuple(AGGREGATIONS)
    )

    def read(self, model: ScoreModel, z: Tensor, generator: torch.Generator) -> Reading:
        """Read the dimension from the spectra at all noise levels, by the rule.

        ``details``: "singular_values" (m, D) at the level read, in units of the size of pure
        noise, "gap" (S,) the mean largest gap, "dimension_by_sigma" (S, m), and those of
        ``level_details``.
        """
        import torch

        from estimators.score.spectrum import score_spectra

        if self.noise == "independent":
            at = model.frame.standard(z)
            spectra = score_spectra(
                model.ambient_score,
                at,
                self.noise_levels,
                per_dimension=self.scores_per_dimension,
                generator=generator,
                noise="independent",
                centre=self.centre,
            )
            floor = 1 - self.scores_per_dimension**-0.5
        else:
            inside = score_spectra(
                model.score,
                z,
                self.noise_levels,
                per_dimension=self.scores_per_dimension,
                generator=generator,
            )
            # Along the directions outside the span, the score is pure noise, exactly.
            outside = torch.ones(*inside.shape[:2], model.frame.outside, dtype=inside.dtype)
            spectra = torch.cat([outside, inside], -1).sort(-1, descending=True).values
            floor = 1.0
        reliability = self.reliability(model)
        rows = torch.nonzero(reliability.levels).flatten()
        gap = gaps(spectra, floor, self.skip_first_gap)
        levels = [self.noise_levels[row] for row in rows]
        selected = RULES[self.rule](gap[rows], spectra[rows], levels)
        level = rows[selected.level]
        pointwise = selected.dimension.numpy().astype(np.float64)
        confidence = selected.gap.clamp(0, 1).numpy() * reliability.learned
        return Reading(
            dimension=aggregate_confident(pointwise, confidence, self.aggregation),
            pointwise=pointwise,
            confidence=confidence,
            details={
                "singular_values": spectra[level, torch.arange(len(z))].numpy(),
                "gap": gap.max(-1).values.mean(1).numpy(),
                "dimension_by_sigma": spectra.shape[-1] - gap.argmax(-1).numpy(),
                **self.level_details(model, level.numpy(), reliability),
            },
        )
