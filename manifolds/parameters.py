"""Declared parameters: a default, a sentence, and the values that are allowed."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import attrs

Check = Callable[[Any], str | None]


def _is_a(kind: type, value: Any) -> bool:
    """Whether a value is a number of this kind, numpy's included; True and False are not."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _parameter(
    default: Any,
    about: str,
    wrong: Check,
    *,
    none: bool = False,
    converter: Callable[[Any], Any] | None = None,
) -> Any:
    """An attrs field; ``wrong(value)`` says what a value must be, or None if it is allowed."""

    def validate(_: object, attribute: Any, value: Any) -> None:
        if none and value is None:
            return
        needed = wrong(value)
        if needed:
            alternative = " or None" if none else ""
            raise ValueError(f"{attribute.name!r} must be {needed}{alternative}, not {value!r}")

    return attrs.field(
        default=default, validator=validate, converter=converter, metadata={"about": about}
    )


def whole_number(
    default: int | None, about: str, *, least: int = 1, most: int | None = None, none: bool = False
) -> Any:
    """An integer of at least ``least`` and at most ``most`` (or None, if ``none``)."""

    def wrong(value: Any) -> str | None:
        fits = _is_a(Integral, value) and value >= least and (most is None or value <= most)
        limit = "" if most is None else f" and at most {most}"
        return None if fits else f"a whole number of at least {least}{limit}"

    return _parameter(default, about, wrong, none=none)


def number(
    default: float | None,
    about: str,
    *,
    above: float = 0.0,
    below: float = math.inf,
    none: bool = False,
) -> Any:
    """A number strictly between ``above`` and ``below``."""

    def wrong(value: Any) -> str | None:
        real = _is_a(Real, value)
        if real and above < value < below:
            return None
        return f"a number above {above:g}" + (f" and below {below:g}" if below < math.inf else "")

    return _parameter(default, about, wrong, none=none)


def choice(default: str, about: str, allowed: tuple[str, ...]) -> Any:
    """One of a few words."""

    def wrong(value: Any) -> str | None:
        return None if value in allowed else f"one of {', '.join(map(repr, allowed))}"

    return _parameter(default, about, wrong)


def text(default: str | None, about: str, *, none: bool = False) -> Any:
    """Some words (or None, if ``none``)."""

    def wrong(value: Any) -> str | None:
        return None if isinstance(value, str) and value else "a text that is not empty"

    return _parameter(default, about, wrong, none=none)


def texts(about: str) -> Any:
    """A list of words, none by default, kept as a tuple."""

    def wrong(value: Any) -> str | None:
        fits = isinstance(value, tuple) and all(isinstance(v, str) and v for v in value)
        return None if fits else "a list of texts"

    return _parameter((), about, wrong, converter=_as_tuple)


def flag(default: bool, about: str) -> Any:
    """True or False."""

    def wrong(value: Any) -> str | None:
        return None if isinstance(value, bool) else "True or False"

    return _parameter(default, about, wrong)


def optional_flag(about: str) -> Any:
    """True, False or None, the default."""

    def wrong(value: Any) -> str | None:
        return None if isinstance(value, bool) else "True or False"

    return _parameter(None, about, wrong, none=True)


def callback(about: str) -> Any:
    """A function, or None, the default."""

    def wrong(value: Any) -> str | None:
        return None if callable(value) else "a function"

    return _parameter(None, about, wrong, none=True)


def numbers(
    default: tuple[float, ...] | None,
    about: str,
    *,
    count: int | None = None,
    none: bool = False,
) -> Any:
    """A list of positive numbers, ``count`` of them if given, kept as a tuple."""

    def wrong(value: Any) -> str | None:
        fits = (
            isinstance(value, tuple)
            and value
            and count in (None, len(value))
            and all(_is_a(Real, v) and 0 < v < math.inf for v in value)
        )
        return None if fits else f"a list of {f'{count} ' if count else ''}positive numbers"

    return _parameter(
        default,
        about,
        wrong,
        none=none,
        converter=_as_tuple,
    )


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
