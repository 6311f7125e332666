"""The autoencoder check: errors fall to the dimension and flatten beyond, on what is known."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

import manifolds
from bench.studies.autoencoder import error_figure
from bench.studies.autoencoder_training import Prepared
from bench.studies.elbow import FLOOR, elbow, supported


@pytest.mark.slow
def test_a_curve_that_spans_ten_axes_is_rebuilt_from_two_numbers_where_no_linear_map_can():
    points = manifolds.get("circles", count=1, ambient=10).sample(2000, 0).points
    t = np.arctan2(points @ points[0], points @ points[1])
    curve = np.stack([np.cos(k * t) for k in range(1, 6)] + [np.sin(k * t) for k in range(1, 6)], 1)
    result = Prepared(curve, 0, torch.device("cpu")).train(2, 600)
    assert result.linear > 0.6
    assert result.error < 0.1


def test_a_flat_sample_is_rebuilt_from_its_dimension_by_the_linear_map_alone():
    points = manifolds.get("affine-subspace", dimension=3, ambient=8).sample(500, 0).points
    prepared = Prepared(points, 0, torch.device("cpu"))
    below, at = prepared.train(2, 50), prepared.train(3, 50)
    assert below.linear > 0.1
    assert at.linear < 1e-9
    assert at.error < 0.1 < below.error


def test_the_same_seed_gives_the_same_errors():
    points = manifolds.get("torus", ambient=6).sample(400, 0).points
    first, again = (Prepared(points, 1, torch.device("cpu")).train(2, 30) for _ in range(2))
    assert first.error == again.error


SIZES = np.array([2, 4, 6, 8, 9, 10, 11, 12, 15, 20, 30])


def errors(held_out, linear=SIZES**-0.3):
    return pd.DataFrame(
        {"bottleneck": SIZES, "error": held_out, "trained": held_out, "linear": linear}
    )


def test_an_elbow_is_what_it_supports_and_a_power_law_supports_nothing():
    bent = errors(np.where(SIZES < 10, (SIZES / 10.0) ** -1.5, 1.0) * 0.01)
    assert elbow(bent).bottleneck == 10
    assert supported(bent).startswith("Supports a dimension of about 10: ")
    for exponent in (0.2, 1.0, 3.0):
        assert supported(errors(1.0 * SIZES**-exponent)).startswith("Supports no dimension: ")
    rising = errors(np.linspace(0.5, 0.6, len(SIZES)))
    assert supported(rising).startswith("Supports no dimension: ")
    assert "fewer than 5" in supported(bent.iloc[:4])


def share_supported(curve, noise, sizes=SIZES):
    """Part of 200 noisy curves, with seeds, of which a dimension is reported as supported."""
    rng = np.random.default_rng(0)
    count = 0
    for _ in range(200):
        held_out = curve * np.exp(noise * rng.standard_normal(len(sizes)))
        table = pd.DataFrame({"bottleneck": sizes, "error": held_out, "linear": sizes**-0.3})
        count += supported(table).startswith("Supports a dimension")
    return count / 200


@pytest.mark.parametrize("sizes", [SIZES, np.array([1, 2, 3, 4, 6]), np.arange(1, 17)])
@pytest.mark.parametrize("noise", [0.05, 0.1])
@pytest.mark.parametrize("exponent", [0.3, 1.0])
def test_a_power_law_with_noise_supports_a_dimension_at_most_as_often_as_chance(
    sizes, noise, exponent
):
    assert share_supported(sizes**-exponent, noise, sizes) <= 0.05


@pytest.mark.parametrize("exponent", [1.0, 2.0])
def test_a_clear_elbow_is_seen_through_noise(exponent):
    assert share_supported(np.maximum((SIZES / 10.0) ** -exponent, 1), 0.05) >= 0.8


def test_errors_that_rise_again_support_nothing():
    fall = np.maximum((SIZES / 10.0) ** -1.5, 1)
    for exponent in (0.2, 1.0, 2.0):
        again = errors(0.01 * fall * np.maximum(SIZES / 10.0, 1) ** exponent)
        assert elbow(again).bottleneck == 10
        assert supported(again).startswith("Supports no dimension: ")
    assert supported(errors(0.01 * fall * np.maximum(SIZES / 10.0, 1) ** 0.05)).startswith(
        "Supports a dimension of about 10: "
    )


def test_a_bend_by_chance_is_reported_as_one():
    held_out = SIZES**-0.3 * np.exp(0.1 * np.random.default_rng(4).standard_normal(len(SIZES)))
    assert elbow(errors(held_out)).bends
    assert "bend as much by chance (p = " in supported(errors(held_out))


def test_the_reported_errors_of_fashion_mnist_support_nothing():
    folder = Path(__file__).parents[3] / "results" / "reported" / "autoencoder"
    table = pd.read_csv(folder / "autoencoder-fashion-mnist.csv")
    assert supported(table).startswith("Supports no dimension: where the bottleneck doubles")


def test_an_elbow_that_principal_components_have_too_is_that_of_the_span():
    flat = np.where(SIZES < 10, 0.5, 1e-12)
    assert "10 as the dimension of the linear span alone" in supported(errors(flat, flat))
    assert "about 10" in supported(errors(flat))


@pytest.mark.parametrize("least", [1e-12, 0.08])
def test_the_figure_keeps_its_curves_in_the_panel_with_ticks_in_per_cent(least):
    table = errors(np.geomspace(0.2, least, len(SIZES)), np.geomspace(0.4, least, len(SIZES)))
    figure = error_figure(table, "points", 10, "true", 500)
    figure.draw_without_rendering()
    (axes,) = figure.axes
    low, high = axes.get_ylim()
    for line in axes.lines:
        if line.get_gid():
            assert (line.get_ydata() >= low).all()
            assert (line.get_ydata() <= high).all()
    assert low <= max(least, FLOOR)
    ticks = [label.get_text() for label in axes.get_yticklabels()]
    assert 3 <= len(ticks) <= 11
    assert all(tick.endswith(" %") and "times" not in tick for tick in ticks)
    assert not axes.yaxis.get_minorticklocs().size
    assert axes.get_title().replace("\n", " ").startswith("Supports ")
    assert not figure.legends[0].get_window_extent().overlaps(axes.get_window_extent())
