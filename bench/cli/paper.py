"""The command that rebuilds published tables and figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli import complete
from bench.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    JobsOption,
    clear_errors,
    echo,
    keeping_what_is_finished,
    split,
)


def paper(
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
    preset: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="smoke, quick or full (default: quick; full where there is a GPU).",
            autocompletion=complete.presets,
        ),
    ] = None,
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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and its cost, run nothing.")
    ] = False,
) -> None:
    """Rebuild the tables and figures of a publication, with the published numbers beside ours."""
    if list_ or name is None:
        with clear_errors():
            from bench.paper import catalogue

            echo(catalogue.listing(name))
        return
    from bench.cli.console import Terminal

    console = Terminal()
    with keeping_what_is_finished() as kept:
        with clear_errors():
            from bench.paper import command

            asked = command.asked(
                name,
                only=split(only),
                preset=preset,
                device=device,
                out=out,
                jobs=jobs,
                data_root=data_root,
                download=download,
            )
            kept.out = asked.out
            if dry_run:
                from bench.engine.dry_run import preview

                preview(command.job_of(asked, console), console)
                return
            failed = command.make(asked, running=not no_run, console=console)
    if failed:
        echo(f"error: not made: {', '.join(failed)}", err=True)
        raise typer.Exit(1)
