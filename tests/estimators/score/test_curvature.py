"""LHSD of exact scores, and its quadrature against eigenvalues."""

import pytest
import torch
from exact_scores import subspace

import manifolds
from estimators.score.curvature import DEFAULT_CUTOFF, curvatures, lhsd_curve, trough_cutoff
from estimators.score.jacobian import rademacher
from estimators.score.oracle import SphereScore


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def read(score, points, sigmas, *, outside=0, exact_up_to=1000, seed=0, **options):
    options = {"steps": 5, "probes": 10, **options}
    return lhsd_curve(
        score,
        points,
        sigmas,
        generator=generator(seed),
        outside=outside,
        exact_up_to=exact_up_to,
        **options,
    )


def passed(curvature, c):
    return 1 / (1 + (curvature.abs() / c) ** 4)


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
    assert (curve - dimension).abs().max() < (0.01 if exact_up_to else 4 * deviation)
    if exact_up_to:
        inside = SphereScore(torch.eye(dimension + 1, dtype=torch.float64))
        span = read(inside, points @ frame, sigmas, outside=99 - dimension)
        torch.testing.assert_close(span, curve, rtol=0, atol=1e-4)


@pytest.mark.parametrize("cutoff", [0.1, 0.5])
def test_subspace_has_the_closed_form(cutoff):
    score, points = subspace(10, 40, 3)
    sigmas = torch.tensor([0.02, 0.2, 0.5], dtype=torch.float64)
    curve = read(score, points, sigmas.tolist(), outside=7, cutoff=cutoff)
    tangent = sigmas.square() / (1 + sigmas.square())
    expected = 10 * passed(tangent, cutoff) + 37 * passed(torch.ones(()).double(), cutoff)
    torch.testing.assert_close(curve, expected[:, None].expand(-1, 3))


def test_cutoff_of_a_subspace_is_between_its_two_curvatures():
    score, points = subspace(10, 40, 3)
    sigmas = [0.02, 0.1, 0.2, 0.4]
    nodes, weights = curvatures(
        score, points, sigmas, steps=1, probes=1, generator=generator(), exact_up_to=40
    )
    assert torch.equal(weights, torch.ones(4, 3, 40, dtype=torch.float64))
    for row, sigma in enumerate(sigmas):
        tangent = sigma**2 / (1 + sigma**2)
        assert tangent < trough_cutoff(nodes[row], weights[row], 60) < 0.5
    curve = read(score, points, sigmas, outside=60)
    assert (curve - 10).abs().max() < 0.5


def test_trough_is_where_the_spectrum_has_least_mass():
    # Two humps of equal mass: by symmetry the trough is in the geometric middle.
    nodes = torch.tensor([[0.01] * 20 + [1.0] * 20])
    weights = torch.ones_like(nodes)
    assert trough_cutoff(nodes, weights, 0) == pytest.approx(0.1, rel=0.03)
    # Directions that are left out count as the others do, and so do weights.
    assert trough_cutoff(nodes[:, :20], weights[:, :20], 20) == pytest.approx(0.1, rel=0.03)
    assert trough_cutoff(nodes[:, [0, -1]], weights[:, :2] * 20, 0) == pytest.approx(0.1, rel=0.03)
    # Negative curvature is curvature.
    assert trough_cutoff(-nodes, weights, 0) == pytest.approx(0.1, rel=0.03)
    # A wide hump of normals, one tangent direction among 100.
    wide = torch.cat([torch.linspace(0.6, 1.5, 99), torch.tensor([0.02])])[None]
    assert 0.03 < trough_cutoff(wide, torch.ones_like(wide), 0) < 0.3


@pytest.mark.parametrize("size", [0.0, 0.1, 1.0])
def test_one_hump_has_no_trough(size):
    nodes = torch.full((2, 30), size)
    assert trough_cutoff(nodes, torch.ones_like(nodes), 0) == DEFAULT_CUTOFF
    dimension = float(
        read(lambda x, s: -x * size / s[:, None] ** 2, torch.ones(2, 30), [0.1])[0, 0]
    )
    assert dimension == pytest.approx(0 if size == 1 else 30, abs=0.4)


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
