"""A suite of six cells, its baseline, and the arguments of a check against it."""

import pytest
from commandline import bench

SUITE = """
about = "A sphere, quickly."
[manifolds.5-sphere]
manifold = "sphere"
parameters = { dimension = 5, ambient = 12 }
[manifolds.torus]
manifold = "torus"
parameters = { ambient = 5 }
[estimators.mle]
estimator = "mle"
[estimators.twonn]
estimator = "twonn"
[estimators.knn]
estimator = "knn"
[presets.smoke]
n = 150
seeds = 4
[presets.quick]
n = 200
seeds = 4
[presets.full]
n = 200
seeds = 4
"""


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with a suite and its baseline, of the code as it is."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "mini.toml").write_text(SUITE)
    output = bench(
        "baseline", "save", "--suite", folder / "mini.toml", "--preset", "smoke",
        "--to", folder / "mini.json", "--out", folder / "saved", "--states", 8,
    )  # fmt: skip
    assert "6 cells of 4 seeds, of random estimators 8 states each, are in" in output.stdout
    return folder


@pytest.fixture
def options(folder, tmp_path):
    """Arguments of a check with results in ``run``; no test depends on the speed of a fit."""
    return (
        "check", "--suite", folder / "mini.toml", "--preset", "smoke", "--baseline",
        folder / "mini.json", "--out", tmp_path / "run", "--slower", 100,
    )  # fmt: skip
