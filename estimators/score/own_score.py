"""A score function of one's own, checked on the points that it is said to be the score of.

The score has the least denoising loss of all functions (Vincent 2011), on average over the law of
the points: what does worse on them than the linear denoiser is not their score. The law needs not
be known for that, and few points make no difference to what is right.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from estimators.score.conventions import Convention, conventions
from estimators.score.frame import Frame, principal_frame
from estimators.score.model import ScoreModel, looks_normal
from estimators.score.reliability import Trust, off_levels, trust, worse_levels
from estimators.score.spectrum import Score

#: Parts of the points, each of which is denoised by the linear denoiser of the others too.
FOLDS = 5
#: Rows at which conventions are tried.
TRIED = 256

OwnScore = Callable[[Tensor, Tensor], Any]


def model_of_score(score: OwnScore, points: Tensor, sigmas: Sequence[float]) -> ScoreModel:
    """A model from a score function of one's own: x (b, D), sigma (b,) -> (b, D).

    It is called with float32 tensors in the units of the points (n, D), and must give the score
    of the data blurred by normal noise of deviation sigma, as a tensor or an array. It is read at
    noise levels ``sigmas``, relative to the unit of the points. Raises ValueError where it gives
    anything but finite numbers of the shape of its points, where it gives the same at all points,
    and where its values are clearly not the score but by another convention, which is named.
    """
    frame = principal_frame(points, -1.0)
    z = frame.coordinates(points)
    called = Checked(score)
    _check_call(called, frame.points(z[:65]).float(), float(np.median(sigmas)) * frame.unit)
    model = ScoreModel(_along(called, frame), frame, z, looks_normal(z), folds=_folds(z))
    wrong = _wrong(model, sigmas)
    if 2 * wrong > len(sigmas):
        likely = _likely(model, called, sigmas)
        if likely is not None:
            unit = f" (unit {frame.unit:.6g})" if "unit" in str(likely) else ""
            raise ValueError(
                "the score function does not give the score of these points: at "
                f"{wrong} of {len(sigmas)} noise levels it is no denoiser of them, or worse than "
                f"the linear one. It seems to {likely}{unit}, with f for the function; give that "
                "as the score of x and sigma"
            )
    return model


def own_trust(model: ScoreModel, sigmas: Sequence[float]) -> Trust:
    """Which noise levels to believe; warns where a function is the score of the points at none."""
    found = trust(model, sigmas)
    if not found.learned:
        warnings.warn(
            "by its denoising loss the score function is at no noise level the score of these "
            "points: (x, sigma) -> gradient of the log-density of the points with noise of "
            "deviation sigma added, in the units of the points",
            stacklevel=6,
        )
    return found


@dataclass(frozen=True)
class Checked:
    """A score function of which all that it gives is a finite tensor (b, D)."""

    score: OwnScore

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        found = self.score(x, sigma)
        if not isinstance(found, Tensor):
            array = np.asarray(found)
            if array.dtype.kind not in "fiu":
                raise ValueError(
                    "the score function must return a tensor or an array of numbers, not "
                    f"{type(found).__name__}"
                )
            found = torch.from_numpy(array)
        if found.is_complex():
            raise ValueError(f"the score function must return real numbers, not {found.dtype}")
        if found.shape != x.shape:
            raise ValueError(
                f"the score function must return the shape of its points, {tuple(x.shape)}, "
                f"not {tuple(found.shape)}"
            )
        bad = ~found.isfinite().all(1)
        if bool(bad.any()):
            raise ValueError(
                "the score function must return finite numbers, but does not at noise level "
                f"sigma = {float(sigma[bad].max()):.3g} (in the units of the points); if it is "
                "not defined there, give noise levels at which it is: sigmas=(...), relative to "
                "the typical deviation of the points"
            )
        return found.to(x.device)


def _check_call(score: Checked, x: Tensor, sigma: float) -> None:
    """See that a function can be called at points x (b, D), and does not give the same at all."""
    # Not as many points as axes: then (b, D) / (b,) would pass.
    x = x[:-1] if len(x) == x.shape[1] else x
    level = torch.full_like(x[:, 0], sigma)
    try:
        with torch.no_grad():
            given = score.score(x, level)
    except Exception as error:  # whatever a callable of someone else's raises
        raise ValueError(
            f"the score function failed: {type(error).__name__}: {error}. It is called as f(x, "
            f"sigma) with float32 tensors of shapes {tuple(x.shape)} and {tuple(level.shape)}, "
            "within torch.no_grad()"
        ) from error
    found = Checked(lambda x, sigma: given)(x, level)
    if bool((found == found[0]).all()):
        raise ValueError(
            "the score function returns the same values at all points, which the score of points "
            "that differ does not"
        )


def _along(score: Score, frame: Frame) -> Score:
    """A score in the units of the points in the coordinates and the unit of their frame."""
    axes = frame.axes
    assert axes is not None

    def inside(z: Tensor, sigma: Tensor) -> Tensor:
        found = score(frame.points(z).float(), sigma * frame.unit)
        return ((found.double() @ axes) * frame.unit).float()

    return inside


def _folds(z: Tensor) -> tuple[Frame, ...]:
    """Principal axes of coordinates (n, r) without every ``FOLDS``-th row, from row 0, 1, ...

    The linear denoiser of all points would know the noise of the very ones it is tried on.
    """
    z = z.double()
    squares, total, frames = z.T @ z, z.sum(0), []
    for start in range(FOLDS):
        out = z[start::FOLDS]
        count = len(z) - len(out)
        mean = (total - out.sum(0)) / count
        covariance = (squares - out.T @ out) / count - torch.outer(mean, mean)
        variances, axes = torch.linalg.eigh(covariance)
        frames.append(Frame(mean, 1.0, axes, variances.clamp(min=0).sqrt()))
    return tuple(frames)


def _wrong(model: ScoreModel, sigmas: Sequence[float]) -> int:
    """At how many noise levels a score clearly is not that of the points, by one of the folds."""
    losses = model.losses(sigmas, most_folds=1)
    return int((worse_levels(losses) | off_levels(losses)).sum())


def _likely(model: ScoreModel, function: Checked, sigmas: Sequence[float]) -> Convention | None:
    """The convention by which a function is the score of a model's points, if there is one."""
    frame, z = model.frame, model.held_out
    z = z[:: -(-len(z) // TRIED)]
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(0))

    def score(convention: Convention) -> Score:
        return _along(convention.score(function, frame.mean.float(), frame.unit), frame)

    @torch.no_grad()
    def loss(convention: Convention) -> float:
        total = 0.0
        for sigma in (min(sigmas), float(np.median(sigmas)), max(sigmas)):
            level = torch.full_like(z[:, 0], sigma)
            try:
                found = score(convention)(z + sigma * noise, level)
            except Exception:  # it was not made to be called like that
                return math.inf
            total += float((sigma * found + noise).square().sum())
        return total

    # Where the unit is near 1, those with and without it are much the same.
    for with_unit in (False, True):
        tried = [each for each in conventions() if ("unit" in str(each)) == with_unit]
        losses = [loss(each) for each in tried]
        best = tried[int(np.argmin(losses))]
        if min(losses) < math.inf and not _wrong(replace(model, score=score(best)), sigmas):
            return best
    return None
