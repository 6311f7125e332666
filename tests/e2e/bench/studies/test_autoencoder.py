"""The autoencoder check by the command line."""

import pandas as pd
import pytest
from commandline import bench
from PIL import Image


def test_the_command_writes_table_and_figure_for_a_set_of_images(tmp_path):
    bench(
        "autoencoder", "digits", "--n", 400, "--steps", 40, "--bottlenecks", "2,4,8",
        "--dimension", 9, "--out", tmp_path,
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "autoencoder-digits.csv")
    assert list(table["bottleneck"]) == [2, 4, 8]
    assert table["linear"].is_monotonic_decreasing
    with Image.open(tmp_path / "autoencoder-digits.png") as picture:
        assert picture.width > 600


def test_without_a_dimension_the_true_one_or_an_estimate_is_taken(tmp_path):
    known = bench("autoencoder", "torus", "--n", 300, "--steps", 3, "--out", tmp_path)
    assert "bottleneck 2:" in known.stdout
    unknown = bench("autoencoder", "digits", "--n", 300, "--steps", 3, "--out", tmp_path)
    assert "estimated dimension" in unknown.stdout
    assert "the median of mle" in unknown.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["digist"], "no file, folder or registered manifold; did you mean 'digits'?"),
        (["digits", "--bottlenecks", "0"], "bottlenecks must be from 1 to 64, not 0"),
        (["digits", "--bottlenecks", "x"], "bottlenecks must be integers, not 'x'"),
        (["digits", "--dimension", "64"], "the dimension must be above 0 and below 64"),
    ],
)
def test_an_invalid_argument_is_an_error(tmp_path, arguments, message):
    done = bench("autoencoder", *arguments, "--out", tmp_path, check=2)
    assert message in " ".join(done.stderr.split())
