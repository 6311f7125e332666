import numpy as np
import pytest
import torch

import estimators
import manifolds
from estimators.score import together
from estimators.score.cache import ModelCache, default_folder, default_limit
from estimators.score.recipe import Recipe
from estimators.score.together import Stack, parameter_views, train_together
from estimators.score.train_or_load import TrainingRun, train_or_load
from estimators.score.validation import Validation

CPU = torch.device("cpu")


pytestmark = pytest.mark.usefixtures("one_thread")


def recipe(**changes) -> Recipe:
    facts = {"network": "residual", "width": 16, "blocks": 1, "steps": 40, "batch": 32}
    facts |= {"learning_rate": 1e-3, "levels": (0.05, 1.0), "check_every": 10, "patience": 2}
    return Recipe(**{**facts, **changes})


def sphere(dimension=1, n=200, seed=0, ambient=6):
    return manifolds.get("sphere", dimension=dimension, ambient=ambient).sample(n, seed).points


def together_on(samples, own=None, cache=None, **further):
    seeds = further.pop("seeds", range(len(samples)))
    return train_together(samples, own or recipe(), seeds=seeds, device=CPU, cache=cache, **further)


def alone_on(samples, own=None, cache=None):
    return [
        train_or_load(points, own or recipe(), seed=seed, device=CPU, cache=cache)
        for seed, points in enumerate(samples)
    ]


def same(actual, expected):
    np.testing.assert_allclose(actual.report.loss, expected.report.loss, rtol=1e-3)
    np.testing.assert_allclose(
        actual.report.held_out_loss, expected.report.held_out_loss, rtol=1e-3
    )
    assert actual.report.flops == expected.report.flops
    torch.testing.assert_close(actual.held_out, expected.held_out, rtol=0, atol=0)
    z, sigma = actual.held_out, torch.full((len(actual.held_out),), 0.3)
    torch.testing.assert_close(
        actual.score(z, sigma), expected.score(z, sigma), rtol=1e-2, atol=1e-3
    )


@pytest.mark.parametrize("network", ["residual", "stanczuk2024"])
def test_a_member_learns_what_it_learns_alone(network):
    own = recipe(network=network, steps=12, check_every=4, warmup=2, blocks=2)
    if network == "stanczuk2024":
        changes = {"antithetic": False, "keep_last": True, "clip": 1.0, "average": 0.0}
        own = recipe(network=network, steps=12, check_every=4, loss_scale=3.0, **changes)
    samples = [np.random.default_rng(seed).standard_normal((60, 16)) for seed in range(3)]
    for result, expected in zip(together_on(samples, own), alone_on(samples, own), strict=True):
        same(result, expected)


def test_end_and_restart_are_those_of_each_member(monkeypatch):
    # By the seed of the validation, which is the member's.
    verdicts = {
        0: ["learning"] * 6,
        1: ["converged"],
        2: ["learning", "overfitted", "learning", "exhausted"],
        3: ["converged", "overfitted"],
        4: ["overfitted", "converged"],
    }
    real = Validation.evaluate

    def evaluate(self, network):
        real(self, network)
        now = len(self.losses) - 1
        return verdicts[self.seed][now] if now < len(verdicts[self.seed]) else "learning"

    monkeypatch.setattr(Validation, "evaluate", evaluate)
    samples, own = [sphere(seed=seed) for seed in range(5)], recipe(steps=60)
    alone = alone_on(samples, own)
    assert [len(model.report.loss) for model in alone] == [60, 13, 50, 13, 25]
    for result, expected in zip(together_on(samples, own), alone, strict=True):
        same(result, expected)


def test_models_trained_together_are_right_and_loaded_by_the_estimator(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    own = {"device": "cpu", "width": 64, "batch": 128, "steps": 450, "check_every": 150}
    seeds = (3, 1, 4)
    samples = [sphere(3, 1000, seed, ambient=8) for seed in seeds]
    cells = [estimators.get("score-svd", queries=8, random_state=seed, **own) for seed in seeds]
    cache = ModelCache(default_folder(), default_limit())
    models = together_on(samples, cells[0].training_recipe(), cache, seeds=seeds)
    for cell, points, model in zip(cells, samples, models, strict=True):
        assert not model.report.cached
        cell.fit(points)
        assert cell.details_["cached"]
        np.testing.assert_array_equal(cell.details_["loss"], model.report.loss)
        assert (cell.dimension_pw_ == 3).all()


def test_models_in_the_cache_are_not_trained_again(tmp_path):
    cache, samples = ModelCache(tmp_path, 10**9), [sphere(seed=seed) for seed in range(3)]
    first = train_or_load(samples[1], recipe(), seed=1, device=CPU, cache=cache)
    models = together_on(samples, cache=cache)
    assert [model.report.cached for model in models] == [False, True, False]
    np.testing.assert_array_equal(models[1].report.loss, first.report.loss)
    for result, again in zip(models, alone_on(samples, cache=cache), strict=True):
        assert again.report.cached
        np.testing.assert_array_equal(result.report.loss, again.report.loss)
        z, sigma = result.held_out, torch.full((len(result.held_out),), 0.3)
        torch.testing.assert_close(result.score(z, sigma), again.score(z, sigma), rtol=0, atol=0)
    reports = []
    models = together_on(samples, cache=cache, report=reports.append)
    assert all(model.report.cached for model in models)
    assert not reports
    assert {entry.kind for entry in cache.entries()} == {"model"}


def test_samples_of_different_rank_are_trained_in_groups():
    samples = [sphere(1), sphere(3), sphere(1, seed=2), sphere(3, n=150, seed=3)]
    reports = []
    models = together_on(samples, report=reports.append)
    assert [model.held_out.shape[1] for model in models] == [2, 4, 2, 4]
    assert [len(model.held_out) for model in models] == [20, 20, 20, 15]
    assert [progress.step for progress in reports] == [10, 20, 30, 40] * 2
    assert reports[0].seconds_left > reports[3].seconds_left == 0
    for result, expected in zip(models, alone_on(samples), strict=True):
        same(result, expected)


def test_seconds_of_a_step_are_shared_out():
    models = together_on([sphere(seed=seed) for seed in range(3)])
    seconds = [model.report.seconds for model in models]
    assert seconds[0] > 0
    assert seconds == [seconds[0]] * 3


def test_the_same_sample_and_seed_are_one_model(tmp_path):
    cache, samples = ModelCache(tmp_path, 10**9), [sphere(), sphere(seed=1), sphere()]
    first, other, again = together_on(samples, cache=cache, seeds=[5, 5, 5])
    assert first is again
    assert first is not other
    assert len(cache.entries()) == 2
    assert together_on([]) == []
    with pytest.raises(ValueError, match="need a seed for each sample, not 2 for 3"):
        together_on(samples, seeds=[0, 1])


def test_untrained_members_are_those_alone(tmp_path):
    cache, own = ModelCache(tmp_path, 10**9), recipe(steps=0)
    samples = [sphere(seed=seed) for seed in range(2)]
    alone = alone_on(samples, own, cache)
    for result, expected in zip(together_on(samples, own, cache), alone, strict=True):
        assert len(result.report.loss) == 0
        same(result, expected)
    assert not cache.entries()


def test_a_member_that_breaks_down_is_named(monkeypatch):
    real, calls = together.noisy_batch, []

    def poisoned(z, *further):
        calls.append(len(z))
        inputs, noise, level = real(z, *further)
        return inputs, noise * (np.nan if len(calls) == 3 * 4 + 2 else 1), level

    monkeypatch.setattr(together, "noisy_batch", poisoned)
    message = r"^sample 1 \(seed 8\): .* not finite at step 5, first at noise level sigma = 0"
    with pytest.raises(RuntimeError, match=message):
        together_on([sphere(seed=seed) for seed in range(3)], seeds=[7, 8, 9])


def test_a_batch_that_does_not_fit_is_halved_for_all(monkeypatch):
    real = Stack.noise_estimate

    def limited(self, z, level):
        if z.shape[1] > 8:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(self, z, level)

    monkeypatch.setattr(Stack, "noise_estimate", limited)
    samples, own = [sphere(seed=seed) for seed in range(2)], recipe(patience=40)
    with pytest.warns(UserWarning, match="out of memory in training step 1: continuing with batch"):
        halved = together_on(samples, own)
    monkeypatch.undo()
    for small, whole in zip(halved, together_on(samples, own), strict=True):
        assert small.report.flops == whole.report.flops / 4
        # All of them learn.
        assert (np.diff(small.report.held_out_loss, axis=0) != 0).all()


@pytest.mark.parametrize("network", ["residual", "unet", "stanczuk2024"])
def test_parameters_of_a_stack_are_the_networks_own(network):
    own = recipe(network=network, shape=(1, 4, 4))
    samples = [np.random.default_rng(seed).standard_normal((60, 16)) for seed in range(2)]
    networks = [
        TrainingRun(points, own, seed, CPU).network() for seed, points in enumerate(samples)
    ]
    # What begins at zero would hide the rest.
    for parameter in (parameter for network in networks for parameter in network.parameters()):
        torch.nn.init.normal_(parameter, std=0.1)
    z, level = torch.randn(2, 7, 16), torch.rand(2, 7) + 0.1
    before = torch.stack([networks[i].noise_estimate(z[i], level[i]) for i in range(2)])
    gradients = torch.autograd.grad(before.square().sum(), list(networks[1].parameters()))
    stack = Stack(networks)
    noise = stack.noise_estimate(z, level)
    torch.testing.assert_close(noise, before)
    stack.backward(noise.square().sum())
    for part, gradient in zip(
        parameter_views(stack.gradients, networks[1]), gradients, strict=True
    ):
        size = float(gradient.abs().max())
        torch.testing.assert_close(part[1], gradient, rtol=1e-3, atol=1e-5 * size)
    with torch.no_grad():
        list(networks[1].parameters())[-1].add_(1)
    after = stack.noise_estimate(z, level)
    assert not torch.allclose(after[1], before[1])
    torch.testing.assert_close(after[0], before[0])
