"""A small suite, and cells whose results are made up."""

import pytest
from synthetic_cells import SUITE, Runner


@pytest.fixture
def runner(monkeypatch):
    """What runs the cells now."""
    found = Runner()
    monkeypatch.setattr("bench.engine.complete.run_cells", found)
    return found


@pytest.fixture
def suite(tmp_path):
    """A file of two manifolds and two estimators, of four seeds."""
    path = tmp_path / "mini.toml"
    path.write_text(SUITE)
    return path
