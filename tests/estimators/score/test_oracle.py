"""Readings of exact scores: what the estimator says where nothing has to be learned."""

import numpy as np
import pytest
import torch

import manifolds
from estimators.score.oracle import AffineScore, SphereScore
from estimators.score.spectrum import largest_gap, score_spectra

FLOOR = 0.5  # 1 - sqrt(D / K) at K = 4 D


def sphere(dimension: int, count: int = 4) -> tuple[SphereScore, torch.Tensor]:
    manifold = manifolds.get("sphere", dimension=dimension, ambient=100)
    points = torch.from_numpy(manifold.sample(count, seed=0).points)
    return SphereScore(torch.from_numpy(manifold.frame())), points


def spectra(score, points, sigmas, centre=True, per_dimension=4):
    generator = torch.Generator().manual_seed(0)
    return score_spectra(
        score, points, sigmas, per_dimension=per_dimension, generator=generator, centre=centre
    )


@pytest.mark.parametrize("dimension", [10, 50])
def test_exact_score_of_a_sphere_reads_its_dimension(dimension):
    score, points = sphere(dimension)
    read, _ = largest_gap(spectra(score, points, [0.005, 0.01, 0.05, 0.1]), FLOOR)
    assert (read == dimension).all()


def test_uncentred_scores_of_the_50_sphere_read_its_curvature():
    # Without centring the mean score, -k along the normal, is a singular value sigma k in units
    # of pure noise: once that exceeds 2, Algorithm 1 as printed gives D - 1.
    score, points = sphere(50)
    for sigma, expected in [(0.01, 50), (0.05, 99), (0.1, 99)]:
        read, _ = largest_gap(spectra(score, points, [sigma], centre=False, per_dimension=15), 0.0)
        assert (read == expected).all()


def test_mean_score_of_a_sphere_is_the_drift_of_its_curvature():
    # E |x + sigma eps| is 1 + sigma^2 k / 2, and the density of that distance is greatest at
    # 1 - sigma^2 k / 2: to first order the mean score is -k along the radius, 0 elsewhere.
    score, points = sphere(10, count=1)
    sigma, draws = 0.02, 20_000
    generator = torch.Generator().manual_seed(1)
    noise = torch.randn(draws, 100, generator=generator, dtype=torch.float64)
    noise = torch.cat([noise, -noise])
    mean = score(points + sigma * noise, torch.full((len(noise),), sigma).double()).mean(0)
    assert float(mean @ points[0]) == pytest.approx(-10, rel=0.05)


def test_score_of_a_sphere_is_the_gradient_of_its_log_density():
    # p(x) for the circle by numerical integration over the angle.
    score = SphereScore(torch.eye(2, dtype=torch.float64), radius=1.5)
    angle = torch.linspace(0, 2 * np.pi, 20_001, dtype=torch.float64)[:-1]
    circle = 1.5 * torch.stack([angle.cos(), angle.sin()], 1)
    for sigma in (0.1, 0.4, 2.0):
        x = torch.tensor([[0.3, -1.1], [1.6, 0.2]], dtype=torch.float64, requires_grad=True)
        squares = (x[:, None] - circle).square().sum(-1)
        torch.logsumexp(-squares / (2 * sigma**2), 1).sum().backward()
        found = score(x.detach(), torch.full((2,), sigma, dtype=torch.float64))
        torch.testing.assert_close(found, x.grad)


def test_sphere_score_is_finite_where_bessel_functions_underflow():
    score, points = sphere(99)
    found = score(points, torch.full((len(points),), 1e3, dtype=torch.float64))
    torch.testing.assert_close(found, -points * 1e-6, rtol=1e-4, atol=0)


def test_exact_score_of_a_subspace_reads_its_dimension_and_noise_floor():
    manifold = manifolds.get("affine-subspace", dimension=10, ambient=100)
    points = torch.from_numpy(manifold.sample(4, seed=0).points)
    score = AffineScore(
        torch.from_numpy(manifold.offset()),
        torch.from_numpy(manifold.frame()),
        torch.ones(10, dtype=torch.float64),
    )
    values = spectra(score, points, [0.1])
    read, _ = largest_gap(values, FLOOR)
    assert (read == 10).all()
    # Normal directions follow the Marchenko-Pastur law, tangent ones are sigma^2 / (1 + sigma^2)
    # of it.
    assert (values[..., :90] > FLOOR - 0.1).all()
    assert (values[..., 90:] < 1.5 * 0.01).all()
