"""Speed of training and reading score models. Printed, never asserted: ``tox -e bench``."""

import os
import statistics
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import seaborn as sns
import torch

import estimators
import manifolds
from bench.outputs.figure_style import plain_ticks, style
from estimators.score import spectrum
from estimators.score.flops import training_flops
from estimators.score.frame import plain_frame, principal_frame
from estimators.score.network import ScoreNetwork
from estimators.score.published import published_recipe
from estimators.score.recipe import Recipe
from estimators.score.spectrum import score_spectra
from estimators.score.together import Member, stack_of, take_step
from estimators.score.trained import Job, width_for
from estimators.score.training import set_rate, train
from estimators.score.watch import Watch

pytestmark = pytest.mark.benchmark

CPU = torch.device("cpu")
SCORES_PER_DIMENSION = estimators.get("score-svd").scores_per_dimension
SIGMAS = (0.05, 0.1, 0.14, 0.2, 0.28)


def recipe(**changes) -> Recipe:
    facts = {"network": "residual", "width": 192, "blocks": 3, "steps": 5000, "batch": 512}
    facts |= {"learning_rate": 2e-3, "levels": (0.02, 1.0), "check_every": 10**6, "patience": 8}
    return Recipe(**{**facts, **changes})


def alternating(seconds=15.0, **tasks):
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


class Blind(Watch):
    """A watch that does not look."""

    def look(self, network):
        self.readings = [torch.zeros(1)]
        return "learning"


def sphere(dimension, seed=0, ambient=100, n=5000):
    return manifolds.get("sphere", dimension=dimension, ambient=ambient).sample(n, seed).points


def trainer(points, own, seed=0):
    """A job, its state, and what trains it for so many more steps."""
    job = Job(points, own, seed, CPU)
    state, watch = job.begin()
    watch.__class__ = Blind

    def steps(count):
        state.last = state.step + count
        train(state, job.z, own, watch)

    return job, state, steps


def test_training_throughput(capsys):
    own, several, products = recipe(), 4, 400
    job, state, steps = trainer(sphere(50), own)
    flops = training_flops(state.network, 51, own.batch)
    assert job.z.shape[1] == 51
    a, b = torch.randn(512, 192), torch.randn(192, 192)
    out = a @ b

    def multiply():
        for _ in range(products):
            torch.matmul(a, b, out=out)

    found = alternating(training=lambda: steps(several), matmul=multiply)
    training = several * flops / found["training"]
    matmul = products * 2 * 512 * 192 * 192 / found["matmul"]
    with capsys.disabled():
        print(
            f"\ntraining step, width 192, 3 blocks, batch 512, rank 51, "
            f"{torch.get_num_threads()} threads: {found['training'] / several * 1e3:.1f} ms, "
            f"{training / 1e9:.1f} GFLOP/s; torch.matmul, 512 x 192 by 192 x 192: "
            f"{matmul / 1e9:.1f} GFLOP/s; ratio {training / matmul:.2f}"
        )


@pytest.mark.parametrize("dimension", [10, 50])
def test_together_against_one_after_another(dimension, capsys):
    own, seeds = recipe(), range(5)
    samples = [sphere(dimension, seed) for seed in seeds]
    alone = [trainer(points, own, seed)[2] for seed, points in enumerate(samples)]
    members = []
    for seed, points in enumerate(samples):
        job = Job(points, own, seed, CPU)
        members.append(Member(str(seed), str(seed), job, *job.begin()))
    stack = stack_of(members)

    def one_after_another():
        for steps in alone:
            steps(4)

    def together():
        for _ in range(4):
            for member in members:
                set_rate(member.state, own)
            take_step(stack, members, own)

    found = alternating(one_after_another=one_after_another, together=together)
    one, all_ = found["one_after_another"] / 4, found["together"] / 4
    with capsys.disabled():
        print(
            f"\na step of five seeds of the {dimension}-sphere, {torch.get_num_threads()} threads: "
            f"{one * 1e3:.1f} ms one after another, {all_ * 1e3:.1f} ms together, "
            f"{one / all_:.2f} times as fast"
        )


def untrained(points, principal=True):
    """An untrained network for points, and their coordinates."""
    given = torch.from_numpy(points)
    frame = principal_frame(given, 1e-3) if principal else plain_frame(given)
    network = ScoreNetwork(frame, width=width_for(frame, recipe()), blocks=3)
    torch.nn.init.normal_(network.exit.weight, std=0.01)
    return network.requires_grad_(False), frame.coordinates(given)


def spectra(network, z, sigmas=SIGMAS):
    generator = torch.Generator().manual_seed(0)
    return score_spectra(
        network.score, z, sigmas, per_dimension=SCORES_PER_DIMENSION, generator=generator
    )


def test_reading_of_100_points(capsys):
    full = untrained(np.random.default_rng(0).standard_normal((5000, 100)))
    thin = untrained(sphere(10))
    assert full[1].shape[1] == 100
    assert thin[1].shape[1] == 11
    found = alternating(
        full=lambda: spectra(full[0], full[1][:100]),
        thin=lambda: spectra(thin[0], thin[1][:100]),
    )
    with capsys.disabled():
        print(
            f"\nreading 100 points of R^100 at 5 noise levels, {torch.get_num_threads()} threads: "
            f"{found['full']:.2f} s at full rank, {found['thin']:.3f} s for a 10-sphere"
        )


def test_reading_cost_by_dimension(tmp_path, monkeypatch, capsys):
    rows = []
    real, seen = spectrum.singular_values, {}

    def singular_values(matrices):
        seen["matrices"] = matrices
        return real(matrices)

    monkeypatch.setattr(spectrum, "singular_values", singular_values)
    for ambient, points, seconds in ((100, 8, 2), (300, 4, 3), (1000, 1, 6), (3000, 1, 0)):
        # Any numbers will do for points, and any axes: of full rank is what the network takes.
        numbers = np.random.default_rng(0).standard_normal((100, ambient))
        network, z = untrained(numbers, principal=False)
        tasks = {
            "score-svd: scores and spectra": lambda n=network, z=z[:points]: spectra(
                n, z, SIGMAS[:1]
            ),
            "its spectra alone (Gram matrix, float64)": lambda: real(seen["matrices"]),
            "torch.linalg.svdvals of the same matrices": lambda: torch.linalg.svdvals(
                seen["matrices"]
            ),
        }
        found = alternating(seconds, **tasks)
        assert seen["matrices"].shape[0] == points
        assert seen["matrices"].shape[2] == ambient
        rows += [(ambient, what, value / points) for what, value in found.items()]
    table = pd.DataFrame(rows, columns=["D", "what", "seconds"])
    folder = Path(os.environ.get("BENCH_FIGURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "reading_cost.csv", index=False)
    draw(table, folder / "reading_cost.png")
    with capsys.disabled():
        print(f"\nseconds a point and noise level, full rank, {torch.get_num_threads()} threads:")
        print(table.pivot(index="D", columns="what", values="seconds").to_string())
        print(f"in {folder}")


def draw(table, path):
    with style():
        figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
        sns.lineplot(
            table, x="D", y="seconds", hue="what", style="what", markers=True, dashes=False, ax=axes
        )
        axes.set(xscale="log", yscale="log")
        axes.set(xlabel="dimension of the data D (full rank)", ylabel="seconds a point and sigma")
        plain_ticks(axes.xaxis, 100, 3000)
        axes.legend(title=None, frameon=False)
        figure.savefig(path, dpi=150)
        plt.close(figure)


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
