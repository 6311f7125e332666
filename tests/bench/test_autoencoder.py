"""The autoencoder check: errors fall to the dimension and flatten beyond, on what is known."""

import numpy as np
import pandas as pd
import pytest
import torch
from commandline import bench
from PIL import Image

import manifolds
from bench.autoencoder.training import Prepared


def test_a_curve_that_spans_ten_axes_is_rebuilt_from_two_numbers_where_no_linear_map_can():
    points = manifolds.get("circles", count=1, ambient=10).sample(2000, 0).points
    t = np.arctan2(points @ points[0], points @ points[1])
    curve = np.stack([np.cos(k * t) for k in range(1, 6)] + [np.sin(k * t) for k in range(1, 6)], 1)
    found = Prepared(curve, 0, torch.device("cpu")).rebuilt(2, 600)
    assert found.linear > 0.6
    assert found.error < 0.1


def test_a_flat_sample_is_rebuilt_from_its_dimension_by_the_linear_map_alone():
    points = manifolds.get("affine-subspace", dimension=3, ambient=8).sample(500, 0).points
    prepared = Prepared(points, 0, torch.device("cpu"))
    below, at = prepared.rebuilt(2, 50), prepared.rebuilt(3, 50)
    assert below.linear > 0.1
    assert at.linear < 1e-9
    assert at.error < 0.1 < below.error


def test_the_same_seed_gives_the_same_errors():
    points = manifolds.get("torus", ambient=6).sample(400, 0).points
    first, again = (Prepared(points, 1, torch.device("cpu")).rebuilt(2, 30) for _ in range(2))
    assert first.error == again.error


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
        (["digits", "--bottlenecks", "x"], "bottlenecks must be whole numbers, not 'x'"),
        (["digits", "--dimension", "64"], "the dimension must be above 0 and below 64"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, arguments, message):
    done = bench("autoencoder", *arguments, "--out", tmp_path, check=2)
    assert message in " ".join(done.stderr.split())
