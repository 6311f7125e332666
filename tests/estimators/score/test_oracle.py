"""Estimates from exact scores, without learning."""

import numpy as np
import pytest
import torch
from exact_scores import AffineScore, MixtureScore

import manifolds
from estimators.score.curvature import lhsd_curve
from estimators.score.denoising import dsm_curve
from estimators.score.divergence import flipd_curve
from estimators.score.oracle import SphereScore
from estimators.score.selection import gaps
from estimators.score.spectrum import score_spectra

FLOOR = 0.5  # 1 - sqrt(D / K) at K = 4 D


def sphere(dimension: int, count: int = 4) -> tuple[SphereScore, torch.Tensor]:
    manifold = manifolds.get("sphere", dimension=dimension, ambient=100)
    points = torch.from_numpy(manifold.sample(count, seed=0).points)
    return SphereScore(torch.from_numpy(manifold.frame())), points


def spectra(score, points, sigmas, centre=True, per_dimension=4):
    generator = torch.Generator().manual_seed(0)
    return score_spectra(
        score,
        points,
        sigmas,
        per_dimension=per_dimension,
        generator=generator,
        noise="independent",
        centre=centre,
    )


def by_gap(spectra, floor):
    return spectra.shape[-1] - gaps(spectra, floor).argmax(-1)


@pytest.mark.parametrize("dimension", [10, 50])
def test_the_exact_score_of_a_sphere_gives_its_dimension(dimension):
    score, points = sphere(dimension)
    read = by_gap(spectra(score, points, [0.005, 0.01, 0.05, 0.1]), FLOOR)
    assert (read == dimension).all()


def test_uncentred_scores_of_the_50_sphere_show_its_curvature():
    # Without centring the mean score, -k along the normal, is a singular value sigma k in units
    # of pure noise: once that exceeds 2, Algorithm 1 as printed gives D - 1.
    score, points = sphere(50)
    for sigma, expected in [(0.01, 50), (0.05, 99), (0.1, 99)]:
        read = by_gap(spectra(score, points, [sigma], centre=False, per_dimension=15), 0.0)
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
        scores = score(x.detach(), torch.full((2,), sigma, dtype=torch.float64))
        torch.testing.assert_close(scores, x.grad)


def test_sphere_score_is_finite_where_bessel_functions_underflow():
    score, points = sphere(99)
    scores = score(points, torch.full((len(points),), 1e3, dtype=torch.float64))
    torch.testing.assert_close(scores, -points * 1e-6, rtol=1e-4, atol=0)


def test_the_exact_score_of_a_subspace_gives_its_dimension_and_noise_floor():
    manifold = manifolds.get("affine-subspace", dimension=10, ambient=100)
    points = torch.from_numpy(manifold.sample(4, seed=0).points)
    score = AffineScore(
        torch.from_numpy(manifold.offset()),
        torch.from_numpy(manifold.frame()),
        torch.ones(10, dtype=torch.float64),
    )
    values = spectra(score, points, [0.1])
    read = by_gap(values, FLOOR)
    assert (read == 10).all()
    # Normal directions follow the Marchenko-Pastur distribution, tangent ones are
    # sigma^2 / (1 + sigma^2) of it.
    assert (values[..., :90] > FLOOR - 0.1).all()
    assert (values[..., 90:] < 1.5 * 0.01).all()


def mixture(dimensions, offset=0.0, ambient=30):
    """Standard normal distributions on random subspaces, ``offset`` apart, and 4 points of each."""
    generator = torch.Generator().manual_seed(5)
    components, points = [], []
    for index, dimension in enumerate(dimensions):
        normal = torch.randn(ambient, dimension, generator=generator, dtype=torch.float64)
        frame = torch.linalg.qr(normal)[0]
        origin = torch.full((ambient,), offset * index, dtype=torch.float64)
        components.append(AffineScore(origin, frame, torch.linspace(0.8, 1.2, dimension).double()))
        latent = torch.randn(4, dimension, generator=generator, dtype=torch.float64)
        points.append(origin + (latent * components[-1].scales) @ frame.T)
    return MixtureScore(components, [0.7, 0.3]), points


@pytest.mark.parametrize("sigma", [0.1, 1.0, 5.0])
def test_score_of_a_mixture_is_the_gradient_of_its_log_density(sigma):
    score, points = mixture([2, 5], offset=0.3, ambient=6)
    between = torch.cat([(points[0] + points[1]) / 2, *points]).requires_grad_()
    level = torch.full((len(between),), sigma, dtype=torch.float64)
    score.log_density(between, level).sum().backward()
    torch.testing.assert_close(score(between.detach(), level), between.grad)


def test_log_density_of_a_mixture_is_that_of_blurred_normal_distribution():
    score, points = mixture([2, 5], offset=0.3, ambient=6)
    x, sigma = torch.cat(points), 0.7
    expected = 0
    for weight, component in zip(score.weights, score.components, strict=True):
        covariance = (
            component.frame * component.scales.square() @ component.frame.T
            + sigma** 2 * torch.eye(6)
        )
        law_x = torch.distributions.MultivariateNormal(component.origin, covariance)
        expected = expected + weight * law_x.log_prob(x).exp()
    result = score.log_density(x, torch.full((len(x),), sigma).double())
    torch.testing.assert_close(result.exp(), expected)
    # Weights need not add up to 1.
    scaled = MixtureScore(score.components, [7, 3])
    torch.testing.assert_close(scaled.log_density(x, torch.full((len(x),), sigma).double()), result)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_far_components_of_a_mixture_do_not_matter(dtype):
    # Their densities are below e^-1e6.
    score, points = mixture([3, 9], offset=100.0)
    for component, own in zip(score.components, points, strict=True):
        x, level = own.to(dtype), torch.full((4,), 0.05, dtype=dtype)
        assert score(x, level).dtype == dtype
        torch.testing.assert_close(score(x, level), component(x, level))


def test_each_estimator_gives_the_dimension_at_each_point_of_a_mixture():
    # The subspaces cross at the origin; the points are many noise levels from there.
    score, points = mixture([3, 9])
    x, sigmas = torch.cat(points), [0.01, 0.02]
    expected = torch.tensor([3.0] * 4 + [9.0] * 4).double().expand(2, -1)
    generator = torch.Generator().manual_seed(0)
    options = {"generator": generator, "exact_up_to": 30, "probes": 1}
    results = {
        "flipd": flipd_curve(score, x, sigmas, **options),
        "dsm": dsm_curve(score, x, sigmas, draws=60, generator=generator),
        "lhsd": lhsd_curve(score, x, sigmas, steps=5, **options),
        "score-svd": by_gap(spectra(score, x, sigmas), FLOOR),
    }
    for name, result in results.items():
        assert (result - expected).abs().max() < 0.05, name
