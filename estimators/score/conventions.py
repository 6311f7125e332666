"""What functions take and return in the place of a score, and how the score follows from that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

from torch import Tensor

from estimators.score.spectrum import Score

#: What is returned: in words, the score as a formula, and from values f (b, D) at points x (b, D)
#: and noise levels s (b, 1).
RETURNED: dict[str, tuple[str, Callable[[Tensor, Tensor, Tensor], Tensor]]] = {
    "the score": ("{f}", lambda f, x, s: f),
    "the score with the opposite sign": ("-{f}", lambda f, x, s: -f),
    "the noise, -sigma times the score": ("-{f} / {s}[:, None]", lambda f, x, s: -f / s),
    "sigma times the score": ("{f} / {s}[:, None]", lambda f, x, s: f / s),
    "sigma^2 times the score": ("{f} / {s}[:, None]**2", lambda f, x, s: f / s**2),
    "-sigma^2 times the score": ("-{f} / {s}[:, None]**2", lambda f, x, s: -f / s**2),
    "denoised points": ("({f} - {x}) / {s}[:, None]**2", lambda f, x, s: (f - x) / s**2),
}

#: What is taken beside the points: in words, as a formula, and from levels s (b,) and the unit.
TAKEN: dict[str, tuple[str, Callable[[Tensor, float], Tensor]]] = {
    "the noise level": ("{s}", lambda s, unit: s),
    "the variance of the noise": ("{s}**2", lambda s, unit: s**2),
    "the square root of the noise level": ("{s}**0.5", lambda s, unit: s**0.5),
    "the logarithm of the noise level": ("{s}.log()", lambda s, unit: s.log()),
    "the noise level in units of the data": ("{s} / unit", lambda s, unit: s / unit),
}


@dataclass(frozen=True)
class Convention:
    """What a function takes and returns, keys of ``TAKEN`` and ``RETURNED``.

    Points and noise levels are in the units of the data or, if ``standard``, (x - mean) / unit
    and sigma / unit, where the unit is the typical deviation of the data.
    """

    taken: str
    returned: str
    standard: bool

    def __str__(self) -> str:
        """What the function seems to be, and its score by a formula."""
        x, s = ("(x - mean) / unit", "(sigma / unit)") if self.standard else ("x", "sigma")
        call = f"f({x}, {TAKEN[self.taken][0].format(s=s)})"
        formula = RETURNED[self.returned][0].format(f=call, s=s, x=x)
        what = f"return {self.returned}"
        if self.standard:
            what, formula = f"{what} of (x - mean) / unit", f"({formula}) / unit"
        if self.taken != "the noise level":
            what = f"take {self.taken} and {what}"
        return f"{what}: {formula}"

    def score(self, function: Score, mean: Tensor, unit: float) -> Score:
        """The score of a function by this convention, in the units of the data."""
        own_unit = unit if self.standard else 1.0
        argument, back = TAKEN[self.taken][1], RETURNED[self.returned][1]

        def found(x: Tensor, sigma: Tensor) -> Tensor:
            if self.standard:
                x, sigma = (x - mean) / unit, sigma / unit
            values = function(x, argument(sigma, unit))
            return back(values, x, sigma[:, None]) / own_unit

        return found


def conventions() -> Iterator[Convention]:
    """All of them, but that of a score as it should be."""
    for standard, taken, returned in product((False, True), TAKEN, RETURNED):
        # In standard units the unit is 1.
        same = standard and taken == "the noise level in units of the data"
        if not same and (standard, taken, returned) != (False, "the noise level", "the score"):
            yield Convention(taken, returned, standard)
