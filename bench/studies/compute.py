"""What a reading costs: estimate against floating-point operations of training, for two recipes.

The default recipe, and that of Stanczuk et al. 2024 for as many steps as the budget allows; what
their own runs took and read is marked as published. All readings are those that the training
itself tells: the median over a few points, by the persistence rule.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from rich.console import Console

import estimators
import manifolds
from bench.figures.style import headline, save, style

AMBIENT, POINTS = 100, 10_000
#: Of the published recipe on each manifold, at a budget of 1.
SECONDS = 40.0
MANIFOLDS: dict[str, tuple[str, dict[str, Any], int, int]] = {
    # manifold, parameters, dimension, published reading
    "10-sphere": ("sphere", {"dimension": 10, "ambient": AMBIENT}, 10, 11),
    "50-sphere": ("sphere", {"dimension": 50, "ambient": AMBIENT}, 50, 51),
    "line": ("spaghetti-line", {"ambient": AMBIENT}, 1, 1),
}


class _Enough(Exception):
    """The budget is used up."""


def run(out: Path, budget: float, console: Console) -> None:
    """Write compute.csv and the figure; ``budget`` scales steps and seconds."""
    rows: list[dict[str, Any]] = []
    for name in MANIFOLDS:
        for recipe in ("default", "stanczuk2024"):
            rows += _curve(name, recipe, budget)
            last = rows[-1]
            console.print(
                f"{name}, {recipe}: {last['step']} steps, {last['flops']:.2g} FLOP in "
                f"{last['seconds']:.0f} s, reads {last['reading']:g}",
                highlight=False,
            )
        rows.append(_published(name))
    table = pd.DataFrame(rows)
    table.to_csv(out / "compute.csv", index=False)
    with style():
        save(_figure(table), out / "compute")


def _curve(name: str, recipe: str, budget: float) -> list[dict[str, Any]]:
    """What a training tells of itself, look by look."""
    import torch

    from estimators.score.network import training_flops
    from estimators.score.train_or_load import Job, train_or_load
    from estimators.score.training import Progress

    manifold, parameters, _, _ = MANIFOLDS[name]
    count = min(POINTS, 500 + round(budget * POINTS))
    points = manifolds.get(manifold, **parameters).sample(count, 0).points
    steps = 10**6 if recipe == "stanczuk2024" else max(10, round(4000 * budget))
    own = estimators.get("score-svd", recipe=recipe, steps=steps, cache=False)
    how = own.training_recipe()
    if recipe == "stanczuk2024":
        how = replace(how, check_every=max(1, round(25 * budget)))
    job = Job(points, how, 0, torch.device("cpu"))
    each = training_flops(job.network(), job.z.shape[1], job.recipe.batch)
    rows: list[dict[str, Any]] = []
    start = time.perf_counter()

    def report(progress: Progress) -> None:
        seconds = time.perf_counter() - start
        rows.append(
            {
                "manifold": name,
                "recipe": recipe,
                "step": progress.step,
                "flops": each * progress.step,
                "seconds": seconds,
                "loss": progress.loss,
                "reading": progress.reading,
            }
        )
        if recipe == "stanczuk2024" and seconds > SECONDS * budget:
            raise _Enough

    try:
        train_or_load(points, how, seed=0, device=torch.device("cpu"), cache=None, report=report)
    except _Enough:
        pass
    return rows


def _published(name: str) -> dict[str, Any]:
    """What the published training took and read."""
    from estimators.score.network import training_flops
    from estimators.score.stanczuk2024 import STEPS, PublishedNetwork, published_recipe

    recipe = published_recipe(STEPS[name])
    flops = training_flops(PublishedNetwork(AMBIENT), AMBIENT, recipe.batch) * recipe.steps
    return {
        "manifold": name,
        "recipe": "stanczuk2024, as published",
        "step": recipe.steps,
        "flops": flops,
        "reading": MANIFOLDS[name][3],
    }


def _figure(table: pd.DataFrame) -> Figure:
    """A panel a manifold: what is read against FLOP."""
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    grid = figure.subplots(1, len(MANIFOLDS), sharex=True)
    looks = {"default": ("#0173b2", "o"), "stanczuk2024": ("#d55e00", "s")}
    for axes, (name, (_, _, dimension, _)) in zip(grid, MANIFOLDS.items(), strict=True):
        part = table[table["manifold"] == name]
        for recipe, (colour, marker) in looks.items():
            own = part[part["recipe"] == recipe]
            axes.plot(
                own["flops"], own["reading"], color=colour, marker=marker, markersize=3.5, lw=1.2
            )
        published = part[part["recipe"] == "stanczuk2024, as published"]
        axes.plot(
            published["flops"], published["reading"], "*", color=looks["stanczuk2024"][0], ms=14
        )
        default = part[part["recipe"] == "default"]
        right = default[(default["reading"] == dimension)[::-1].cummin()[::-1]]
        if len(right) and len(published):
            ratio = float(published["flops"].iloc[0] / right["flops"].iloc[0])
            axes.set_title(f"{name}: right from\n1/{ratio:,.0f} of the published FLOP", fontsize=9)
        axes.axhline(dimension, color="0.6", linewidth=4, alpha=0.4, zorder=0)
        axes.set_xscale("log")
        axes.set_yscale("log")
        ticks = sorted({1, dimension, 100})
        axes.set_yticks(ticks, [str(tick) for tick in ticks])
        axes.minorticks_off()
        axes.set(xlabel="FLOP of training", ylabel="dimension read" if axes is grid[0] else "")
    handles = [
        Line2D([], [], color=looks["default"][0], marker="o", label="default recipe"),
        Line2D([], [], color=looks["stanczuk2024"][0], marker="s", label="stanczuk2024, run here"),
        Line2D(
            [],
            [],
            color=looks["stanczuk2024"][0],
            marker="*",
            ls="",
            ms=12,
            label="stanczuk2024, as published",
        ),
        Line2D([], [], color="0.6", linewidth=4, alpha=0.4, label="truth"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    headline(figure, "Dimension read against the cost of training")
    return figure
