"""Selection of the noise level without knowing the truth: rules over spectra at several levels.

Every rule takes the gaps (S, m, D) of descending spectra (S, m, D), in units of pure noise, and the
S noise levels, ascending, in any unit. It returns a dimension for each of the m points, with the
level it was read at and the gap there. Unreliable levels are excluded before (reliability.py).
RECIPE.md compares the rules, on manifolds that no suite scores. Tensors are used by their methods
alone, so that listing the rules does not import torch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

#: Singular values below this are rounding, in units of pure noise.
NEGLIGIBLE = 0.02
#: Value, in proportion to that of pure noise, from which a direction may be normal: of a tangent
#: one it says that the data are at most 1.5 times as wide along it as the noise.
NORMAL = 0.3
#: Proportion from which there is a gap between normal and tangent directions.
CLEAR = 1.3
#: While the noise rises by the first factor, a tangent direction keeps its extent, up to the
#: second; at higher noise it loses no more of it than to the part ``LASTING``; and at the lowest
#: noise its value is at most ``SEEN``. Of a normal direction that a network has learned in part,
#: the extent rises about as the square root of the noise, and then vanishes; or it is one of the
#: whole sample, seen at high noise alone.
LAWFUL_RANGE, KEPT, LASTING, SEEN = 3.2, 1.3, 0.7, 0.6


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


def largest_gap(gap: Tensor, spectra: Tensor, sigmas: Sequence[float] = ()) -> Selection:
    """Select for each point the level where its largest gap is largest."""
    return _at(gap, gap.max(-1).values.argmax(0))


def largest_mean_gap(gap: Tensor, spectra: Tensor, sigmas: Sequence[float] = ()) -> Selection:
    """Select for all points the level where the mean over points of the largest gap is largest."""
    level = gap.max(-1).values.mean(1).argmax()
    return _at(gap, level.expand(gap.shape[1]))


def largest_ratio(gap: Tensor, spectra: Tensor, sigmas: Sequence[float] = ()) -> Selection:
    """Select for each point the level and value where the next value is smallest in proportion."""
    return _at_largest(gap, _ratios(gap, spectra))


def largest_lawful_ratio(gap: Tensor, spectra: Tensor, sigmas: Sequence[float]) -> Selection:
    """Select as ``largest_ratio``, but only where the values above can be those of normals.

    Along a tangent direction of extent s the value is sigma^2 / (s^2 + sigma^2), along a normal one
    it is 1. So the value above has to be ``NORMAL``, and all directions that keep their extent have
    to be below (``least_dimension``), thin ones too. At points without such a gap of the proportion
    ``CLEAR`` the largest proportion is taken: the score has not learned the normal directions.
    """
    above = gap + spectra
    floor = above[..., :1].where(gap[..., :1].isfinite(), 1.0)
    dimensions = gap.shape[-1] - gap.new_tensor(range(gap.shape[-1]))
    possible = (above >= NORMAL * floor) & (dimensions >= least_dimension(spectra, sigmas)[:, None])
    ratios = _ratios(gap, spectra)
    lawful = ratios.where(possible, 0.0)
    clear = lawful.amax((0, 2)) >= CLEAR
    return _at_largest(gap, lawful.where(clear[:, None], ratios))


def least_dimension(spectra: Tensor, sigmas: Sequence[float]) -> Tensor:
    """Return the number (m,) of directions up to the last one that is tangent by its law.

    Such a direction keeps its extent, sigma sqrt(1 / value - 1), while the noise rises by
    ``LAWFUL_RANGE``, and most of it beyond. Directions are identified across levels by their rank.
    """
    values = spectra.clamp(1e-9, 1 - 1e-9)
    extents = spectra.new_tensor(sigmas)[:, None, None] * (1 / values - 1).sqrt()
    tangent = spectra.new_zeros(spectra.shape[1:]).bool()
    order = sorted(range(len(sigmas)), key=lambda row: sigmas[row])
    for start, row in enumerate(order):
        below = sum(sigma < LAWFUL_RANGE * sigmas[row] for sigma in sigmas)
        if below < len(order):
            window, beyond = extents[order[start : below + 1]], extents[order[below:]]
            least = window.min(0).values
            kept = window.max(0).values < KEPT * least
            lasting = beyond.min(0).values > LASTING * least
            tangent |= kept & lasting
    tangent &= spectra[order[0]] < SEEN
    return tangent.int().cummax(-1).values.sum(-1)


def ratio_persistence(gap: Tensor, spectra: Tensor, sigmas: Sequence[float] = ()) -> Selection:
    """Select for each point the dimension of the largest proportions, multiplied over levels."""
    return _at_best_level(gap, _ratios(gap, spectra).log().sum(0).argmax(-1))


def persistence(gap: Tensor, spectra: Tensor, sigmas: Sequence[float] = ()) -> Selection:
    """Select for each point the dimension of the largest gap summed over levels."""
    return _at_best_level(gap, gap.sum(0).argmax(-1))


def least_spread(gap: Tensor, spectra: Tensor, sigmas: Sequence[float] = ()) -> Selection:
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


def _at_largest(gap: Tensor, ratios: Tensor) -> Selection:
    """Select for each point the level and gap of the largest of the proportions (S, m, D)."""
    size, position = ratios.max(-1)
    level = size.argmax(0)
    return _where(gap, level, position[level, range(gap.shape[1])])


def _at(gap: Tensor, level: Tensor) -> Selection:
    """Select the largest gap of each point at given levels (m,)."""
    return _where(gap, level, gap[level, range(gap.shape[1])].argmax(-1))


def _at_best_level(gap: Tensor, position: Tensor) -> Selection:
    """Select the level where the gap is largest, at given positions (m,)."""
    return _where(gap, gap[:, range(gap.shape[1]), position].argmax(0), position)


def _where(gap: Tensor, level: Tensor, position: Tensor) -> Selection:
    """Return the selection at given levels (m,) and positions (m,) of the gaps (S, m, D)."""
    return Selection(gap.shape[-1] - position, level, gap[level, range(gap.shape[1]), position])


RULES: dict[str, Callable[[Tensor, Tensor, Sequence[float]], Selection]] = {
    "law": largest_lawful_ratio,
    "gap": largest_gap,
    "mean-gap": largest_mean_gap,
    "ratio": largest_ratio,
    "persistence": persistence,
    "ratio-persistence": ratio_persistence,
    "spread": least_spread,
}
