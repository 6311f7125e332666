"""Registries of estimators and manifolds, as they were before a test or a command."""

from contextlib import contextmanager

from bench.plugins import REGISTRIES


@contextmanager
def restored_registries():
    """Remove what is registered meanwhile, but for modules of the packages, imported once."""
    before = {kind: dict(registry._entries) for kind, registry in REGISTRIES.items()}
    try:
        yield
    finally:
        for kind, registry in REGISTRIES.items():
            own = {
                name: entry
                for name, entry in registry._entries.items()
                if entry.cls.__module__.startswith(f"{registry.package}.")
            }
            registry._entries.clear()
            registry._entries.update({**own, **before[kind]})
