"""Tiers of the tests, and registries that each test finds unchanged."""

from pathlib import Path

import pytest

from bench.plugins import REGISTRIES

#: Tiers that a marker declares, and those of whole folders beside this file; the rest is fast.
DECLARED = {"slow", "gpu", "benchmark"}
FOLDERS = {"e2e": "e2e", "fuzz": "fuzz", "mutation": "mutation", "benchmarks": "benchmark"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Give each test the marker of its tier, so that ``-m TIER`` selects it."""
    here = Path(__file__).parent
    for item in items:
        if DECLARED.isdisjoint(mark.name for mark in item.iter_markers()):
            folder = item.path.relative_to(here).parts[0]
            item.add_marker(FOLDERS.get(folder, "fast"))


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
