"""Which noise level to believe, without knowing the truth: rules over spectra at several levels.

Every rule takes the gaps (S, m, D) of descending spectra (S, m, D), in units of pure noise, and
says a dimension for each of the m points, with the level it was read at and the gap there. Levels
that are not trusted are left out before (trust.py). RECIPE.md compares the rules, on
manifolds that no suite scores.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

#: Singular values below this are rounding, in units of pure noise.
NEGLIGIBLE = 0.02


@dataclass(frozen=True)
class Selected:
    """What a rule says of m points, all (m,): dimensions, rows of the levels, gaps there."""

    dimension: Tensor
    level: Tensor
    gap: Tensor


def gaps(spectra: Tensor, floor: float = 1.0, skip_first: bool = False) -> Tensor:
    """Gaps above each of the descending values (..., D), the first one below ``floor``.

    ``floor`` is the least value of pure noise. Entry i is the gap that is read as dimension
    D - i: all D where every value is further below pure noise than any two neighbours are apart,
    because then no direction is normal. ``skip_first`` leaves out that one and the next, as the
    paper's code does, so that at most D - 2 is read.
    """
    top = torch.full_like(spectra[..., :1], floor)
    found = torch.cat([top, spectra[..., :-1]], -1) - spectra
    if skip_first:
        found[..., :2] = -math.inf
    return found


def largest_gap(gap: Tensor, spectra: Tensor) -> Selected:
    """Each point at the level where its own largest gap is largest."""
    return _at(gap, gap.max(-1).values.argmax(0))


def largest_mean_gap(gap: Tensor, spectra: Tensor) -> Selected:
    """All points at the level where the mean over points of the largest gap is largest."""
    level = gap.max(-1).values.mean(1).argmax()
    return _at(gap, level.expand(gap.shape[1]))


def largest_ratio(gap: Tensor, spectra: Tensor) -> Selected:
    """Each point at the level and value where the next value is smallest in proportion.

    Values below ``NEGLIGIBLE`` are taken as that: their proportions are those of rounding.
    """
    values = spectra.clamp(min=NEGLIGIBLE)
    ratio = torch.where(gap.isfinite(), (gap + spectra).clamp(min=NEGLIGIBLE) / values, 0)
    size, position = ratio.max(-1)
    level = size.argmax(0)
    return _where(gap, level, position[level, torch.arange(gap.shape[1])])


def ratio_persistence(gap: Tensor, spectra: Tensor) -> Selected:
    """Each point's dimension of the largest proportions, multiplied over levels.

    It is read at the level of its largest gap. Proportions are as in ``largest_ratio``.
    """
    values = spectra.clamp(min=NEGLIGIBLE)
    ratio = (gap + spectra).clamp(min=NEGLIGIBLE) / values
    position = torch.where(gap.isfinite(), ratio, 1).log().sum(0).argmax(-1)
    level = gap[:, torch.arange(gap.shape[1]), position].argmax(0)
    return _where(gap, level, position)


def persistence(gap: Tensor, spectra: Tensor) -> Selected:
    """Each point's dimension of the largest gap summed over levels, at the level of its largest."""
    position = gap.sum(0).argmax(-1)
    level = gap[:, torch.arange(gap.shape[1]), position].argmax(0)
    return _where(gap, level, position)


def least_spread(gap: Tensor, spectra: Tensor) -> Selected:
    """All points at the level where they agree most; of equals, at that of the largest gap."""
    size, position = gap.max(-1)
    spread = position.double().std(1, correction=0)
    level = (spread - 1e-6 * size.mean(1)).argmin()
    return _at(gap, level.expand(gap.shape[1]))


def _at(gap: Tensor, level: Tensor) -> Selected:
    """The largest gap of each point at a level of its own."""
    return _where(gap, level, gap[level, torch.arange(gap.shape[1])].argmax(-1))


def _where(gap: Tensor, level: Tensor, position: Tensor) -> Selected:
    """What is read at given levels (m,) and positions (m,) of the gaps (S, m, D)."""
    return Selected(
        gap.shape[-1] - position, level, gap[level, torch.arange(gap.shape[1]), position]
    )


Rule = Callable[[Tensor, Tensor], Selected]

RULES: dict[str, Rule] = {
    "gap": largest_gap,
    "mean-gap": largest_mean_gap,
    "ratio": largest_ratio,
    "persistence": persistence,
    "ratio-persistence": ratio_persistence,
    "spread": least_spread,
}
