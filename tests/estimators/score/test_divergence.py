"""FLIPD of exact scores, whose divergence is known in closed form."""

import numpy as np
import pytest
import torch
from exact_scores import subspace
from scipy.special import ive

import manifolds
from estimators.score.divergence import flipd_curve
from estimators.score.jacobian import jacobian_products
from estimators.score.oracle import SphereScore


def read(score, points, sigmas, *, exact_up_to=1000, probes=1, seed=0, **options):
    generator = torch.Generator().manual_seed(seed)
    return flipd_curve(
        score,
        points,
        sigmas,
        exact_up_to=exact_up_to,
        probes=probes,
        generator=generator,
        **options,
    )


def network(rank, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = torch.nn.Sequential(
            torch.nn.Linear(rank, 32), torch.nn.SiLU(), torch.nn.Linear(32, rank)
        )
    return lambda x, sigma: (net(x) - x) / sigma[:, None] ** 2


def sphere_flipd(dimension, ambient, sigma):
    """On the unit sphere the score is (A(t / sigma^2) - t) / sigma^2 along the radius t."""
    c = 1 / sigma**2
    half = (dimension + 1) / 2
    resultant = ive(half, c) / ive(half - 1, c)
    slope = 1 - resultant**2 - dimension * resultant / c
    radial = (resultant - 1) * c
    divergence = (slope * c - 1) * c + dimension * radial - (ambient - dimension - 1) * c
    return ambient + sigma**2 * (divergence + radial**2)


@pytest.mark.parametrize("dimension", [10, 50])
def test_a_sphere_has_its_dimension_and_closed_form(dimension):
    # The score goes through scipy, so that this is also a test of finite differences.
    manifold = manifolds.get("sphere", dimension=dimension, ambient=100)
    points = torch.from_numpy(manifold.sample(3, seed=0).points)
    sigmas = [0.002, 0.01, 0.04, 0.1]
    curve = read(SphereScore(torch.from_numpy(manifold.frame())), points, sigmas)
    assert (curve[:2] - dimension).abs().max() < 0.1
    exact = torch.tensor([sphere_flipd(dimension, 100, sigma) for sigma in sigmas])
    torch.testing.assert_close(curve, exact[:, None].expand(-1, 3), rtol=1e-4, atol=0)


def test_subspace_has_the_bias_of_a_normal_distribution():
    # Along the subspace the score is -x / (1 + sigma^2), and E |x|^2 = d.
    score, points = subspace(10, 40, 1000)
    sigmas = [0.02, 0.2, 0.5]
    s2 = torch.tensor(sigmas, dtype=torch.float64)[:, None].square()
    squares = (points - score.origin).square().sum(1)
    curve = read(score, points[:20], sigmas)
    expected = 10 - 10 * s2 / (1 + s2) + s2 * squares[:20] / (1 + s2) ** 2
    torch.testing.assert_close(curve, expected, rtol=1e-9, atol=1e-9)
    mean = 10 * (1 + 2 * s2) / (1 + s2) ** 2
    deviation = s2 / (1 + s2) ** 2 * (2 * 10 / 1000) ** 0.5
    estimates = read(score, points, sigmas, probes=1).mean(1, keepdim=True)
    assert ((estimates - mean).abs() < 4 * deviation + 1e-9).all()


def test_directions_outside_of_the_span_cancel():
    manifold = manifolds.get("sphere", dimension=10, ambient=100)
    points = torch.from_numpy(manifold.sample(3, seed=0).points)
    frame = torch.from_numpy(manifold.frame())
    inside = SphereScore(torch.eye(11, dtype=torch.float64))
    full = read(SphereScore(frame), points, [0.05])
    torch.testing.assert_close(read(inside, points @ frame, [0.05]), full, rtol=0, atol=1e-3)


def test_exact_trace_of_a_network():
    score = network(7)
    x = torch.randn(5, 7, generator=torch.Generator().manual_seed(0))
    jacobian = torch.func.vmap(
        torch.func.jacrev(lambda z: score(z[None], torch.full((1,), 0.5))[0])
    )
    trace = jacobian(x).diagonal(dim1=1, dim2=2).sum(1)
    square = score(x, torch.full((5,), 0.5)).square().sum(1)
    expected = (7 + 0.25 * (trace + square)).double().detach()
    estimates = read(score, x, [0.5])[0]
    torch.testing.assert_close(estimates, expected, rtol=1e-5, atol=1e-5)


def test_hutchinson_scatters_about_the_exact_trace_as_it_should():
    score, points = subspace(10, 40, 400)
    sigma, probes = 0.1, 5
    exact = read(score, points, [sigma])[0]
    estimates = read(score, points, [sigma], exact_up_to=39, probes=probes)[0]
    projection = score.frame @ score.frame.T  # sigma^2 J is a multiple of it, but for the diagonal
    off = projection - projection.diagonal().diag()
    deviation = (2 * float(off.square().sum()) / probes) ** 0.5 / (1 + sigma**2)
    standard = (estimates - exact) / deviation
    assert abs(float(standard.mean())) < 4 / 400**0.5
    assert float(standard.std()) == pytest.approx(1, abs=0.15)


def without_torch(score):
    def own(x, sigma):
        scores = score(torch.from_numpy(x.numpy()), torch.from_numpy(sigma.numpy()))
        return torch.from_numpy(np.asarray(scores))

    return own


def detached(score):
    return lambda x, sigma: score(x.detach(), sigma)


def half_detached(score):
    # Has derivatives, which are those of a part of the score.
    return lambda x, sigma: (score(x, sigma) + x).detach() - x


def only_reverse(score):
    class Reverse(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, sigma):
            ctx.save_for_backward(x, sigma)
            return score(x, sigma)

        @staticmethod
        def backward(ctx, grad):
            x, sigma = ctx.saved_tensors
            with torch.enable_grad():
                at = x.detach().requires_grad_()
                return torch.autograd.grad(score(at, sigma), at, grad)[0], None

    return Reverse.apply


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-6), (torch.float32, 2e-2)], ids=["64", "32"]
)
@pytest.mark.parametrize("wrap", [without_torch, detached, half_detached])
@pytest.mark.parametrize("exact_up_to", [0, 1000], ids=["hutchinson", "exact"])
def test_finite_differences_agree_with_automatic_ones(wrap, dtype, tolerance, exact_up_to):
    score, points = subspace(10, 40, 4)
    points = points.to(dtype)
    options = {"exact_up_to": exact_up_to, "probes": 6}
    expected = read(score, points, [0.02, 0.1], **options)
    wrapped = wrap(score)
    assert [p.func.__name__ for p in jacobian_products(wrapped, points, 0.1)] == ["_difference"]
    estimates = read(wrapped, points, [0.02, 0.1], **options)
    torch.testing.assert_close(estimates, expected, rtol=0, atol=tolerance)


def test_finite_differences_of_a_score_that_is_not_linear():
    score = network(20)
    x = torch.randn(6, 20, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, result = (read(s, x, [0.1]) for s in (score, detached(score)))
    torch.testing.assert_close(result, expected, rtol=0, atol=0.02)


def test_a_score_of_one_mode_of_differentiation_uses_that_mode():
    score, points = subspace(10, 40, 4)
    for wrapped, names in [
        (score, ["_forward", "_reverse"]),
        (torch.no_grad()(score), ["_forward"]),
        (only_reverse(score), ["_reverse"]),
    ]:
        assert [p.func.__name__ for p in jacobian_products(wrapped, points, 0.1)] == names
        torch.testing.assert_close(read(wrapped, points, [0.1]), read(score, points, [0.1]))


def test_an_error_of_the_score_is_raised():
    def broken(x, sigma):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        read(broken, torch.ones(2, 3), [0.1])


@pytest.mark.parametrize("exact_up_to", [0, 1000])
def test_reproducible_and_however_it_is_cut(exact_up_to):
    score, points = subspace(5, 20, 4)
    options = {"exact_up_to": exact_up_to, "probes": 9}
    once = read(score, points, [0.02, 0.1], **options)
    assert torch.equal(read(score, points, [0.02, 0.1], **options), once)
    for numbers in (1, 20 * 5, 20 * 9 * 3):
        cut = read(score, points, [0.02, 0.1], numbers=numbers, **options)
        torch.testing.assert_close(cut, once, rtol=0, atol=1e-9)
    other = read(score, points, [0.02, 0.1], seed=1, **options)
    assert torch.allclose(other, once) == (exact_up_to == 1000)
