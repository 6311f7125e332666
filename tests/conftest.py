"""Tiers of the tests, and registries that are restored after each test."""

from pathlib import Path

import pytest
from registries import restored_registries

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


@pytest.fixture(scope="module", autouse=True)
def registries_of_a_module():
    """Remove what the fixtures of a module have registered, after its last test."""
    with restored_registries():
        yield


@pytest.fixture(autouse=True)
def registries(registries_of_a_module):
    """Remove what a test has registered, after it."""
    with restored_registries():
        yield
