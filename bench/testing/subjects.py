"""What is checked: an instance, of a class or of a name in a registry, and its declarations."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from manifolds.registry import AnyEntry, Registry


def instance_of(subject: Any, registry: Registry[Any]) -> Any:
    """``subject`` if it is an instance, else one with default parameters.

    Raises ValueError for an unknown name, and for a class that cannot be made without parameters.
    """
    if isinstance(subject, str):
        return registry.get(subject)
    if not inspect.isclass(subject):
        return subject
    try:
        return subject()
    except TypeError as error:
        raise ValueError(
            f"{subject.__name__} cannot be made without parameters ({error}): give the check an "
            "instance"
        ) from error


def entry_of(subject: Any, registry: Registry[AnyEntry]) -> AnyEntry | None:
    """What is registered of an instance's class, if anything is."""
    return next((entry for entry in registry.entries() if entry.cls is type(subject)), None)


def title_of(subject: Any, registry: Registry[Any]) -> str:
    """The name that an instance's class is registered by, or that of the class."""
    entry = entry_of(subject, registry)
    return type(subject).__name__ if entry is None else str(entry.name)


def reasons_of(
    subject: Any, registry: Registry[Any], expected: Mapping[str, str] | None
) -> Mapping[str, str]:
    """Checks that an instance cannot pass: those expected, if any are given, or those declared."""
    entry = entry_of(subject, registry)
    declared: Mapping[str, str] = {} if entry is None else entry.cannot
    return declared if expected is None else expected


def parameters_of(subject: Any) -> list[str]:
    """Names of the constructor's parameters."""
    return list(inspect.signature(type(subject)).parameters)
