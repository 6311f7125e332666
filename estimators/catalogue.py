"""The registry of estimators, and the declarations of each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from estimators.base import Estimator
from estimators.bounds import add_bounds_check
from manifolds.registry import Class, Entry, Registry

Scope = Literal["local", "global"]
Family = Literal["neighbours", "angles", "linear", "topology", "score", "other"]


@dataclass(frozen=True)
class EstimatorEntry(Entry):
    """An estimator with its declarations.

    ``family`` is one of {families};
    ``scope`` says whether it estimates the dimension at each point or of the whole sample;
    ``deterministic`` is False where a random state changes the answer; ``shares_model`` is True
    where that state is to depend on the sample alone, so that all readings of one trained model get
    the same; ``gpu`` is True where the estimator uses a GPU if there is one; ``neighbors`` is
    True where it works on the shared neighbour graph; ``seconds`` is roughly what a fit takes on
    one core at n = 10 000, D = 100, for planning before there are records; ``threads`` are those
    that a fit is to have, None for its share of the cores; ``timeout`` (seconds) and ``memory``
    (bytes) are limits where a run sets none; ``published`` are the parameters that published
    numbers used; ``weakness`` says where it is known to fail, and why; ``superseded``
    names the correct estimator where this one repeats a fault of a published program: it runs only
    by name.
    """

    family: Family = "other"
    scope: Scope = "global"
    deterministic: bool = True
    shares_model: bool = False
    gpu: bool = False
    neighbors: bool = False
    seconds: float = 1.0
    threads: int | None = None
    timeout: float | None = None
    memory: int | None = None
    published: Mapping[str, Any] = field(default_factory=dict)
    weakness: str = ""
    superseded: str = ""

    def __post_init__(self) -> None:
        for fact, allowed in (("family", get_args(Family)), ("scope", get_args(Scope))):
            if getattr(self, fact) not in allowed:
                raise ValueError(
                    f"estimator {self.name!r}: {fact} must be one of {', '.join(allowed)}, "
                    f"not {getattr(self, fact)!r}"
                )
        for fact, kinds in (
            ("seconds", (int, float)),
            ("threads", int),
            ("timeout", (int, float)),
            ("memory", int),
        ):
            value = getattr(self, fact)
            if value is None and fact != "seconds":
                continue
            if not isinstance(value, kinds) or not value > 0:
                what = "a whole number" if kinds is int else "a number"
                raise ValueError(
                    f"estimator {self.name!r}: {fact} must be {what} above 0, not {value!r}"
                )

    def device_for(self, device: str) -> str:
        """Return where it runs if the device of a run is "cpu" or "cuda"."""
        return "cuda" if device == "cuda" and self.gpu else "cpu"


_TEXT = inspect.cleandoc(EstimatorEntry.__doc__ or "").replace(
    "{families}", ", ".join(get_args(Family))
)
EstimatorEntry.__doc__ = _TEXT


class _Estimators(Registry[EstimatorEntry]):
    """The estimators, each with its estimates checked against the bounds."""

    def register(self, name: str, **facts: Any) -> Callable[[Class], Class]:
        return super().register(name, **facts)

    # For help(): the declarations.
    register.__doc__ = f"""Return a class decorator that registers an estimator as ``name``.

Declarations are keywords. {_TEXT.partition(chr(10) * 2)[2]}
``source`` cites the publication; ``version`` is increased when results change; ``cannot`` names
checks of ``bench.testing`` that it cannot pass, each with the reason.

Raises ValueError when another class has the name, the class has no ``fit``, or a declaration is
unknown or not allowed.
"""

    def add(self, entry: EstimatorEntry) -> None:
        super().add(entry)
        if getattr(entry.cls, "fit", None) is not Estimator.fit:
            add_bounds_check(entry.cls)


registry = _Estimators("estimator", "estimators", "fit", EstimatorEntry)
register = registry.register
get = registry.get
names = registry.names
entry = registry.entry
