"""A score function of one's own, checked on the points whose score it is supposed to be.

The score has the least denoising loss of all functions (Vincent 2011), on average over the
distribution of the points: a function that does worse on them than the linear denoiser is not their
score. The distribution need not be known for that, and few points suffice.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from estimators.score.frame import Frame, principal_frame
from estimators.score.model import ScoreModel, looks_normal
from estimators.score.reliability import (
    Reliability,
    assess_reliability,
    misscaled_levels,
    worse_levels,
)
from estimators.score.spectrum import Score

#: Parts of the points, each of which is denoised by the linear denoiser of the others too.
FOLDS = 5
#: Rows at which conventions are tried.
CONVENTION_ROWS = 256

OwnScore = Callable[[Tensor, Tensor], Any]

#: Conventions of outputs: in words, the score as a formula, and from values f (b, D) at points x
#: (b, D) and noise levels s (b, 1).
OUTPUTS: dict[str, tuple[str, Callable[[Tensor, Tensor, Tensor], Tensor]]] = {
    "the score": ("{f}", lambda f, x, s: f),
    "the score with the opposite sign": ("-{f}", lambda f, x, s: -f),
    "the noise, -sigma times the score": ("-{f} / {s}[:, None]", lambda f, x, s: -f / s),
    "sigma times the score": ("{f} / {s}[:, None]", lambda f, x, s: f / s),
    "sigma^2 times the score": ("{f} / {s}[:, None]**2", lambda f, x, s: f / s**2),
    "-sigma^2 times the score": ("-{f} / {s}[:, None]**2", lambda f, x, s: -f / s**2),
    "denoised points": ("({f} - {x}) / {s}[:, None]**2", lambda f, x, s: (f - x) / s**2),
}

#: Conventions of the second input: in words, as a formula, and from levels s (b,) and the unit.
INPUTS: dict[str, tuple[str, Callable[[Tensor, float], Tensor]]] = {
    "the noise level": ("{s}", lambda s, unit: s),
    "the variance of the noise": ("{s}**2", lambda s, unit: s**2),
    "the square root of the noise level": ("{s}**0.5", lambda s, unit: s**0.5),
    "the logarithm of the noise level": ("{s}.log()", lambda s, unit: s.log()),
    "the noise level in units of the data": ("{s} / unit", lambda s, unit: s / unit),
}


@dataclass(frozen=True)
class Convention:
    """Convention of a function's input and output, keys of ``INPUTS`` and ``OUTPUTS``.

    Points and noise levels are in the units of the data or, if ``standard``, (x - mean) / unit
    and sigma / unit, where the unit is the typical deviation of the data.
    """

    input: str
    output: str
    standard: bool

    def __str__(self) -> str:
        """Describe the function, and its score by a formula."""
        x, s = ("(x - mean) / unit", "(sigma / unit)") if self.standard else ("x", "sigma")
        call = f"f({x}, {INPUTS[self.input][0].format(s=s)})"
        formula = OUTPUTS[self.output][0].format(f=call, s=s, x=x)
        action = f"return {self.output}"
        if self.standard:
            action, formula = f"{action} of (x - mean) / unit", f"({formula}) / unit"
        if self.input != "the noise level":
            action = f"take {self.input} and {action}"
        return f"{action}: {formula}"

    def score(self, function: Score, mean: Tensor, unit: float) -> Score:
        """Return the score of a function by this convention, in the units of the data."""
        own_unit = unit if self.standard else 1.0
        argument, back = INPUTS[self.input][1], OUTPUTS[self.output][1]

        def converted(x: Tensor, sigma: Tensor) -> Tensor:
            if self.standard:
                x, sigma = (x - mean) / unit, sigma / unit
            values = function(x, argument(sigma, unit))
            return back(values, x, sigma[:, None]) / own_unit

        return converted


def conventions() -> Iterator[Convention]:
    """Yield all conventions but the expected one."""
    for standard, given, returned in product((False, True), INPUTS, OUTPUTS):
        # In standard units the unit is 1.
        same = standard and given == "the noise level in units of the data"
        if not same and (standard, given, returned) != (False, "the noise level", "the score"):
            yield Convention(given, returned, standard)


def score_function_model(score: OwnScore, points: Tensor, sigmas: Sequence[float]) -> ScoreModel:
    """Return a model from a score function of one's own: x (b, D), sigma (b,) -> (b, D).

    It is called with float32 tensors in the units of the points (n, D), and must return the score
    of the data blurred by normal noise of deviation sigma, as a tensor or an array. It is read at
    noise levels ``sigmas``, relative to the unit of the points. Raises ValueError where it returns
    anything but finite numbers of the shape of its points, where it returns the same at all
    points, and where its values are the score by another convention, which is named.
    """
    frame = principal_frame(points, -1.0)
    z = frame.coordinates(points)
    function = CheckedScore(score)
    _check_call(function, frame.points(z[:65]).float(), float(np.median(sigmas)) * frame.unit)
    model = ScoreModel(_in_frame(function, frame), frame, z, looks_normal(z), folds=_folds(z))
    wrong = _count_wrong_levels(model, sigmas)
    if 2 * wrong > len(sigmas):
        likely = _find_convention(model, function, sigmas)
        if likely is not None:
            unit = f" (unit {frame.unit:.6g})" if "unit" in str(likely) else ""
            raise ValueError(
                "the score function does not give the score of these points: at "
                f"{wrong} of {len(sigmas)} noise levels it is no denoiser of them, or worse than "
                f"the linear one. It seems to {likely}{unit}, with f for the function; give that "
                "as the score of x and sigma"
            )
    return model


def assess_own_score(model: ScoreModel, sigmas: Sequence[float]) -> Reliability:
    """Assess the noise levels; warn where a function is the score of the points at none."""
    reliability = assess_reliability(model, sigmas)
    if not reliability.learned:
        warnings.warn(
            "by its denoising loss the score function is at no noise level the score of these "
            "points: (x, sigma) -> gradient of the log-density of the points with noise of "
            "deviation sigma added, in the units of the points",
            stacklevel=6,
        )
    return reliability


@dataclass(frozen=True)
class CheckedScore:
    """A score function whose values are checked to be a finite tensor (b, D)."""

    score: OwnScore

    def __call__(self, x: Tensor, sigma: Tensor) -> Tensor:
        values = self.score(x, sigma)
        if not isinstance(values, Tensor):
            array = np.asarray(values)
            if array.dtype.kind not in "fiu":
                raise ValueError(
                    "the score function must return a tensor or an array of numbers, not "
                    f"{type(values).__name__}"
                )
            values = torch.from_numpy(array)
        if values.is_complex():
            raise ValueError(f"the score function must return real numbers, not {values.dtype}")
        if values.shape != x.shape:
            raise ValueError(
                f"the score function must return the shape of its points, {tuple(x.shape)}, "
                f"not {tuple(values.shape)}"
            )
        bad = ~values.isfinite().all(1)
        if bool(bad.any()):
            raise ValueError(
                "the score function must return finite numbers, but does not at noise level "
                f"sigma = {float(sigma[bad].max()):.3g} (in the units of the points); if it is "
                "not defined there, give noise levels at which it is: sigmas=(...), relative to "
                "the typical deviation of the points"
            )
        return values.to(x.device)


def _check_call(score: CheckedScore, x: Tensor, sigma: float) -> None:
    """Check that a function can be called at points x (b, D), and is not constant."""
    # Not as many points as axes: then (b, D) / (b,) would pass.
    x = x[:-1] if len(x) == x.shape[1] else x
    level = torch.full_like(x[:, 0], sigma)
    try:
        with torch.no_grad():
            values = score.score(x, level)
    except Exception as error:  # whatever a callable of someone else's raises
        raise ValueError(
            f"the score function failed: {type(error).__name__}: {error}. It is called as f(x, "
            f"sigma) with float32 tensors of shapes {tuple(x.shape)} and {tuple(level.shape)}, "
            "within torch.no_grad()"
        ) from error
    checked = CheckedScore(lambda x, sigma: values)(x, level)
    if bool((checked == checked[0]).all()):
        raise ValueError(
            "the score function returns the same values at all points, which the score of points "
            "that differ does not"
        )


def _in_frame(score: Score, frame: Frame) -> Score:
    """Return a score of points in the coordinates and the unit of their frame."""
    axes = frame.axes
    assert axes is not None

    def inside(z: Tensor, sigma: Tensor) -> Tensor:
        values = score(frame.points(z).float(), sigma * frame.unit)
        return ((values.double() @ axes) * frame.unit).float()

    return inside


def _folds(z: Tensor) -> tuple[Frame, ...]:
    """Return principal axes of coordinates (n, r) without every ``FOLDS``-th row, from 0, 1, ...

    The linear denoiser of all points would know the noise of those it is tested on.
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


def _count_wrong_levels(model: ScoreModel, sigmas: Sequence[float]) -> int:
    """Return at how many noise levels a score is not that of the points, by one of the folds."""
    losses = model.losses(sigmas, most_folds=1)
    return int((worse_levels(losses) | misscaled_levels(losses)).sum())


def _find_convention(
    model: ScoreModel, function: CheckedScore, sigmas: Sequence[float]
) -> Convention | None:
    """Return the convention by which a function is the score of a model's points, if any."""
    frame, z = model.frame, model.held_out
    z = z[:: -(-len(z) // CONVENTION_ROWS)]
    noise = torch.randn(z.shape, generator=torch.Generator().manual_seed(0))

    def score(convention: Convention) -> Score:
        return _in_frame(convention.score(function, frame.mean.float(), frame.unit), frame)

    @torch.no_grad()
    def loss(convention: Convention) -> float:
        total = 0.0
        for sigma in (min(sigmas), float(np.median(sigmas)), max(sigmas)):
            level = torch.full_like(z[:, 0], sigma)
            try:
                values = score(convention)(z + sigma * noise, level)
            except Exception:  # not a convention that it can be called by
                return math.inf
            total += float((sigma * values + noise).square().sum())
        return total

    # Where the unit is near 1, conventions with and without it hardly differ.
    for with_unit in (False, True):
        candidates = [each for each in conventions() if ("unit" in str(each)) == with_unit]
        losses = [loss(each) for each in candidates]
        best = candidates[int(np.argmin(losses))]
        if min(losses) < math.inf and not _count_wrong_levels(
            replace(model, score=score(best)), sigmas
        ):
            return best
    return None
