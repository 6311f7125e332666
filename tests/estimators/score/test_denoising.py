"""Denoising losses of exact scores, which have closed forms for normal distributions."""

import pytest
import torch
from exact_scores import subspace

import manifolds
from estimators.score.denoising import dsm_curve
from estimators.score.oracle import SphereScore


def read(score, points, sigmas, draws, seed=0, **options):
    generator = torch.Generator().manual_seed(seed)
    return dsm_curve(score, points, sigmas, draws=draws, generator=generator, **options)


def expected_loss(score, points, sigmas):
    """Along the subspace eps - e is (eps - sigma x) / (1 + sigma^2), and it is 0 elsewhere."""
    s2 = torch.tensor(sigmas, dtype=torch.float64)[:, None].square()
    squares = (points - score.origin).square().sum(1)
    return (score.frame.shape[1] + s2 * squares) / (1 + s2) ** 2


def test_balanced_draws_are_exact_for_a_normal_distribution():
    score, points = subspace(10, 40, 6)
    sigmas = [0.02, 0.2, 0.5]
    expected = expected_loss(score, points, sigmas)
    for draws in (79, 80, 100, 240):
        estimates = read(score, points, sigmas, draws)
        torch.testing.assert_close(estimates, expected, rtol=1e-6, atol=0)


def test_independent_draws_scatter_as_chi_squares():
    score, points = subspace(10, 40, 400)
    draws = 16
    estimates = read(score, points, [0.02], draws, noise="independent")[0]
    standard = (estimates - expected_loss(score, points, [0.02])[0]) / (2 * 10 / draws) ** 0.5
    assert abs(float(standard.mean())) < 4 / 400**0.5
    assert float(standard.std()) == pytest.approx(1, abs=0.15)


def test_parts_of_a_block_are_unbiased_and_scatter_less():
    # |P eps|^2 / r is Beta(d / 2, (r - d) / 2) for a direction, and of 20 of the 40 directions
    # that are orthogonal the mean varies by (40 - 20) / (40 - 1) of an independent one.
    score, points = subspace(10, 40, 400)
    estimates = read(score, points, [0.02], 40)[0]
    beta = 0.25 * 0.75 / 21
    deviation = 40 * (beta / 20 * (20 / 39)) ** 0.5
    standard = (estimates - expected_loss(score, points, [0.02])[0]) / deviation
    assert abs(float(standard.mean())) < 4 / 400**0.5
    assert float(standard.std()) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("dimension", [10, 50])
def test_a_sphere_has_its_dimension(dimension):
    manifold = manifolds.get("sphere", dimension=dimension, ambient=100)
    points = torch.from_numpy(manifold.sample(3, seed=0).points)
    score = SphereScore(torch.from_numpy(manifold.frame()))
    curve = read(score, points, [0.002, 0.005], 200)
    assert (curve - dimension).abs().max() < 0.1
    # The span is enough: the other directions add nothing.
    frame = torch.from_numpy(manifold.frame())
    inside = SphereScore(torch.eye(dimension + 1, dtype=torch.float64))
    span = read(inside, points @ frame, [0.002, 0.005], 200)
    assert (span - curve).abs().max() < 0.01


def test_balanced_and_independent_draws_agree_on_a_curved_manifold():
    score = SphereScore(torch.eye(30, dtype=torch.float64)[:, :11])
    points = torch.eye(30, dtype=torch.float64)[:1]
    draws = 20_000
    independent = float(read(score, points, [0.3], draws, noise="independent"))
    # Curvature takes nearly half of the loss here, and balanced noise misses little of that.
    assert independent < 6
    balanced = float(read(score, points, [0.3], 600))
    assert balanced == pytest.approx(independent, abs=0.1)


@pytest.mark.parametrize(
    ("noise", "draws"), [("independent", 9), ("balanced", 10), ("balanced", 90)]
)
def test_reproducible_and_however_it_is_cut(noise, draws):
    score, points = subspace(10, 40, 7)
    sigmas = [0.02, 0.1]
    once = read(score, points, sigmas, draws, noise=noise)
    assert torch.equal(read(score, points, sigmas, draws, noise=noise), once)
    for numbers in (1, 40 * 5, 40 * draws * 3):
        cut = read(score, points, sigmas, draws, noise=noise, numbers=numbers)
        torch.testing.assert_close(cut, once, rtol=0, atol=1e-9)
    if draws < 80:
        assert not torch.allclose(read(score, points, sigmas, draws, 1, noise=noise), once)
