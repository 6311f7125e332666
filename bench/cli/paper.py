"""The command ``paper``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options


def paper(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(
            help="A publication, or a Python file of yours; without it, all are listed."
        ),
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List what there is, make nothing.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Tables and figures by name, separated by commas; all if not given."),
    ] = None,
    preset: options.Preset = None,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Draw from the records that are there, run nothing.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of records, tables and figures (default: results/paper-NAME)."),
    ] = None,
    jobs: options.Jobs = None,
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    download: options.Download = False,
    dry_run: options.DryRun = False,
) -> None:
    """Rebuild the tables and figures of a publication, with the published numbers beside ours."""
    from bench.cli.console import Terminal

    console = Terminal()
    with options.run_errors() as output, options.usage_errors():
        if list_ or name is None:
            from bench.paper import catalogue

            options.echo(catalogue.listing(name))
            return
        from bench.paper.command import job_of, make, prepare

        request = prepare(name, **options.options_of(context, prepare, without=("name",)))
        output.folder = request.out
        if dry_run:
            from bench.engine.status import preview

            preview(job_of(request, console), console)
            return
        failed = make(request, running=not no_run, console=console)
    if failed:
        options.echo(f"error: not made: {', '.join(failed)}", err=True)
        raise typer.Exit(1)
