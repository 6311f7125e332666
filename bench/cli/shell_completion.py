"""Completion of names in a shell, after ``id-bench --install-completion``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

#: What ``list`` lists.
KINDS = ("suites", "manifolds", "estimators")


def _complete_last(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Return a function that completes the last of several names, separated by commas."""

    def complete(incomplete: str) -> list[str]:
        before, comma, start = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in sorted(names()) if name.startswith(start)]

    return complete


def _suites() -> set[str]:
    from bench.suites import schema

    return set(schema.names())


def _estimators() -> set[str]:
    import estimators
    from bench.suites import schema

    return {*estimators.names(), *(e for name in _suites() for e in schema.load(name).estimators)}


def _manifolds() -> set[str]:
    import manifolds
    from bench.suites import schema

    return {*manifolds.names(), *(m for name in _suites() for m in schema.load(name).manifolds)}


def _kinds() -> Iterable[str]:
    return KINDS


def _presets() -> Iterable[str]:
    from bench.suites.schema import PRESETS

    return PRESETS


def _devices() -> Iterable[str]:
    from bench.environment import DEVICES

    return DEVICES


suites, estimators, manifolds = map(_complete_last, (_suites, _estimators, _manifolds))
kinds, presets, devices = map(_complete_last, (_kinds, _presets, _devices))
anything = _complete_last(lambda: _suites() | _estimators() | _manifolds())
