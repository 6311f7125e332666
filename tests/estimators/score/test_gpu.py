"""Score models on a GPU. Nothing here has been measured on one yet: times are printed only.

``BENCH_DRY_GPU=1`` walks the same code on the CPU, in small.
"""

import math
import os
import statistics
import time
from dataclasses import replace

import pytest
import torch

import estimators
import manifolds
from estimators.score.recipe import Recipe
from estimators.score.train_or_load import TrainingRun
from estimators.score.training import noisy_batch, optimiser_of
from estimators.score.validation import denoising_losses

DRY = os.environ.get("BENCH_DRY_GPU") == "1"
DEVICE = torch.device("cpu" if DRY else "cuda")

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not DRY and not torch.cuda.is_available(), reason="needs a CUDA device"),
]


def device_name():
    return "the CPU (dry)" if DRY else torch.cuda.get_device_name()


def wait():
    if not DRY:
        torch.cuda.synchronize()


def sphere(dimension, seed, n):
    return manifolds.get("sphere", dimension=dimension).sample(n, seed).points


def test_five_seeds_of_the_10_sphere_read_10_each(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    seeds = range(2 if DRY else 5)
    parameters = {"steps": 20, "queries": 2, "check_every": 10} if DRY else {}
    seconds, steps = [], []
    for seed in seeds:
        cell = estimators.get("score-svd", device=DEVICE.type, random_state=seed, **parameters)
        start = time.perf_counter()
        cell.fit(sphere(10, seed, 500 if DRY else 50_000))
        wait()
        seconds.append(time.perf_counter() - start)
        steps.append(int(cell.details_["steps"]))
        if not DRY:
            assert cell.dimension_ == 10
    with capsys.disabled():
        taken = ", ".join(f"{value:.1f}" for value in seconds)
        print(f"\nseeds of the 10-sphere on {device_name()}: {taken} s ({steps} steps)")


def recipe(**changes) -> Recipe:
    facts = {"network": "residual", "width": 192, "blocks": 3, "steps": 5000, "batch": 512}
    facts |= {"learning_rate": 2e-3, "levels": (0.02, 1.0), "check_every": 125, "patience": 8}
    return Recipe(**{**facts, **changes})


class Stepper:
    """Training steps of a network on noise in fixed places, as graphs want it."""

    def __init__(self, own):
        self.own = own
        self.run = TrainingRun(sphere(10, 0, 2000), own, 0, DEVICE)
        network = self.run.network()
        self.generator = torch.Generator(DEVICE).manual_seed(0)
        self.batch = self.draw()
        # A graph's optimiser counts its steps on the device.
        self.optimiser = torch.optim.AdamW(
            network.parameters(),
            lr=own.learning_rate,
            betas=own.betas,
            fused=True,
            capturable=not DRY,
        )
        self.noise_estimate = network.noise_estimate

    def draw(self):
        return noisy_batch(self.run.z, self.own.batch, self.own.levels, self.generator)

    def renew(self):
        for place, fresh in zip(self.batch, self.draw(), strict=True):
            place.copy_(fresh)

    def learn(self):
        inputs, noise, level = self.batch
        self.optimiser.zero_grad(set_to_none=False)
        loss = (self.noise_estimate(inputs, level) - noise).square().mean()
        torch.autograd.backward(loss)
        self.optimiser.step()
        return loss.detach()

    def eager(self):
        self.renew()
        return self.learn()

    def graphed(self):
        """What replays a captured step, on new noise."""
        # Warmed up beside the stream that captures, as the documentation of CUDA graphs asks.
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self.learn()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            loss = self.learn()

        def replay():
            self.renew()
            graph.replay()
            return loss

        return replay

    def compiled(self):
        """Steps whose forward and backward pass are compiled."""
        self.noise_estimate = torch.compile(
            self.noise_estimate, mode="default" if DRY else "reduce-overhead"
        )
        return self.eager


def seconds_a_step(step, count):
    for _ in range(3):
        step()
    taken = []
    for _ in range(5):
        wait()
        start = time.perf_counter()
        for _ in range(count):
            step()
        wait()
        taken.append((time.perf_counter() - start) / count)
    return statistics.median(taken)


def mean_loss(step):
    return statistics.mean(float(step().mean()) for _ in range(2 if DRY else 20))


def test_eager_against_compiled_against_graphs(capsys):
    own = recipe(width=16, batch=32) if DRY else recipe()
    lines = []
    ways = {"eager": lambda stepper: stepper.eager, "compiled": Stepper.compiled}
    if not DRY:
        ways["CUDA graph"] = Stepper.graphed
    for name, way in ways.items():
        step = way(Stepper(own))
        first = mean_loss(step)
        result = seconds_a_step(step, 2 if DRY else 100)
        last = mean_loss(step)
        # Whatever is timed does learn.
        assert math.isfinite(last)
        assert DRY or last < first
        lines.append(f"{name}: {result * 1e3:.2f} ms a step")
    with capsys.disabled():
        print(f"\ntraining steps on {device_name()}: " + "; ".join(lines))


def learning_curve(run, own, every):
    """Mean held-out loss over the noise levels every so many steps."""
    network = run.network()
    optimiser = optimiser_of(network, own)
    generator = torch.Generator(DEVICE).manual_seed(0)
    scales, levels = run.frame.scales.float(), (0.05, 0.1, 0.2, 0.4)
    curve = []
    for step in range(own.steps):
        for group in optimiser.param_groups:
            group["lr"] = own.learning_rate * min(1.0, (step + 1) / own.warmup)
        inputs, noise, level = noisy_batch(run.z, own.batch, own.levels, generator)
        loss = (network.noise_estimate(inputs, level) - noise).square().mean()
        network.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        if (step + 1) % every == 0:
            held = denoising_losses(network.score, run.held_out, scales, levels, 0)
            curve.append(float(held.score.mean()))
    return curve


def test_rotated_adam_against_adamw(capsys):
    own = recipe(width=16, batch=32, steps=20, warmup=5) if DRY else recipe(steps=3000)
    every = 5 if DRY else 100
    run = TrainingRun(sphere(10, 0, 500 if DRY else 20_000), own, 0, DEVICE)
    ways = {"AdamW": learning_curve(run, replace(own, rotated=False), every)}
    ways["rotated"] = learning_curve(run, own, every)
    # The loss that AdamW has after two thirds of the steps.
    aim = min(ways["AdamW"][: len(ways["AdamW"]) * 2 // 3])
    lines = []
    for name, curve in ways.items():
        assert all(map(math.isfinite, curve))
        reached = [place for place, loss in enumerate(curve) if loss <= aim]
        steps = f"{(reached[0] + 1) * every} steps" if reached else f"not in {own.steps} steps"
        lines.append(f"{name}: {steps} (in the end {min(curve):.3f})")
    with capsys.disabled():
        print(f"\nheld-out loss {aim:.3f} on {device_name()}: " + "; ".join(lines))
