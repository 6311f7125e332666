"""Declarations of parameters: a default, a description, and the allowed values."""

from __future__ import annotations

import math
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import attrs

Check = Callable[[Any], str | None]


def _is_a(kind: type, value: Any) -> bool:
    """Return whether a value is a number of this kind, not a bool; numpy's numbers are."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _parameter(
    default: Any,
    about: str,
    check: Check,
    *,
    none: bool = False,
    converter: Callable[[Any], Any] | None = None,
) -> Any:
    """Return an attrs field; ``check(value)`` says what a value must be, None if it is valid."""

    def validate(_: object, attribute: Any, value: Any) -> None:
        if none and value is None:
            return
        requirement = check(value)
        if requirement:
            needed = requirement + (" or None" if none else "")
            raise ValueError(f"{attribute.name!r} must be {needed}, not {value!r}")

    return attrs.field(
        default=default, validator=validate, converter=converter, metadata={"about": about}
    )


def whole_number(
    default: int | None, about: str, *, least: int = 1, most: int | None = None, none: bool = False
) -> Any:
    """Declare an integer of at least ``least`` and at most ``most`` (or None, if ``none``)."""

    def check(value: Any) -> str | None:
        fits = _is_a(Integral, value) and value >= least and (most is None or value <= most)
        limit = "" if most is None else f" and at most {most}"
        return None if fits else f"a whole number of at least {least}{limit}"

    return _parameter(default, about, check, none=none)


def number(
    default: float | None,
    about: str,
    *,
    above: float = 0.0,
    below: float = math.inf,
    none: bool = False,
) -> Any:
    """Declare a number strictly between ``above`` and ``below``."""

    def check(value: Any) -> str | None:
        real = _is_a(Real, value)
        if real and above < value < below:
            return None
        return f"a number above {above:g}" + (f" and below {below:g}" if below < math.inf else "")

    return _parameter(default, about, check, none=none)


def choice(default: str, about: str, allowed: tuple[str, ...]) -> Any:
    """Declare one of a few words."""

    def check(value: Any) -> str | None:
        return None if value in allowed else f"one of {', '.join(map(repr, allowed))}"

    return _parameter(default, about, check)


def text(default: str | None, about: str, *, none: bool = False) -> Any:
    """Declare a string that is not empty (or None, if ``none``)."""

    def check(value: Any) -> str | None:
        return None if isinstance(value, str) and value else "a text that is not empty"

    return _parameter(default, about, check, none=none)


def texts(about: str) -> Any:
    """Declare a list of strings, empty by default, stored as a tuple."""

    def check(value: Any) -> str | None:
        fits = isinstance(value, tuple) and all(isinstance(v, str) and v for v in value)
        return None if fits else "a list of texts"

    return _parameter((), about, check, converter=_as_tuple)


def flag(default: bool | None, about: str, *, none: bool = False) -> Any:
    """Declare True or False (or None, if ``none``)."""

    def check(value: Any) -> str | None:
        return None if isinstance(value, bool) else "True or False"

    return _parameter(default, about, check, none=none)


def callback(about: str) -> Any:
    """Declare a function, or None, the default."""

    def check(value: Any) -> str | None:
        return None if callable(value) else "a function"

    return _parameter(None, about, check, none=True)


def numbers(
    default: tuple[float, ...] | None,
    about: str,
    *,
    count: int | None = None,
    none: bool = False,
) -> Any:
    """Declare a list of positive numbers, ``count`` of them if given, stored as a tuple."""

    def check(value: Any) -> str | None:
        fits = (
            isinstance(value, tuple)
            and value
            and count in (None, len(value))
            and all(_is_a(Real, v) and 0 < v < math.inf for v in value)
        )
        return None if fits else f"a list of {f'{count} ' if count else ''}positive numbers"

    return _parameter(default, about, check, none=none, converter=_as_tuple)


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
