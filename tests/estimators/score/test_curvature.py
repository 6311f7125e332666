"""LHSD of exact scores, and its quadrature against eigenvalues."""

import pytest
import torch
from exact_scores import AffineScore, CubeScore, subspace

import manifolds
from estimators.score.curvature import (
    LEAST_CUTOFF,
    curvatures,
    least_mass_cutoff,
    lhsd_curve,
)
from estimators.score.jacobian import rademacher
from estimators.score.oracle import SphereScore


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def read(score, points, sigmas, *, exact_up_to=1000, seed=0, **options):
    options = {"steps": 5, "probes": 10, **options}
    return lhsd_curve(
        score,
        points,
        sigmas,
        generator=generator(seed),
        exact_up_to=exact_up_to,
        **options,
    )


def passed(curvature, c):
    """The filter, less what it passes of pure noise."""
    noise = 1 / (1 + c**-4)
    return (1 / (1 + (curvature.abs() / c) ** 4) - noise) / (1 - noise)


class Linear:
    """Score -A x / sigma^2, of a density if A is symmetric."""

    def __init__(self, matrix):
        self.matrix = matrix

    def __call__(self, x, sigma):
        return -x @ self.matrix.T / sigma[:, None] ** 2


@pytest.mark.parametrize("dimension", [10, 50])
@pytest.mark.parametrize("exact_up_to", [0, 1000], ids=["lanczos", "exact"])
def test_a_sphere_has_its_dimension(dimension, exact_up_to):
    manifold = manifolds.get("sphere", dimension=dimension, ambient=100)
    points = torch.from_numpy(manifold.sample(3, seed=0).points)
    frame = torch.from_numpy(manifold.frame())
    sigmas = [0.002, 0.01, 0.04]
    probes = 200
    curve = read(SphereScore(frame), points, sigmas, exact_up_to=exact_up_to, probes=probes)
    # Quadrature of a projection P varies as 2 sum_{i != j} P_ij^2 <= 2 d (1 - d / D).
    deviation = (2 * dimension * (1 - dimension / 100) / probes) ** 0.5
    # At 0.04 a tangent direction of the 50-sphere has 0.08, of which the filter passes 0.9985.
    exact = 0.0016 * dimension
    assert (curve - dimension).abs().max() < (exact if exact_up_to else 4 * deviation)
    if exact_up_to:
        inside = SphereScore(torch.eye(dimension + 1, dtype=torch.float64))
        # By one cut-off, directions outside the span count nothing.
        span = read(inside, points @ frame, sigmas, cutoff=0.3)
        curve = read(SphereScore(frame), points, sigmas, cutoff=0.3)
        torch.testing.assert_close(span, curve, rtol=0, atol=1e-4)


@pytest.mark.parametrize("cutoff", [0.1, 0.5])
def test_subspace_has_the_closed_form(cutoff):
    score, points = subspace(10, 40, 3)
    sigmas = torch.tensor([0.02, 0.2, 0.5], dtype=torch.float64)
    curve = read(score, points, sigmas.tolist(), cutoff=cutoff)
    tangent = sigmas.square() / (1 + sigmas.square())
    expected = 10 * passed(tangent, cutoff)
    torch.testing.assert_close(curve, expected[:, None].expand(-1, 3))


def test_normals_count_nothing_however_many():
    points = torch.zeros(2, 1000)
    score = AffineScore(torch.zeros(1000), torch.eye(1000)[:, :1], torch.ones(1))
    assert read(score, points, [0.02, 0.2], cutoff=0.5)[0, 0] == pytest.approx(1, abs=1e-4)


def test_cutoff_is_where_the_spectrum_has_least_mass():
    # Humps of equal mass at 0.25 and 1: by symmetry the least is in the geometric middle.
    nodes = torch.tensor([[0.25] * 20 + [1.0] * 20])
    weights = torch.ones_like(nodes)
    assert least_mass_cutoff(nodes, weights) == pytest.approx(0.5, rel=0.03)
    # Weights count as directions do, and negative curvature is curvature.
    few = nodes[:, [0, -1]]
    assert least_mass_cutoff(few, 20 * weights[:, :2]) == pytest.approx(0.5, rel=0.03)
    assert least_mass_cutoff(-nodes, weights) == pytest.approx(0.5, rel=0.03)


def test_cutoff_leaves_thin_directions_below_and_normals_above():
    # It is empty from 0.001 to 0.15, too.
    nodes = torch.tensor([[0.001] * 5 + [0.15] * 5])
    weights = torch.ones(1, 10)
    assert least_mass_cutoff(nodes, weights) == pytest.approx(1)
    nodes = torch.tensor([[0.001] * 50 + [1.0]])
    assert least_mass_cutoff(nodes, torch.ones(1, 51)) == pytest.approx(LEAST_CUTOFF)


@pytest.mark.parametrize("dimension", [12, 28])
def test_cube_is_read_up_to_its_walls(dimension):
    # Close to a wall a direction has a curvature of up to 0.64, beyond it of up to 1.
    score, random = CubeScore(3**0.5), generator(1)
    points = (2 * torch.rand(50, dimension, generator=random).double() - 1) * 3**0.5
    curve = read(score, points, [0.02, 0.1, 0.4]).median(1).values
    torch.testing.assert_close(curve, torch.full_like(curve, dimension), rtol=0.04, atol=0)


def test_thin_directions_are_read_at_low_noise():
    scales = torch.tensor([1.0] * 5 + [0.1] * 5, dtype=torch.float64)
    score = AffineScore(torch.zeros(40).double(), torch.eye(40).double()[:, :10], scales)
    curve = read(score, torch.zeros(1, 40).double(), [0.02, 0.03])
    torch.testing.assert_close(curve, torch.full_like(curve, 10), rtol=0.02, atol=0)


@pytest.mark.parametrize("detached", [False, True])
def test_lanczos_is_exact_for_its_vectors_once_it_has_all_steps(detached):
    # v . f(H) v itself, without the scatter of v. The matrix is not symmetric: H is, also where
    # there is no product with the transpose.
    matrix = torch.randn(12, 12, generator=generator(1), dtype=torch.float64)
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    points = torch.zeros(3, 12, dtype=torch.float64)
    linear = Linear(matrix)
    nodes, weights = curvatures(
        (lambda x, sigma: linear(x.detach(), sigma)) if detached else linear,
        points,
        [0.2],
        steps=12,
        probes=4,
        generator=generator(),
        exact_up_to=0,
    )
    assert nodes.shape == weights.shape == (1, 3, 48)
    torch.testing.assert_close(weights.sum(-1), torch.full((1, 3), 12.0).double())
    v = rademacher(points, 4, generator())
    expected = ((v @ vectors).square() * passed(values, 0.7)).sum(-1).mean(1)
    result = (weights[0] * passed(nodes[0], 0.7)).sum(-1)
    torch.testing.assert_close(result, expected)


def test_few_lanczos_steps_scatter_about_the_eigenvalues():
    # Curvatures of a learned score: no two the same.
    random = generator(2)
    values = torch.cat([0.05 * torch.rand(12, generator=random), torch.linspace(0.8, 1.2, 28)])
    axes = torch.linalg.qr(torch.randn(40, 40, generator=random, dtype=torch.float64))[0]
    score = Linear(axes * values @ axes.T)
    points = torch.zeros(300, 40, dtype=torch.float64)
    exact = read(score, points[:1], [0.1])[0, 0]
    assert float(exact) == pytest.approx(12, abs=0.1)
    estimates = read(score, points, [0.1], exact_up_to=0, probes=4, cutoff=None)[0]
    projection = axes[:, :12] @ axes[:, :12].T
    off = projection - projection.diagonal().diag()
    deviation = (2 * float(off.square().sum()) / 4) ** 0.5
    assert float(estimates.std()) == pytest.approx(deviation, rel=0.15)
    assert abs(float(estimates.mean() - exact)) < 4 * deviation / 300**0.5


@pytest.mark.parametrize("size", [0.0, 0.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_lanczos_ends_where_the_space_does(size, dtype):
    # One eigenvalue: the first step is all there is.
    nodes, weights = curvatures(
        lambda x, sigma: -size * x / sigma[:, None] ** 2,
        torch.ones(2, 30, dtype=dtype),
        [0.1],
        steps=5,
        probes=3,
        generator=generator(),
        exact_up_to=0,
    )
    assert nodes.isfinite().all()
    assert float((weights * nodes).sum(-1)[0, 0]) == pytest.approx(30 * size)


@pytest.mark.parametrize("exact_up_to", [0, 1000])
def test_finite_differences_agree_with_automatic_ones(exact_up_to):
    score, points = subspace(10, 40, 3)

    def numpy_score(x, sigma):
        return torch.from_numpy(score(torch.from_numpy(x.numpy()), sigma).numpy())

    for dtype, tolerance in ((torch.float64, 1e-6), (torch.float32, 1e-2)):
        args = (points.to(dtype), [0.02, 0.1])
        expected = read(score, *args, exact_up_to=exact_up_to)
        estimates = read(numpy_score, *args, exact_up_to=exact_up_to)
        torch.testing.assert_close(estimates, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("exact_up_to", [0, 1000])
def test_reproducible_and_however_it_is_cut(exact_up_to):
    score, points = subspace(5, 20, 4)
    once = read(score, points, [0.02, 0.1], exact_up_to=exact_up_to)
    assert torch.equal(read(score, points, [0.02, 0.1], exact_up_to=exact_up_to), once)
    for numbers in (1, 20 * 5, 20 * 50 * 3):
        cut = read(score, points, [0.02, 0.1], exact_up_to=exact_up_to, numbers=numbers)
        torch.testing.assert_close(cut, once, rtol=0, atol=1e-9)
    other = read(score, points, [0.02, 0.1], exact_up_to=exact_up_to, seed=1)
    assert torch.allclose(other, once) == (exact_up_to == 1000)
