"""Fuzzing is asked for by its marker: ``pytest -m fuzz tests/fuzz``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))


def pytest_configure(config):
    config.addinivalue_line("markers", "fuzz: damaged input by the thousand; run by tox -e fuzz")


def pytest_collection_modifyitems(config, items):
    if "fuzz" not in (config.option.markexpr or ""):
        config.hook.pytest_deselected(items=[item for item in items if _is_fuzz(item)])
        items[:] = [item for item in items if not _is_fuzz(item)]


def _is_fuzz(item):
    return item.get_closest_marker("fuzz") is not None
