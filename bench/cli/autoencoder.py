"""The command that holds estimates against autoencoders."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli.options import (
    ArrayOption,
    DataRootOption,
    DeviceOption,
    DownloadOption,
    PluginOption,
    clear_errors,
    load,
    split,
)


def autoencoder(
    source: Annotated[
        str, typer.Argument(help="A manifold or data set by name, or the path of a file or folder.")
    ],
    dimension: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Dimension to look around (default: the true one, or an estimate)."),
    ] = None,
    bottlenecks: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Sizes, separated by commas (default: a quarter to three times it)."),
    ] = None,
    n: Annotated[int, typer.Option("--n", help="Points at most.")] = 10_000,
    steps: Annotated[int, typer.Option(help="Training steps of each.")] = 3000,
    seed: Annotated[int, typer.Option(help="Seed of points, weights and batches.")] = 0,
    device: DeviceOption = "auto",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of the results (default: results/autoencoder)."),
    ] = None,
    array: ArrayOption = None,
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    plugin: PluginOption = None,
) -> None:
    """Plot how well points are rebuilt from bottlenecks around their dimension."""
    from bench.cli.console import Terminal

    with clear_errors():
        from bench.studies import autoencoder
        from manifolds.datasets.data_root import use_data_root

        load(plugin)
        if data_root is not None:
            use_data_root(data_root)
        autoencoder.check(
            source,
            dimension=dimension,
            bottlenecks=_whole_numbers(split(bottlenecks)),
            n=n,
            steps=steps,
            seed=seed,
            device=device,
            array=array,
            download=download,
            out=out,
            console=Terminal(),
        )


def _whole_numbers(texts: list[str]) -> list[int]:
    for text in texts:
        if not text.isdigit():
            raise ValueError(f"bottlenecks must be whole numbers, not {text!r}")
    return [int(text) for text in texts]
