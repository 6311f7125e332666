"""A small suite, and cells with synthetic results."""

import pytest
from synthetic_cells import SUITE, Runner


@pytest.fixture
def runner(monkeypatch):
    """A double of the function that runs cells."""
    runner = Runner()
    monkeypatch.setattr("bench.engine.complete.run_cells", runner)
    return runner


@pytest.fixture
def suite(tmp_path):
    """A file of two manifolds and two estimators, of four seeds."""
    path = tmp_path / "mini.toml"
    path.write_text(SUITE)
    return path
