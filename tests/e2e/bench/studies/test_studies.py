from pathlib import Path

import pandas as pd
import pytest
from commandline import bench

from bench import studies

REPORTED = Path(__file__).parents[4] / "results" / "reported"

# They train the published network, or many models: a minute for a few steps.
LONG = {"compute", "ablation"}
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in studies.NAMES
]


@pytest.fixture(scope="module", params=NAMES)
def done(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    cache = {"BENCH_CACHE": str(out / "cache")}
    bench("study", request.param, "--budget", "0.005", "--out", out, **cache)
    return request.param, out


def test_a_study_leaves_a_table_and_a_figure(done):
    name, out = done
    assert len(pd.read_csv(out / f"{name}.csv")) > 5
    assert (out / f"{name}.png").stat().st_size > 10_000


def test_the_papers_read_out_is_right_on_exact_scores(done):
    name, out = done
    if name != "ablation":
        pytest.skip("of the ablation")
    table = pd.read_csv(out / "ablation.csv")
    exact = table[(table["score"] == "exact") & (table["sigma"] == 0.01)]
    assert (exact["reading"] == exact["dimension"]).all()
    printed = table[table["read-out"].str.contains("neither") & (table["sigma"] == 0.05)]
    exact = printed[printed["score"] == "exact"].set_index("dimension")["reading"]
    assert exact[50] == 99


def test_an_unknown_study_names_the_known_ones():
    failed = bench("study", "ablatio", check=2)
    assert "did you mean" in failed.stderr
    assert "compute" in failed.stderr
