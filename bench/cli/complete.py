"""Names that a shell completes, after ``id-bench --install-completion``."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def _last(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
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
    from bench.cli.listing import KINDS

    return KINDS


def _presets() -> Iterable[str]:
    from bench.suites.schema import PRESETS

    return PRESETS


def _devices() -> Iterable[str]:
    from bench.devices import DEVICES

    return DEVICES


suites, estimators, manifolds, kinds = map(_last, (_suites, _estimators, _manifolds, _kinds))
presets, devices = map(_last, (_presets, _devices))
anything = _last(lambda: _suites() | _estimators() | _manifolds())
