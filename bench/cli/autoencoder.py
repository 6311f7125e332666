"""The command ``autoencoder``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options


def autoencoder(
    source: Annotated[
        str, typer.Argument(help="A manifold or data set by name, or the path of a file or folder.")
    ],
    dimension: Annotated[
        float | None,
        typer.Option(help="Dimension to look around (default: the true one, or an estimate)."),
    ] = None,
    bottlenecks: Annotated[
        list[str] | None,
        typer.Option(help="Sizes, separated by commas (default: a quarter to three times it)."),
    ] = None,
    n: Annotated[int, typer.Option("--n", help="Points at most.")] = 10_000,
    steps: Annotated[int, typer.Option(help="Training steps of each.")] = 3000,
    seed: Annotated[int, typer.Option(help="Seed of points, weights and batches.")] = 0,
    device: options.Device = "auto",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results (default: results/autoencoder).")
    ] = None,
    array: options.Array = None,
    data_root: options.DataRoot = None,
    download: options.Download = False,
    plugin: options.Plugin = None,
) -> None:
    """Plot how well points are rebuilt from bottlenecks around their dimension."""
    from bench.cli.console import Terminal

    with options.usage_errors():
        from bench.studies import autoencoder
        from manifolds.datasets.base import use_data_root

        options.load_plugins(plugin)
        if data_root is not None:
            use_data_root(data_root)
        autoencoder.check(
            source,
            dimension=dimension,
            bottlenecks=_integers(options.split(bottlenecks)),
            n=n,
            steps=steps,
            seed=seed,
            device=device,
            array=array,
            download=download,
            out=out,
            console=Terminal(),
        )


def _integers(texts: list[str]) -> list[int]:
    for text in texts:
        if not text.isdigit():
            raise ValueError(f"bottlenecks must be integers, not {text!r}")
    return [int(text) for text in texts]
