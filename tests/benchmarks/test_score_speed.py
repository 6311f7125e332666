"""Speed of training and evaluating score models. Printed, never asserted: ``tox -e bench``."""

import statistics
import time

import numpy as np
import pytest
import torch
from score_parts import recipe, spectra, sphere, trainer, untrained

from estimators.score.network import training_flops
from estimators.score.stanczuk2024 import published_recipe

pytestmark = pytest.mark.benchmark


def alternating(seconds=8.0, **tasks):
    """Median seconds of each task; they take turns, so that all see the same machine.

    First calls count only where they take long.
    """
    taken = {name: [] for name in tasks}
    for name, task in tasks.items():
        start = time.perf_counter()
        task()
        first = time.perf_counter() - start
        if first > 5:
            taken[name].append(first)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or not all(taken.values()):
        for name, task in tasks.items():
            start = time.perf_counter()
            task()
            taken[name].append(time.perf_counter() - start)
    return {name: statistics.median(times) for name, times in taken.items()}


def test_training_throughput(capsys):
    own, several, products = recipe(), 4, 400
    run, state, steps = trainer(sphere(50), own)
    flops = training_flops(state.network, 51, own.batch)
    assert run.z.shape[1] == 51
    a, b = torch.randn(512, 192), torch.randn(192, 192)
    out = a @ b

    def multiply():
        for _ in range(products):
            torch.matmul(a, b, out=out)

    times = alternating(training=lambda: steps(several), matmul=multiply)
    training = several * flops / times["training"]
    matmul = products * 2 * 512 * 192 * 192 / times["matmul"]
    with capsys.disabled():
        print(
            f"\ntraining step, width 192, 3 blocks, batch 512, rank 51, "
            f"{torch.get_num_threads()} threads: {times['training'] / several * 1e3:.1f} ms, "
            f"{training / 1e9:.1f} GFLOP/s; torch.matmul, 512 x 192 by 192 x 192: "
            f"{matmul / 1e9:.1f} GFLOP/s; ratio {training / matmul:.2f}"
        )


def test_reading_of_100_points(capsys):
    full = untrained(np.random.default_rng(0).standard_normal((5000, 100)))
    thin = untrained(sphere(10))
    assert full[1].shape[1] == 100
    assert thin[1].shape[1] == 11
    times = alternating(
        full=lambda: spectra(full[0], full[1][:100]),
        thin=lambda: spectra(thin[0], thin[1][:100]),
    )
    with capsys.disabled():
        print(
            f"\nreading 100 points of R^100 at 5 noise levels, {torch.get_num_threads()} threads: "
            f"{times['full']:.2f} s at full rank, {times['thin']:.3f} s for a 10-sphere"
        )


def test_published_recipe(capsys):
    own = published_recipe(1000)
    _, state, steps = trainer(sphere(10), own)
    flops = training_flops(state.network, 100, own.batch)
    seconds = alternating(training=lambda: steps(1))["training"]
    with capsys.disabled():
        print(
            f"\na step of the published recipe at D = 100, {torch.get_num_threads()} threads: "
            f"{seconds * 1e3:.0f} ms, {flops / seconds / 1e9:.1f} GFLOP/s; the 720 000 steps of "
            f"the 10-sphere would take {seconds * 720_000 / 86_400:.1f} days"
        )
