"""Validation with an autoencoder: how well points are rebuilt from bottlenecks of a few sizes.

An autoencoder whose bottleneck is below the dimension of a manifold cannot rebuild its points; a
larger one adds nothing. So the error, against the size of the bottleneck, should fall steeply up
to the dimension and flatten beyond (a validation of estimates in Stanczuk et al. 2024, of which no
code is public; the network is ours).
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from rich.console import Console

import estimators
import manifolds
from bench import environment
from bench.figures.paper_style import DARK, LIGHT
from bench.figures.style import BELOW, headline, plain_ticks, save, style
from bench.files import write_csv
from bench.format import duration
from bench.limits import MOST_POINTS, check_count
from bench.studies.autoencoder_training import Prepared
from bench.studies.elbow import FLOOR, supported
from manifolds.base import Array
from manifolds.datasets.base import ImageSet
from manifolds.datasets.reading import LEAST, read_points

#: Column of errors -> label, colour, marker and line.
CURVES = {
    "linear": ("best linear map (PCA)", LIGHT, "s", "--"),
    "error": ("autoencoder", DARK, "o", "-"),
    "trained": ("autoencoder, on its training points", DARK, "", ":"),
}
#: Default bottlenecks, as parts of the dimension.
PARTS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
STEPS = 3000
#: Estimators whose median is the default dimension: fast ones of three families.
ESTIMATED_BY = ("mle", "twonn", "danco", "ess", "lpca-local")


def check(
    source: str,
    *,
    dimension: float | None = None,
    bottlenecks: Sequence[int] = (),
    n: int = 10_000,
    steps: int = STEPS,
    seed: int = 0,
    device: str = "auto",
    array: str | None = None,
    download: bool = False,
    out: Path | None = None,
    console: Console,
) -> pd.DataFrame:
    """Rebuild points from bottlenecks around their dimension; returns a row a bottleneck.

    ``source`` is a registered manifold or data set, or the path of a file or folder of points. The
    default dimension is the true one where it is known, else the median of some estimators.
    Writes autoencoder-NAME.csv and a figure. Raises ValueError for wrong options.
    """
    check_count("n", n, MOST_POINTS, LEAST)
    check_count("steps", steps, sys.maxsize)
    title, points, truth = _points(source, array, n, seed, download)
    known = "given"
    if dimension is None:
        known = "true" if truth is not None else "estimated"
        dimension = truth if truth is not None else _estimate(points, console)
    if not 0 < dimension < points.shape[1]:
        raise ValueError(
            f"the dimension must be above 0 and below {points.shape[1]}, that of the space, "
            f"not {dimension:g}"
        )
    sizes = _sizes(dimension, bottlenecks, points.shape[1])
    prepared = Prepared(points, seed, torch.device(environment.choose_device(device)))
    rows = []
    for size in sizes:
        errors = prepared.train(size, steps)
        rows.append(vars(errors))
        console.print(
            f"bottleneck {size}: {errors.error:.2%} of the variance is not rebuilt "
            f"(linear: {errors.linear:.2%}), {duration(errors.seconds)}",
            highlight=False,
        )
    table = pd.DataFrame(rows)
    folder = out or Path("results") / "autoencoder"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"results cannot be written to {folder}: {error}") from None
    stem = folder / f"autoencoder-{title}"
    write_csv(table, stem.with_name(f"{stem.name}.csv"))
    with style():
        save(error_figure(table, title, dimension, known, len(points)), stem)
    console.print(supported(table), highlight=False)
    console.print(f"written to {stem}.csv, .png, .svg", highlight=False, soft_wrap=True)
    return table


def _points(
    source: str, array: str | None, n: int, seed: int, download: bool
) -> tuple[str, Array, float | None]:
    """Return a name, points (n, D), and their true dimension where it is known."""
    if source in manifolds.names():
        manifold = manifolds.get(source)
        if isinstance(manifold, ImageSet):
            manifold.provide(download)
        sample = manifold.sample(n, seed)
        truth = None if sample.dimension is None else float(sample.dimension.mean())
        return source, sample.points, truth
    if not Path(source).exists():
        hint = manifolds.registry.nearest(source, manifolds.names())
        raise ValueError(
            f"{source!r} is no file, folder or registered manifold; {hint}".rstrip("; ")
        )
    loaded = read_points(Path(source), array)
    rows = np.sort(np.random.default_rng(seed).permutation(loaded.distinct)[:n])
    name = "-".join(filter(None, (Path(source).resolve().stem, array)))
    return name, loaded.points[rows], None


def _estimate(points: Array, console: Console) -> float:
    """Return the median of some estimators."""
    answers = {}
    for name in ESTIMATED_BY:
        try:
            answers[name] = float(estimators.get(name).fit(points).dimension_)
        except ValueError as error:
            console.print(f"{name}: {error}", highlight=False, markup=False)
    if not answers:
        raise ValueError("no estimator finds a dimension: give one with --dimension")
    values = ", ".join(f"{name} {value:.1f}" for name, value in answers.items())
    median = float(pd.Series(answers).median())
    console.print(f"estimated dimension {median:.1f}, the median of {values}", highlight=False)
    return median


def _sizes(dimension: float, bottlenecks: Sequence[int], ambient: int) -> list[int]:
    wrong = [size for size in bottlenecks if not 1 <= size <= ambient]
    if wrong:
        raise ValueError(f"bottlenecks must be from 1 to {ambient}, not {wrong[0]}")
    if bottlenecks:
        return sorted(set(bottlenecks))
    around = {max(1, round(part * dimension)) for part in PARTS}
    return sorted(size for size in around if 1 <= size < ambient)


def error_figure(table: pd.DataFrame, title: str, dimension: float, known: str, n: int) -> Figure:
    """Draw errors against bottlenecks, with the dimension and what they support."""
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    label = f"{known} dimension, {dimension:.3g}"
    band = axes.axvline(dimension, color="0.8", linewidth=6, zorder=0, label=label)
    figure.legend(handles=[band, *draw_errors(axes, table)], loc=BELOW, ncols=2)
    below = f" Below {100 * FLOOR:g} % is rounding." if (table["linear"] < FLOOR).any() else ""
    axes.set_title(textwrap.fill(supported(table) + below, 80), fontsize=9)
    headline(figure, f"Validation of {title} with an autoencoder, n = {n}")
    return figure


def draw_errors(axes: Axes, table: pd.DataFrame, columns: Iterable[str] = CURVES) -> list[Line2D]:
    """Draw errors against bottlenecks on logarithmic axes; returns the lines."""
    lines = []
    for column in columns:
        label, colour, marker, line = CURVES[column]
        look: Any = {"color": colour, "marker": marker, "linestyle": line, "gid": column}
        errors = table[column].clip(lower=FLOOR)
        lines += axes.plot(table["bottleneck"], errors, label=label, **look)
    axes.set(xscale="log", yscale="log")
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis, text=lambda value: f"{100 * value:.3g} %")
    axes.set(xlabel="size of the bottleneck", ylabel="part of the variance not rebuilt")
    return lines
