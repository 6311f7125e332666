"""The command that estimates the dimension of one's own points."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli.options import (
    ArrayOption,
    DeviceOption,
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
            help="A folder of images, or a file: .npy, .npz, .csv, .tsv, .txt, .dat (also .gz), "
            ".parquet, .pt, .mat or .h5ad."
        ),
    ],
    estimators: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Names, globs, labels of suites (mle-5) or names with parameters "
            "(mle(neighbors=5)), separated by commas; all if not given."
        ),
    ] = None,
    array: ArrayOption = None,
    header: Annotated[
        Optional[bool],  # noqa: UP045
        typer.Option(
            "--header/--no-header",
            help="Whether a text file begins with names of columns (default: as it looks).",
        ),
    ] = None,
    columns: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            help="Columns of a table to read: names, globs, numbers from 0 or ranges (0-9), "
            "separated by commas; names that are numbers (400-700) go by value; all if not given."
        ),
    ] = None,
    drop: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Columns of a table to leave out, named in the same way."),
    ] = None,
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--n", help="Distinct rows to draw at random, always the same ones."),
    ] = None,
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Bring each column to mean 0 and variance 1.")
    ] = False,
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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and its cost, run nothing.")
    ] = False,
) -> None:
    """Print every estimator's dimension of points or images of yours, with interval and caveats."""
    from bench.cli.console import Terminal
    from bench.estimation import command
    from bench.estimation.output import default_folder
    from manifolds.datasets.columns import parts

    with keeping_what_is_finished() as kept, clear_errors():
        kept.out = default_folder(path, array, out)
        rows = command.estimate(
            path,
            array=array,
            header=header,
            columns=parts(columns or []),
            drop=parts(drop or []),
            rows=n,
            standardize=standardize,
            halves=halves,
            out=kept.out,
            records=records or [],
            fresh=fresh,
            retry=retry,
            dry_run=dry_run,
            as_json_text=json_,
            console=Terminal(),
            estimators=split(estimators),
            jobs=jobs,
            device=device,
            timeout=timeout,
            memory=memory,
            plugins=plugin or [],
        )
        if not dry_run and rows["estimate"].isna().all():
            # Not one of them has an answer: said above, one by one.
            raise typer.Exit(1)
