"""What all tests share."""

import pytest

from bench.plugins import REGISTRIES


@pytest.fixture(autouse=True)
def registries_as_they_were():
    """What a test registers is gone after it."""
    before = {kind: dict(registry._entries) for kind, registry in REGISTRIES.items()}
    yield
    for kind, registry in REGISTRIES.items():
        # Modules of the packages are imported once: what they registered stays.
        own = {
            name: entry
            for name, entry in registry._entries.items()
            if entry.cls.__module__.startswith(f"{registry.package}.")
        }
        registry._entries.clear()
        registry._entries.update({**own, **before[kind]})
