import copy
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from estimators.score.cache import ModelCache
from estimators.score.frame import principal_frame
from estimators.score.network import ScoreNetwork
from estimators.score.recipe import Recipe
from estimators.score.train_or_load import train_or_load
from estimators.score.training import begin, noisy_batch, train
from estimators.score.validation import Validation, level_grid

CPU = torch.device("cpu")


def recipe(**changes) -> Recipe:
    facts = {"network": "residual", "width": 16, "blocks": 1, "steps": 40, "batch": 32}
    facts |= {"learning_rate": 1e-3, "levels": (0.05, 1.0), "check_every": 10, "patience": 2}
    return Recipe(**{**facts, **changes})


def circle(count=300, ambient=5):
    angle = np.linspace(0, 2 * np.pi, count + 1)[:-1]
    points = np.zeros((count, ambient))
    points[:, 0], points[:, 1] = np.cos(angle), np.sin(angle)
    return points


class ScriptedValidation(Validation):
    """A validation whose verdicts are given beforehand."""

    def evaluate(self, network):
        super().evaluate(network)
        return self.verdicts.pop(0) if self.verdicts else "learning"


def start(own: Recipe, verdicts=(), points=None):
    frame = principal_frame(torch.from_numpy(circle() if points is None else points), 1e-3)
    z = frame.coordinates(torch.from_numpy(circle() if points is None else points))
    torch.manual_seed(0)
    network = ScoreNetwork(frame, width=own.width, blocks=own.blocks)
    validation = ScriptedValidation(
        z=z[::10],
        trained=z[1::10],
        points=z[:3],
        levels=level_grid(own.levels),
        scales=frame.scales.float(),
        patience=own.patience,
        seed=0,
    )
    validation.verdicts = list(verdicts)
    return begin(network, own, torch.Generator().manual_seed(0)), z, own, validation


def test_noise_comes_in_pairs_of_opposite_sign():
    z = torch.randn(100, 4)
    inputs, noise, level = noisy_batch(z, 64, (0.1, 1.0), torch.Generator().manual_seed(0))
    torch.testing.assert_close(noise[:32], -noise[32:])
    torch.testing.assert_close(level[:32], level[32:])
    clean = inputs - level[:, None] * noise
    torch.testing.assert_close(clean[:32], clean[32:])
    assert (level >= 0.1).all()
    assert (level <= 1).all()
    _, noise, _ = noisy_batch(z, 64, (0.1, 1.0), torch.Generator().manual_seed(0), antithetic=False)
    assert noise.shape == (64, 4)
    assert not torch.allclose(noise[:32], -noise[32:])


def test_noise_levels_are_even_in_the_logarithm():
    low, high = 0.01, 1.0
    generator = torch.Generator().manual_seed(0)
    for antithetic in (True, False):
        _, _, level = noisy_batch(torch.zeros(9, 2), 20_000, (low, high), generator, antithetic)
        share = (level / low).log() / np.log(high / low)
        shares = torch.histc(share, bins=10, min=0, max=1) / len(share)
        assert (shares - 0.1).abs().max() < 0.02


def test_training_goes_to_its_budget_unless_it_settles():
    assert train(*start(recipe())).loss.shape == (40,)
    # A fifth more to bring the learning rate down.
    assert train(*start(recipe(), ["converged"])).loss.shape == (12,)
    assert train(*start(recipe(), ["learning", "exhausted"])).loss.shape == (24,)


def rates(own, verdicts):
    state, z, own, validation = start(own, verdicts)
    seen = []
    train(state, z, own, validation, save=lambda state: seen.append(state.rate))
    return seen


def test_learning_rate_falls_to_zero_at_the_end_however_that_comes():
    own = recipe(steps=100, warmup=1, decay=0.8)
    whole = rates(own, [])
    np.testing.assert_allclose(whole[:3], [1.0, 1.0, 71 / 80])
    assert whole[-1] == pytest.approx(1 / 80)
    early = rates(own, ["learning"] * 4 + ["converged"])
    np.testing.assert_allclose(early[:5], whole[:5])
    assert early[5] < 0.5 * whole[5]
    assert early[-1] < 0.1


def test_learning_rate_falls_with_the_root_of_the_steps_since_the_start():
    own = recipe(steps=200, warmup=1, decay=0.0, slow_from=25)
    whole = rates(own, [])
    np.testing.assert_allclose(whole[:3], [1.0, 1.0, (25 / 29) ** 0.5])
    assert whole[-1] == pytest.approx((25 / 199) ** 0.5)
    again = rates(own, ["learning"] * 5 + ["overfitted"])
    np.testing.assert_allclose(again[6:9], whole[:3])
    # Where it ends early it falls from where it was.
    early = rates(own, ["learning"] * 7 + ["converged"])
    np.testing.assert_allclose(early[:8], whole[:8])
    np.testing.assert_allclose(early[8:], whole[7] * np.array([7 / 16, 1 / 16]))


@pytest.mark.parametrize(("rotated", "matrices"), [(True, 4), (False, 0)])
def test_hidden_matrices_alone_are_rotated(rotated, matrices):
    state = start(recipe(blocks=2, rotated=rotated))[0]
    found = [
        value
        for group in state.optimiser.param_groups
        for value in group["params"]
        if group.get("rotated")
    ]
    hidden = [value for value in state.network.blocks.parameters() if value.ndim == 2]
    assert [id(value) for value in found] == [id(value) for value in hidden[:matrices]]
    everything = sum(len(group["params"]) for group in state.optimiser.param_groups)
    assert everything == len(list(state.network.parameters()))
    # A layer wider than the batch is not: its products would cost more than the gradient.
    wide = start(recipe(blocks=2, batch=8))[0]
    assert not any(group["params"] for group in wide.optimiser.param_groups if group["rotated"])


def test_training_that_learns_by_heart_restarts_with_more_weight_decay():
    state, z, own, validation = start(recipe(steps=60), ["learning", "overfitted"])
    decays, weights = [], []

    def save(state):
        first, second = (group["weight_decay"] for group in state.optimiser.param_groups)
        assert first == second
        decays.append(first)
        weights.append(copy.deepcopy(state.network.state_dict()))

    assert train(state, z, own, validation, save=save).loss.shape == (60,)
    assert decays == [own.weight_decay] + [own.most_weight_decay] * 5
    for name, value in weights[1].items():
        torch.testing.assert_close(value, state.initial[name])
    assert not torch.equal(weights[2]["exit.weight"], weights[1]["exit.weight"])


def test_a_restart_keeps_what_was_learned_before():
    state, z, own, validation = start(recipe(steps=60), ["learning", "overfitted"])
    train(state, z, own, validation)
    assert torch.equal(validation.best, torch.stack(validation.losses).min(0).values)
    assert set(validation.weights) >= set(validation.best_evaluation)


def test_too_late_to_restart_goes_on_to_the_end():
    late = recipe(steps=60)
    state, z, own, validation = start(late, ["learning"] * 4 + ["overfitted"])
    assert train(state, z, own, validation).loss.shape == (60,)
    assert state.started == 0


def test_training_that_learns_by_heart_once_settled_ends():
    assert train(
        *start(recipe(steps=400), ["learning"] * 9 + ["converged", "overfitted"])
    ).loss.shape == (110,)


@pytest.mark.parametrize("bad", [np.nan, 1e30])
def test_training_that_breaks_down_says_at_which_step_and_level(bad):
    state, z, own, validation = start(recipe(batch=2000))
    z[0, 0] = bad
    with pytest.raises(RuntimeError, match=r"not finite at step 1, first at noise level sigma = 0"):
        train(state, z * z.new_tensor(1e15) if bad > 1 else z, own, validation)


def test_a_batch_that_does_not_fit_is_halved_and_reported(monkeypatch):
    state, z, own, validation = start(recipe())
    real, seen = state.network.noise_estimate, []

    def limited(inputs, level):
        seen.append(len(inputs))
        if len(inputs) > 8:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        return real(inputs, level)

    monkeypatch.setattr(state.network, "noise_estimate", limited)
    with pytest.warns(UserWarning, match="out of memory in training step 1: continuing with batch"):
        training = train(state, z, own, validation)
    assert seen[:4] == [32, 16, 8, 8]
    assert training.batch == 8
    assert training.loss.shape == (40,)


def test_other_errors_of_a_step_are_not_taken_for_memory(monkeypatch):
    state, z, own, validation = start(recipe())
    monkeypatch.setattr(state.network, "noise_estimate", lambda inputs, level: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train(state, z, own, validation)


def test_progress_has_step_loss_estimate_and_eta():
    reports = []
    train(*start(recipe()), report=reports.append)
    assert [progress.step for progress in reports] == [10, 20, 30, 40]
    assert all(progress.steps == 40 for progress in reports)
    assert all(progress.loss > 0 and progress.reading >= 1 for progress in reports)
    assert reports[0].seconds_left > reports[-1].seconds_left == 0
    assert "step 10 of 40, loss " in str(reports[0])
    assert "s left" in str(reports[0])


class Killed(Exception):
    pass


@pytest.mark.parametrize("at", [1, 2])
def test_a_training_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path, at):
    own = recipe(steps=50)
    whole = train_or_load(circle(), own, seed=3, device=CPU, cache=None)
    cache, looks = ModelCache(tmp_path, 10**9), []

    def stop(progress):
        looks.append(progress.step)
        if len(looks) == at + 1:
            raise Killed

    with pytest.raises(Killed):
        train_or_load(circle(), own, seed=3, device=CPU, cache=cache, report=stop)
    assert [entry.kind for entry in cache.entries()] == ["checkpoint"]
    with pytest.warns(UserWarning, match=f"continues from step {10 * at}"):
        rest = train_or_load(circle(), own, seed=3, device=CPU, cache=cache)
    np.testing.assert_array_equal(rest.report.loss, whole.report.loss)
    assert 0 < rest.report.saved_seconds < rest.report.seconds
    assert whole.report.saved_seconds == 0
    np.testing.assert_array_equal(rest.report.held_out_loss, whole.report.held_out_loss)
    z, sigma = rest.held_out, torch.full((len(rest.held_out),), 0.1)
    torch.testing.assert_close(rest.score(z, sigma), whole.score(z, sigma), rtol=0, atol=0)
    assert [entry.kind for entry in cache.entries()] == ["model"]


def test_a_killed_process_leaves_a_training_that_goes_on(tmp_path):
    code = """
import sys, torch
sys.path.insert(0, {tests!r})
from test_training import *
train_or_load(circle(), recipe(steps=100_000), seed=0, device=CPU,
              cache=ModelCache(Path({folder!r}), 10**9))
"""
    from pathlib import Path

    code = code.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", "from pathlib import Path\n" + code])
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob("*.checkpoint.safetensors")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    first = []

    def stop(progress):
        first.append(progress.step)
        raise Killed

    cache, own = ModelCache(tmp_path, 10**9), recipe(steps=100_000)
    with pytest.warns(UserWarning, match="continues from step"), pytest.raises(Killed):
        train_or_load(circle(), own, seed=0, device=CPU, cache=cache, report=stop)
    assert first[0] > 10


def test_a_corrupt_model_is_named_and_trained_again(tmp_path):
    cache, own = ModelCache(tmp_path, 10**9), recipe()
    first = train_or_load(circle(), own, seed=0, device=CPU, cache=cache)
    (path,) = tmp_path.glob("*.safetensors")
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.warns(UserWarning, match=path.name):
        again = train_or_load(circle(), own, seed=0, device=CPU, cache=cache)
    assert not again.report.cached
    np.testing.assert_array_equal(first.report.loss, again.report.loss)
    assert train_or_load(circle(), own, seed=0, device=CPU, cache=cache).report.cached


@pytest.mark.parametrize("network", ["residual", "unet", "stanczuk2024"])
def test_every_network_trains_and_has_a_score(network):
    points = np.random.default_rng(0).standard_normal((60, 16))
    own = recipe(network=network, steps=6, check_every=3, warmup=2, shape=(1, 4, 4), blocks=2)
    if network == "stanczuk2024":
        own = recipe(network=network, steps=6, check_every=3, antithetic=False, keep_last=True)
    model = train_or_load(points, own, seed=0, device=CPU, cache=None)
    assert model.report.loss.shape == (6,)
    assert model.report.flops > 0
    score = model.score(model.held_out, torch.full((len(model.held_out),), 0.3))
    assert score.shape == model.held_out.shape
    assert torch.isfinite(score).all()
