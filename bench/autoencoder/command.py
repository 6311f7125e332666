"""The command ``autoencoder``: points, bottlenecks around a dimension, table and figure."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from rich.console import Console

import estimators
import manifolds
from bench import environment
from bench.autoencoder.elbow import FLOOR, supported
from bench.autoencoder.training import Prepared
from bench.figures.style import headline, plain_ticks, save, style
from bench.files import write_csv
from bench.limits import MOST_POINTS, check_count
from manifolds.base import Array
from manifolds.datasets.base import ImageSet
from manifolds.datasets.reading import LEAST, read_points

#: Bottlenecks that are tried, as parts of the dimension.
PARTS = (0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0)
STEPS = 3000
#: The estimators whose median is the dimension where none is given: fast ones of three families.
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
    """Rebuild points from bottlenecks around their dimension; a row a bottleneck.

    ``source`` is a registered manifold or data set, or the path of a file or folder of one's own.
    The dimension is given, or the true one where it is known, or else the median of some
    estimators. Writes autoencoder-NAME.csv and a figure. Raises ValueError for wrong options.
    """
    check_count("n", n, MOST_POINTS, LEAST)
    check_count("steps", steps, sys.maxsize)
    title, points, truth = _points(source, array, n, seed, download)
    known = "given"
    if dimension is None:
        known = "true" if truth is not None else "estimated"
        dimension = truth if truth is not None else _estimated(points, console)
    if not 0 < dimension < points.shape[1]:
        raise ValueError(
            f"the dimension must be above 0 and below {points.shape[1]}, that of the space, "
            f"not {dimension:g}"
        )
    sizes = _sizes(dimension, bottlenecks, points.shape[1])
    where = torch.device(environment.choose_device(device))
    prepared = Prepared(points, seed, where)
    rows = []
    for size in sizes:
        found = prepared.rebuilt(size, steps)
        rows.append(vars(found))
        console.print(
            f"bottleneck {size}: {found.error:.2%} of the variance is not rebuilt "
            f"(linear: {found.linear:.2%}), {found.seconds:.0f} s",
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
        save(_figure(table, title, dimension, known, len(points)), stem)
    console.print(supported(table), highlight=False)
    console.print(f"written to {stem}.csv, .png, .svg", highlight=False, soft_wrap=True)
    return table


def _points(
    source: str, array: str | None, n: int, seed: int, download: bool
) -> tuple[str, Array, float | None]:
    """A name, points (n, D), and their true dimension where it is known."""
    if source in manifolds.names():
        made = manifolds.get(source)
        if isinstance(made, ImageSet):
            made.provide(download)
        sample = made.sample(n, seed)
        truth = None if sample.dimension is None else float(sample.dimension.mean())
        return source, sample.points, truth
    if not Path(source).exists():
        hint = manifolds.registry.nearest(source, manifolds.names())
        raise ValueError(
            f"{source!r} is no file, folder or registered manifold; {hint}".rstrip("; ")
        )
    found = read_points(Path(source), array)
    rows = np.sort(np.random.default_rng(seed).permutation(found.distinct)[:n])
    name = "-".join(filter(None, (Path(source).resolve().stem, array)))
    return name, found.points[rows], None


def _estimated(points: Array, console: Console) -> float:
    answers = {}
    for name in ESTIMATED_BY:
        try:
            answers[name] = float(estimators.get(name).fit(points).dimension_)
        except ValueError as error:
            console.print(f"{name}: {error}", highlight=False, markup=False)
    if not answers:
        raise ValueError("no estimator finds a dimension: give one with --dimension")
    told = ", ".join(f"{name} {value:.1f}" for name, value in answers.items())
    middle = float(pd.Series(answers).median())
    console.print(f"estimated dimension {middle:.1f}, the median of {told}", highlight=False)
    return middle


def _sizes(dimension: float, bottlenecks: Sequence[int], ambient: int) -> list[int]:
    wrong = [size for size in bottlenecks if not 1 <= size <= ambient]
    if wrong:
        raise ValueError(f"bottlenecks must be from 1 to {ambient}, not {wrong[0]}")
    if bottlenecks:
        return sorted(set(bottlenecks))
    around = {max(1, round(part * dimension)) for part in PARTS}
    return sorted(size for size in around if 1 <= size < ambient)


def _figure(table: pd.DataFrame, title: str, dimension: float, known: str, n: int) -> Figure:
    figure = Figure(figsize=(6.4, 4.6), layout="constrained")
    axes = figure.subplots()
    axes.axvline(
        dimension, color="0.8", linewidth=6, zorder=0, label=f"{known} dimension, {dimension:.3g}"
    )
    for column, label, look in (
        ("linear", "best linear map (principal components)", "s-"),
        ("error", "autoencoder, held out", "o-"),
        ("trained", "autoencoder, on its training points", ":"),
    ):
        errors = table[column].clip(lower=FLOOR)
        colour = "#de8f05" if column == "linear" else "#0173b2"
        axes.plot(
            table["bottleneck"], errors, look, color=colour, label=label, markersize=5, gid=column
        )
    axes.set(xscale="log", yscale="log")
    plain_ticks(axes.xaxis)
    plain_ticks(axes.yaxis, say=lambda value: f"{100 * value:.3g} %")
    axes.set_xlabel("size of the bottleneck")
    axes.set_ylabel("part of the variance not rebuilt")
    below = f" Below {100 * FLOOR:g} % is rounding." if (table["linear"] < FLOOR).any() else ""
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    axes.set_title(textwrap.fill(supported(table) + below, 80), fontsize=9)
    headline(figure, f"Autoencoder check of {title}, n = {n}")
    return figure
