"""Best weights and the end of a training: every rule at its threshold, without training."""

import math

import pytest
import torch
from exact_scores import AffineScore

from estimators.score import validation as module
from estimators.score.network import ScoreModule
from estimators.score.validation import (
    Validation,
    denoising_losses,
    excess_losses,
)


class Numbered(ScoreModule):
    """A network of one weight."""

    def __init__(self, weight=0.0):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(float(weight)))


POINTS = 50


def at_points(loss, spread=0.0):
    """Losses (L, POINTS) of means ``loss`` (L,), half of the points above and half below."""
    signs = torch.ones(POINTS, dtype=torch.float64)
    signs[::2] = -1
    return torch.tensor(loss, dtype=torch.float64)[:, None] + spread * signs


def validation_of(monkeypatch, losses, readings=None, patience=2, levels=(0.1, 1.0), own=None):
    """A validation that evaluates to these losses, or pairs (score, linear), and readings.

    ``losses`` may be tensors (L, POINTS) at each point. On the points of the training the losses
    are ``own``, which by default are so low that all was learned by heart.
    """
    losses = [loss if isinstance(loss, tuple) else (loss, None) for loss in losses]
    seen, trained = iter(losses), iter(own or [])
    held, rows = torch.zeros(4, 2), torch.ones(4, 2)

    def excess(score, z, *given):
        if z is rows:
            # An excess over a linear denoiser, as below.
            return (at_points([-99.0] * len(levels)) if own is None else next(trained)), None
        loss, linear = next(seen)
        loss = loss if isinstance(loss, torch.Tensor) else at_points(loss)
        linear = torch.tensor(linear or [9.0] * len(levels), dtype=torch.float64)
        return loss - linear[:, None], linear

    monkeypatch.setattr(module, "excess_losses", excess)
    read = iter(readings or [[1, 1]] * len(losses))
    monkeypatch.setattr(Validation, "read", lambda self, network: torch.tensor(next(read)))
    return Validation(held, rows, torch.zeros(2, 2), levels, torch.ones(2), patience, seed=0)


def verdicts(validation, count):
    return [validation.evaluate(Numbered(index)) for index in range(count)]


def test_each_level_keeps_the_weights_of_its_least_loss(monkeypatch):
    losses = [[5.0, 5.0], [4.0, 5.5], [4.0, 4.0], [6.0, 4.5]]
    validation = validation_of(monkeypatch, losses, patience=9)
    network = Numbered()
    for look in range(4):
        with torch.no_grad():
            network.weight.fill_(look)
        validation.evaluate(network)
    # An equal loss later is no better; stored weights do not change.
    assert validation.best_evaluation == [1, 2]
    assert validation.best.tolist() == [4.0, 4.0]
    assert {look: state["weight"].item() for look, state in validation.weights.items()} == {
        1: 1.0,
        2: 2.0,
        3: 3.0,
    }
    assert not any(state["weight"].requires_grad for state in validation.weights.values())
    assert torch.stack(validation.losses).tolist() == losses
    assert len(validation.dimensions) == 4


def test_before_the_first_evaluation_nothing_is_known():
    z, points = torch.zeros(4, 2), torch.zeros(2, 2)
    validation = Validation(z, z, points, (0.1, 0.3, 1.0), torch.ones(2), 2, 0)
    assert validation.best.tolist() == [math.inf] * 3
    assert validation.best.dtype == torch.float64
    assert validation.best_evaluation == [0, 0, 0]
    assert validation.first == 0
    assert validation.least is None


def test_a_mean_loss_that_has_risen_is_overfitting(monkeypatch):
    validation = validation_of(monkeypatch, [[2.0, 4.0], [2.0, 4.09], [2.11, 4.0]], patience=9)
    assert verdicts(validation, 3) == ["learning", "learning", "overfitted"]
    # The least of all evaluations counts, not the last one.
    validation = validation_of(
        monkeypatch, [[3.0], [2.0], [2.04], [2.06]], patience=9, levels=(0.1,)
    )
    assert verdicts(validation, 4) == ["learning", "learning", "learning", "overfitted"]


# The standard error of 50 values, half at +s and half at -s, is s / 7.
@pytest.mark.parametrize(("spread", "verdict"), [(0.22, "overfitted"), (0.25, "learning")])
def test_a_rise_has_to_be_significant_point_by_point(monkeypatch, spread, verdict):
    losses = [at_points([5.0]), at_points([5.1], spread)]
    assert verdicts(validation_of(monkeypatch, losses, levels=(0.1,)), 2)[-1] == verdict


def test_the_spread_that_two_evaluations_share_is_no_noise_of_a_rise(monkeypatch):
    losses = [at_points([5.0], 9.0), at_points([5.1], 9.0)]
    assert verdicts(validation_of(monkeypatch, losses, levels=(0.1,)), 2)[-1] == "overfitted"


@pytest.mark.parametrize(
    ("own", "spread", "verdict"),
    [
        (-3.96, 0.0, "overfitted"),
        (-3.94, 0.0, "learning"),
        (-4.4, 1.1, "overfitted"),
        (-4.4, 1.2, "learning"),
    ],
)
def test_a_loss_that_rises_on_the_training_too_is_no_overfitting(monkeypatch, own, spread, verdict):
    # The excess on held-out points is -3.9; the standard error of the difference is spread / 7.
    losses = [at_points([5.0]), at_points([5.1])]
    found = validation_of(monkeypatch, losses, levels=(0.1,), own=[at_points([own], spread)])
    assert verdicts(found, 2)[-1] == verdict


def test_a_new_training_is_measured_by_itself(monkeypatch):
    losses = [[1.0], [3.0], [2.9], [2.8], [2.8]]
    validation = validation_of(monkeypatch, losses, patience=1, levels=(0.1,))
    assert verdicts(validation, 2) == ["learning", "overfitted"]
    validation.restart()
    assert (validation.first, validation.least) == (2, None)
    # No level is better than in the first training, which counts after two evaluations more.
    assert validation.evaluate(Numbered()) == "learning"
    assert validation.evaluate(Numbered()) == "learning"
    assert validation.evaluate(Numbered()) == "exhausted"


def test_levels_that_improve_no_more_exhaust_the_training(monkeypatch):
    losses = [[5.0, 5.0], [4.0, 5.0], [4.02, 5.0], [4.02, 5.0]]
    validation = validation_of(monkeypatch, [(loss, [4.0, 5.0]) for loss in losses], patience=1)
    assert verdicts(validation, 4) == ["learning", "learning", "learning", "exhausted"]
    # One level that still improves is enough to go on.
    losses = [[5.0, 5.0], [4.0, 5.0], [4.02, 4.9], [4.02, 4.9]]
    validation = validation_of(monkeypatch, [(loss, [4.0, 5.0]) for loss in losses], patience=1)
    assert verdicts(validation, 4)[-1] != "exhausted"


def falling(count, linear=9.0, by=0.01):
    return [([5.0 - by * look, 6.0 - by * look], [linear, linear]) for look in range(count)]


def test_a_training_settles_where_estimate_and_loss_stand_still(monkeypatch):
    validation = validation_of(monkeypatch, falling(4), patience=2)
    assert verdicts(validation, 4) == ["learning", "learning", "converged", "converged"]


def test_an_estimate_that_changes_at_one_point_keeps_the_training_going(monkeypatch):
    estimates = [[1, 1], [1, 1], [1, 2], [1, 2], [1, 2]]
    validation = validation_of(monkeypatch, falling(5), estimates, patience=2)
    assert verdicts(validation, 5) == ["learning"] * 3 + ["converged"] * 2


@pytest.mark.parametrize(("by", "verdict"), [(0.024, "converged"), (0.026, "learning")])
def test_a_loss_that_falls_by_a_twentieth_is_not_flat(monkeypatch, by, verdict):
    validation = validation_of(monkeypatch, falling(3, by=by), patience=2)
    assert verdicts(validation, 3)[-1] == verdict


@pytest.mark.parametrize(("by", "verdict"), [(0.048, "converged"), (0.052, "learning")])
def test_the_mean_over_levels_has_to_be_flat(monkeypatch, by, verdict):
    losses = [([5.0 - by * look, 6.0], [9.0, 9.0]) for look in range(3)]
    assert verdicts(validation_of(monkeypatch, losses, patience=2), 3)[-1] == verdict


@pytest.mark.parametrize(("linear", "verdict"), [(5.22, "converged"), (5.12, "learning")])
def test_a_network_must_know_a_fifth_of_a_direction_beyond_the_linear_denoiser(
    monkeypatch, linear, verdict
):
    # One level at which it does is enough; the losses of the third evaluation are 4.98 and 5.98.
    losses = [(score, [linear, 1.0]) for score, _ in falling(3)]
    assert verdicts(validation_of(monkeypatch, losses, patience=2), 3)[-1] == verdict


class Exact(ScoreModule):
    """The score of a normal distribution, three of whose scales are thin."""

    def __init__(self, scales):
        super().__init__()
        self.exact = AffineScore(torch.zeros(len(scales)), torch.eye(len(scales)), scales)

    def score(self, z, sigma):
        return self.exact(z, sigma)


def test_the_dimension_is_read_in_proportion_at_every_other_level(monkeypatch):
    seen = {}
    real = module.score_spectra

    def spy(score, points, levels, **options):
        seen.update(options, levels=list(levels), points=points)
        seen["seed"] = options["generator"].initial_seed()
        return real(score, points, levels, **options)

    monkeypatch.setattr(module, "score_spectra", spy)
    scales = torch.tensor([1.0, 0.3, 0.001, 0.001, 0.001])
    points = torch.zeros(3, 5)
    z, levels = torch.zeros(4, 5), (0.1, 0.2, 0.3, 0.4, 0.5)
    validation = Validation(z, z, points, levels, scales, 2, seed=7)
    found = validation.read(Exact(scales))
    # The axes have 0.04 and 0.31, 0.14 and 0.64 of pure noise: the first stands out in proportion.
    assert found.tolist() == [1, 1, 1]
    assert seen["levels"] == [0.2, 0.4]
    assert seen["per_dimension"] == 2
    assert seen["seed"] == 7
    assert seen["points"] is points


@pytest.mark.parametrize("count", [50, 512])
def test_a_look_measures_the_network_on_the_points_at_all_levels(monkeypatch, count):
    monkeypatch.setattr(module, "LOSS_ROWS", module.VALIDATION_ROWS)
    generator = torch.Generator().manual_seed(2)
    scales = torch.tensor([1.0, 0.5, 0.1])
    z = torch.randn(count, 3, generator=generator) * scales
    levels = (0.1, 0.3, 0.9)
    validation = Validation(z, z, z[:2], levels, scales, 2, seed=5)
    network = Exact(2 * scales)
    assert validation.evaluate(network) == "learning"
    expected = denoising_losses(network.score, z, scales, levels, 5)
    torch.testing.assert_close(validation.losses[0], expected.score)
    assert torch.equal(validation.dimensions[0], validation.read(network))
    excess, linear = excess_losses(network.score, z, scales, levels, 5)
    assert excess.shape == (3, count)
    close = {"atol": 1e-5, "rtol": 1e-4}
    torch.testing.assert_close(linear, expected.linear, **close)
    torch.testing.assert_close(excess.mean(1), expected.score - expected.linear, **close)
    torch.testing.assert_close(excess.std(1) / count**0.5, expected.error, **close)


def test_differences_are_those_to_the_best_evaluation():
    scales = torch.tensor([1.0, 0.5, 0.1])
    z = torch.randn(50, 3, generator=torch.Generator().manual_seed(2)) * scales
    validation = Validation(z, z[:7], z[:2], (0.1, 0.9), scales, 2, seed=5)
    validation.evaluate(Exact(1.1 * scales))
    least = validation.least
    validation.evaluate(Exact(2 * scales))
    assert torch.equal(validation.least, least)
    validation.evaluate(Exact(scales))
    assert validation.least.mean() < least.mean()
