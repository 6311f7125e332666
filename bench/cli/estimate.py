"""The command that estimates the dimension of one's own points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli.options import (
    ArrayOption,
    DeviceOption,
    EstimatorsOption,
    JobsOption,
    PluginOption,
    clear_errors,
    keeping_what_is_finished,
    split,
)


def estimate(
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder of images, or a .npy, .npz, .csv, .tsv, .txt, .dat or .parquet file."
        ),
    ],
    estimators: EstimatorsOption = None,
    array: ArrayOption = None,
    header: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--header/--no-header",
            help="Whether a text file begins with names of columns (default: as it looks).",
        ),
    ] = None,
    halves: Annotated[
        int, typer.Option(help="Random halves of the points for the intervals; 0 for none.")
    ] = 10,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of the results (default: results/estimate-NAME)."),
    ] = None,
    records: Annotated[
        Optional[list[Path]],  # noqa: UP045
        typer.Option(help="Results of runs of yours, from which caveats are drawn too."),
    ] = None,
    jobs: JobsOption = None,
    device: DeviceOption = "auto",
    timeout: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Seconds after which a fit is stopped (default: half an hour)."),
    ] = None,
    memory: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Memory above which a fit is stopped, such as 4GiB."),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON alone; progress goes to standard error.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run finished fits again.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed fits again.")] = False,
    plugin: PluginOption = None,
) -> None:
    """Print every estimator's dimension of points or images of yours, with interval and caveats."""
    from bench.estimation import command
    from bench.terminal import Terminal

    with keeping_what_is_finished() as kept, clear_errors():
        kept.out = command.default_folder(path, array, out)
        rows = command.estimate(
            path,
            array=array,
            header=header,
            halves=halves,
            out=kept.out,
            records=records or [],
            fresh=fresh,
            retry=retry,
            as_json_text=json_,
            console=Terminal(),
            estimators=split(estimators),
            jobs=jobs,
            device=device,
            timeout=timeout,
            memory=memory,
            plugins=plugin or [],
        )
        if rows["estimate"].isna().all():
            # Not one of them has an answer: said above, one by one.
            raise typer.Exit(1)
