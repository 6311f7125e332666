"""Estimated dimension against floating-point operations of training, for two recipes.

The default recipe, and that of Stanczuk et al. 2024 for as many steps as the budget allows; their
own runs are marked as published. All estimates are those that the training reports: the median
over a few points, by the persistence rule.
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
from bench.figures.style import BELOW, headline, marker_key, save, style
from bench.files import write_csv
from bench.format import duration

AMBIENT, POINTS = 100, 10_000
#: Of the published recipe on each manifold, at a budget of 1.
SECONDS = 40.0
MANIFOLDS: dict[str, tuple[str, dict[str, Any], int, int]] = {
    # manifold, parameters, dimension, published estimate
    "10-sphere": ("sphere", {"dimension": 10, "ambient": AMBIENT}, 10, 11),
    "50-sphere": ("sphere", {"dimension": 50, "ambient": AMBIENT}, 50, 51),
    "line": ("spaghetti-line", {"ambient": AMBIENT}, 1, 1),
}


class _BudgetSpent(Exception):
    """The budget is spent."""


def run(out: Path, budget: float, console: Console) -> None:
    """Write compute.csv and the figure; ``budget`` scales steps and seconds."""
    rows: list[dict[str, Any]] = []
    for name in MANIFOLDS:
        for recipe in ("default", "stanczuk2024"):
            rows += _curve(name, recipe, budget)
            last = rows[-1]
            console.print(
                f"{name}, {recipe}: {last['step']} steps, {last['flops']:.2g} FLOP in "
                f"{duration(last['seconds'])}: {last['reading']:g}",
                highlight=False,
            )
        rows.append(_published(name))
    table = pd.DataFrame(rows)
    write_csv(table, out / "compute.csv")
    with style():
        save(compute_figure(table), out / "compute")


def _curve(name: str, recipe: str, budget: float) -> list[dict[str, Any]]:
    """Return the progress reports of a training."""
    import torch

    from estimators.score.network import training_flops
    from estimators.score.train_or_load import TrainingRun, train_or_load
    from estimators.score.training import TrainingProgress

    manifold, parameters, _, _ = MANIFOLDS[name]
    count = min(POINTS, 500 + round(budget * POINTS))
    points = manifolds.get(manifold, **parameters).sample(count, 0).points
    steps = 10**6 if recipe == "stanczuk2024" else max(10, round(4000 * budget))
    own = estimators.get("score-svd", recipe=recipe, steps=steps, cache=False)
    how = own.training_recipe()
    if recipe == "stanczuk2024":
        how = replace(how, check_every=max(1, round(25 * budget)))
    training_run = TrainingRun(points, how, 0, torch.device("cpu"))
    each = training_flops(
        training_run.network(), training_run.z.shape[1], training_run.recipe.batch
    )
    rows: list[dict[str, Any]] = []
    start = time.perf_counter()

    def tell(progress: TrainingProgress) -> None:
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
            raise _BudgetSpent

    try:
        train_or_load(points, how, seed=0, device=torch.device("cpu"), cache=None, report=tell)
    except _BudgetSpent:
        pass
    return rows


def _published(name: str) -> dict[str, Any]:
    """Return operations and estimate of the published training."""
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


def compute_figure(table: pd.DataFrame) -> Figure:
    """Draw estimates against FLOP, a panel a manifold."""
    figure = Figure(figsize=(10, 3.9), layout="constrained")
    grid = figure.subplots(1, len(MANIFOLDS), sharex=True)
    looks = {"default": ("#0173b2", "o"), "stanczuk2024": ("#d55e00", "s")}
    for axes, (name, (_, _, dimension, _)) in zip(grid, MANIFOLDS.items(), strict=True):
        part = table[table["manifold"] == name]
        for recipe, (colour, marker) in looks.items():
            own = part[part["recipe"] == recipe]
            line: Any = {"color": colour, "marker": marker, "markersize": 3.5, "linewidth": 1.2}
            axes.plot(own["flops"], own["reading"], **line)
        published = part[part["recipe"] == "stanczuk2024, as published"]
        star: Any = {"color": looks["stanczuk2024"][0], "markersize": 14}
        axes.plot(published["flops"], published["reading"], "*", **star)
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
        axes.set(xlabel="FLOP of training")
    grid[0].set_ylabel("estimated dimension")
    names = {"default": "default recipe", "stanczuk2024": "stanczuk2024, run here"}
    handles = [
        Line2D([], [], color=looks[recipe][0], marker=looks[recipe][1], label=name)
        for recipe, name in names.items()
    ]
    star = looks["stanczuk2024"][0], "*"
    handles.append(marker_key("stanczuk2024, as published", star, markersize=12))
    handles.append(Line2D([], [], color="0.6", linewidth=4, alpha=0.4, label="truth"))
    figure.legend(handles=handles, loc=BELOW, ncols=4)
    headline(figure, "Estimated dimension against the cost of training")
    return figure
