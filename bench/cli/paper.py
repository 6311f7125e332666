"""The command ``paper``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    DryRunOption,
    JobsOption,
    PresetOption,
    echo,
    options_of,
    run_errors,
    usage_errors,
)


def paper(
    context: typer.Context,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="A publication, or a Python file of yours; without it, all are listed."
        ),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List what there is, make nothing.")
    ] = False,
    only: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Tables and figures by name, separated by commas; all if not given."),
    ] = None,
    preset: PresetOption = None,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Draw from the records that are there, run nothing.")
    ] = False,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of records, tables and figures (default: results/paper-NAME)."),
    ] = None,
    jobs: JobsOption = None,
    device: DeviceOption = "auto",
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    dry_run: DryRunOption = False,
) -> None:
    """Rebuild the tables and figures of a publication, with the published numbers beside ours."""
    from bench.cli.console import Terminal

    console = Terminal()
    with run_errors() as output, usage_errors():
        if list_ or name is None:
            from bench.paper import catalogue

            echo(catalogue.listing(name))
            return
        from bench.engine.status import preview
        from bench.paper.command import job_of, make, prepare

        request = prepare(name, **options_of(context, prepare, without=("name",)))
        output.folder = request.out
        if dry_run:
            preview(job_of(request, console), console)
            return
        failed = make(request, running=not no_run, console=console)
    if failed:
        echo(f"error: not made: {', '.join(failed)}", err=True)
        raise typer.Exit(1)
