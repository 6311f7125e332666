"""Mixtures of subspaces: their law, the warp and how far apart they are."""

import numpy as np
import pytest
from scipy import stats

import manifolds
from manifolds.subspaces import warp


def test_points_of_a_part_are_standard_normal_in_its_subspace():
    manifold = manifolds.get("subspaces", dimensions=(3, 8), ambient=30)
    sample = manifold.sample(4000, seed=1)
    for part in manifold.parts:
        own = sample.points[sample.dimension == part.dimension]
        assert len(own) == 2000
        assert part.residual(own).max() < 1e-12
        squares = np.square(own - part.embed(np.zeros((1, part.dimension)))).sum(1)
        assert stats.kstest(squares, stats.chi2(part.dimension).cdf).pvalue > 1e-3


def test_origins_are_ten_apart():
    parts = manifolds.get("subspaces", dimensions=(1, 2, 3), ambient=20).parts
    origins = np.vstack([part.embed(np.zeros((1, part.dimension))) for part in parts])
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert np.linalg.norm(origins[a] - origins[b]) == pytest.approx(10)


@pytest.mark.parametrize("frequency", [0.5, 5.0])
def test_the_warp_is_smooth_and_bends(frequency):
    points = np.random.default_rng(0).normal(-3.5, 1.0, (50, 40))
    # Bends: the middle of two points does not stay in their middle.
    middle = warp((points[::2] + points[1::2]) / 2, frequency)
    ends = (warp(points[::2], frequency) + warp(points[1::2], frequency)) / 2
    assert np.linalg.norm(middle - ends, axis=1).min() > 0.1
    # Smooth: halving a step halves what it does.
    step = 1e-4 * np.random.default_rng(1).standard_normal(points.shape)
    whole = warp(points + step, frequency) - warp(points, frequency)
    half = warp(points + step / 2, frequency) - warp(points, frequency)
    np.testing.assert_allclose(whole, 2 * half, atol=1e-6)


def test_a_warped_mixture_spans_its_space():
    straight, bent = (
        np.linalg.svd(own - own.mean(0), compute_uv=False)
        for name in ("subspaces", "warped-subspaces")
        for own in [manifolds.get(name, dimensions=(2, 3), ambient=20).sample(500, 0).points]
    )
    assert (straight > 1e-9).sum() == 6
    assert (bent > 1e-2).sum() == 20
