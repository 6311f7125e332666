"""The command ``estimate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options


def estimate(
    context: typer.Context,
    path: Annotated[
        Path,
        typer.Argument(
            help="A folder of images, or a file: .npy, .npz, .csv, .tsv, .txt, .dat (also .gz), "
            ".parquet, .pt, .mat or .h5ad."
        ),
    ],
    estimators: Annotated[
        list[str] | None,
        typer.Option(
            help="Names, globs, labels of suites (mle-5) or names with parameters "
            "(mle(neighbors=5)), separated by commas; all if not given."
        ),
    ] = None,
    array: options.Array = None,
    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header",
            help="Whether a text file begins with names of columns (default: as it looks).",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(
            help="Columns of a table to read: names, globs, numbers from 0 or ranges (0-9), "
            "separated by commas; names that are numbers (400-700) go by value; all if not given."
        ),
    ] = None,
    drop: Annotated[
        list[str] | None,
        typer.Option(help="Columns of a table to leave out, named in the same way."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option("--n", help="Distinct rows to draw at random, always the same ones."),
    ] = None,
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Bring each column to mean 0 and variance 1.")
    ] = False,
    halves: Annotated[
        int, typer.Option(help="Random halves of the points for the intervals; 0 for none.")
    ] = 10,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results (default: results/estimate-NAME).")
    ] = None,
    records: Annotated[
        list[Path] | None,
        typer.Option(help="Results of runs of yours, from which caveats are drawn too."),
    ] = None,
    jobs: options.Jobs = None,
    device: options.Device = "auto",
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds after which a fit is stopped (default: half an hour)."),
    ] = None,
    memory: Annotated[
        str | None, typer.Option(help="Memory above which a fit is stopped, such as 4GiB.")
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON alone; progress goes to standard error.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run finished fits again.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed fits again.")] = False,
    plugin: options.Plugin = None,
    dry_run: options.DryRun = False,
) -> None:
    """Print every estimator's dimension of points or images of yours, with interval and caveats."""
    from bench.cli.console import Terminal
    from bench.engine.job import prepare
    from bench.estimation import command
    from bench.estimation.output import default_folder
    from manifolds.datasets.columns import split_names

    with options.run_errors() as output, options.usage_errors():
        output.folder = default_folder(path, array, out)
        answers = command.estimate(
            path,
            array=array,
            header=header,
            columns=split_names(columns or []),
            drop=split_names(drop or []),
            rows=n,
            standardize=standardize,
            halves=halves,
            out=output.folder,
            records=records or [],
            fresh=fresh,
            retry=retry,
            dry_run=dry_run,
            as_json_text=json_,
            console=Terminal(),
            **options.options_of(context, prepare, without=("n", "out")),
        )
        if not dry_run and answers["estimate"].isna().all():
            # The reasons are printed above, one by one.
            options.echo("error: no estimator gave an answer; the reasons are above", err=True)
            raise typer.Exit(1)
