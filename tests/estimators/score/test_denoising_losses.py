"""Denoising losses on noisy rows, with their standard errors; losses of parts of a sample."""

import math
from itertools import pairwise

import pytest
import torch
from exact_scores import AffineScore

from estimators.score.validation import (
    Losses,
    denoising_losses,
    level_grid,
    pool_losses,
)


def losses_of(score, linear=None, error=1.0):
    """Return losses of some numbers."""
    score = torch.tensor(score, dtype=torch.float64)
    linear = score + 1 if linear is None else torch.tensor(linear, dtype=torch.float64)
    one = torch.ones_like(score)
    return Losses(score, linear, error * one, one, one)


def test_the_grid_is_even_in_the_logarithm_between_the_levels():
    levels = level_grid((0.02, 1.0))
    assert len(levels) == 12
    assert levels[0] == pytest.approx(0.02)
    assert levels[-1] == pytest.approx(1.0)
    steps = [math.log(b / a) for a, b in pairwise(levels)]
    assert steps == pytest.approx([math.log(50) / 11] * 11)


class Recorded:
    """A score that remembers what it was called with."""

    def __init__(self, score):
        self.score, self.calls = score, []

    def __call__(self, z, sigma):
        self.calls.append((z.clone(), sigma.clone()))
        return self.score(z, sigma)


def wrong(z, sigma):
    """The score of another distribution, whose errors depend on the point."""
    return -0.8 * z / (sigma[:, None] ** 2 + 0.5) + 0.3 * z.sin()


@pytest.mark.parametrize("count", [7, 300, 1024, 2500])
def test_losses_are_those_of_the_noise_and_their_errors_those_over_points(count):
    generator = torch.Generator().manual_seed(4)
    scales = torch.tensor([2.0, 0.5, 0.1])
    z = torch.randn(count, 3, generator=generator) * scales
    score = Recorded(wrong)
    result = denoising_losses(score, z, scales, (0.1, 0.6), 3)
    rows = z[::3] if count == 2500 else z
    times = math.ceil(1024 / len(rows))
    noises = []
    for index, value in enumerate((0.1, 0.6)):
        x, sigma = score.calls[index]
        assert torch.equal(sigma, torch.full((len(rows) * times,), value))
        noise = (x - rows.repeat(times, 1)) / value
        noises.append(noise)
        assert noise.std() == pytest.approx(1, abs=0.05)
        estimate = -value * wrong(x, sigma)
        errors = (estimate - noise).square().sum(1)
        best = (x * value / (scales**2 + value**2) - noise).square().sum(1)
        gain = (best - errors).reshape(times, -1).mean(0)
        factor = (estimate * noise).sum() / estimate.square().sum()
        off = ((noise - factor * estimate) * estimate).sum(1).reshape(times, -1).mean(0)
        error = gain.std() / len(rows) ** 0.5
        expected = [errors.mean(), best.mean(), error, factor]
        expected.append(off.std() / len(rows) ** 0.5 / estimate.square().sum(1).mean())
        for values, number in zip(vars(result).values(), expected, strict=True):
            assert values[index] == pytest.approx(float(number), rel=1e-3)
        assert result.gain[index] == pytest.approx(float((gain / error).mean()), rel=1e-2, abs=1e-2)
    # The same noise at all levels, another one of another seed.
    torch.testing.assert_close(noises[0], noises[1], rtol=1e-3, atol=1e-3)
    again, other = (denoising_losses(wrong, z, scales, (0.1, 0.6), seed) for seed in (3, 5))
    assert torch.equal(again.score, result.score)
    assert not torch.equal(other.score, result.score)
    assert result.score.dtype == torch.float64


def test_an_exact_score_needs_no_factor_and_half_of_it_two():
    generator = torch.Generator().manual_seed(0)
    scales = torch.tensor([1.0, 0.3, 0.05])
    z = torch.randn(4000, 3, generator=generator) * scales
    exact = AffineScore(torch.zeros(3), torch.eye(3), scales)
    right = denoising_losses(exact, z, scales, (0.05, 0.3), 0)
    assert (right.factor - 1).abs().max() < 4 * right.factor_error.max() < 0.2
    assert right.gain.abs().max() < 4
    half = denoising_losses(lambda x, s: exact(x, s) / 2, z, scales, (0.05, 0.3), 0)
    torch.testing.assert_close(half.factor, 2 * right.factor)


def test_the_gain_is_in_standard_errors_and_zero_without_a_difference():
    assert losses_of([1.0], [3.0], 0.5).gain.tolist() == [4.0]
    assert losses_of([3.0], [1.0], 0.5).gain.tolist() == [-4.0]
    assert losses_of([1.0], [1.0], 0.0).gain.tolist() == [0.0]
    assert losses_of([1.0], [1.1], 0.0).gain[0] > 1e9


def test_losses_of_parts_are_pooled_as_independent_means():
    first = Losses(*(torch.tensor([value]) for value in (1.0, 2.0, 3.0, 0.5, 0.3)))
    second = Losses(*(torch.tensor([value]) for value in (3.0, 6.0, 4.0, 1.5, 0.4)))
    result = pool_losses([first, second])
    assert [result.score.item(), result.linear.item(), result.factor.item()] == [2.0, 4.0, 1.0]
    assert result.error.item() == pytest.approx(2.5)
    assert result.factor_error.item() == pytest.approx(0.25)


def test_parts_are_pooled_at_each_level():
    parts = [losses_of([1.0, 5.0], [2.0, 8.0], 3.0), losses_of([3.0, 9.0], [4.0, 10.0], 4.0)]
    result = pool_losses(parts)
    assert result.score.tolist() == [2.0, 7.0]
    assert result.linear.tolist() == [3.0, 9.0]
    assert result.error.tolist() == pytest.approx([2.5, 2.5])
