"""Selection of the noise level without knowing the truth: rules over spectra at several levels.

Every rule takes the gaps (S, m, D) of descending spectra (S, m, D), in units of pure noise, and
returns a dimension for each of the m points, with the level it was read at and the gap there.
Unreliable levels are excluded before (reliability.py). RECIPE.md compares the rules, on manifolds
that no suite scores. Tensors are used by their methods alone, so that listing the rules does not
import torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

#: Singular values below this are rounding, in units of pure noise.
NEGLIGIBLE = 0.02


@dataclass(frozen=True)
class Selection:
    """Selection of a rule at m points, all (m,): dimensions, rows of the levels, gaps there."""

    dimension: Tensor
    level: Tensor
    gap: Tensor


def gaps(spectra: Tensor, floor: float = 1.0, skip_first: bool = False) -> Tensor:
    """Return the gaps above each of the descending values (..., D), the first below ``floor``.

    ``floor`` is the least value of pure noise. Entry i is the gap that is read as dimension
    D - i: all D where every value is further below pure noise than any two neighbours are apart,
    because then no direction is normal. ``skip_first`` leaves out that one and the next, as the
    paper's code does, so that at most D - 2 is read.
    """
    above = spectra.roll(1, -1)
    above[..., 0] = floor
    gap = above - spectra
    if skip_first:
        gap[..., :2] = -math.inf
    return gap


def largest_gap(gap: Tensor, spectra: Tensor) -> Selection:
    """Select for each point the level where its largest gap is largest."""
    return _at(gap, gap.max(-1).values.argmax(0))


def largest_mean_gap(gap: Tensor, spectra: Tensor) -> Selection:
    """Select for all points the level where the mean over points of the largest gap is largest."""
    level = gap.max(-1).values.mean(1).argmax()
    return _at(gap, level.expand(gap.shape[1]))


def largest_ratio(gap: Tensor, spectra: Tensor) -> Selection:
    """Select for each point the level and value where the next value is smallest in proportion."""
    size, position = _ratios(gap, spectra).max(-1)
    level = size.argmax(0)
    return _where(gap, level, position[level, range(gap.shape[1])])


def ratio_persistence(gap: Tensor, spectra: Tensor) -> Selection:
    """Select for each point the dimension of the largest proportions, multiplied over levels."""
    return _at_best_level(gap, _ratios(gap, spectra).log().sum(0).argmax(-1))


def persistence(gap: Tensor, spectra: Tensor) -> Selection:
    """Select for each point the dimension of the largest gap summed over levels."""
    return _at_best_level(gap, gap.sum(0).argmax(-1))


def least_spread(gap: Tensor, spectra: Tensor) -> Selection:
    """Select for all points the level where they agree most; of equals, that of the largest gap."""
    size, position = gap.max(-1)
    spread = position.double().std(1, correction=0)
    level = (spread - 1e-6 * size.mean(1)).argmin()
    return _at(gap, level.expand(gap.shape[1]))


def _ratios(gap: Tensor, spectra: Tensor) -> Tensor:
    """Return the proportion (S, m, D) of the value above to each; 0 where a gap is excluded.

    Values below ``NEGLIGIBLE`` are replaced by it: their proportions are those of rounding.
    """
    above = (gap + spectra).clamp(min=NEGLIGIBLE)
    return (above / spectra.clamp(min=NEGLIGIBLE)).masked_fill(~gap.isfinite(), 0.0)


def _at(gap: Tensor, level: Tensor) -> Selection:
    """Select the largest gap of each point at given levels (m,)."""
    return _where(gap, level, gap[level, range(gap.shape[1])].argmax(-1))


def _at_best_level(gap: Tensor, position: Tensor) -> Selection:
    """Select the level where the gap is largest, at given positions (m,)."""
    return _where(gap, gap[:, range(gap.shape[1]), position].argmax(0), position)


def _where(gap: Tensor, level: Tensor, position: Tensor) -> Selection:
    """Return the selection at given levels (m,) and positions (m,) of the gaps (S, m, D)."""
    return Selection(gap.shape[-1] - position, level, gap[level, range(gap.shape[1]), position])


RULES: dict[str, Callable[[Tensor, Tensor], Selection]] = {
    "gap": largest_gap,
    "mean-gap": largest_mean_gap,
    "ratio": largest_ratio,
    "persistence": persistence,
    "ratio-persistence": ratio_persistence,
    "spread": least_spread,
}
