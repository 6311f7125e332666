"""The command line: one module a command, which parses, calls and prints."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

import bench
from bench.cli import (
    autoencoder,
    check,
    estimate,
    listing,
    model_cache,
    paper,
    report,
    run,
    status,
    study,
)

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command()(status.status)
app.command()(report.report)
app.command()(estimate.estimate)
app.command()(autoencoder.autoencoder)
app.command()(check.check)
app.add_typer(check.baseline, name="baseline")
app.command()(paper.paper)
app.command("list")(listing.list_)
app.command()(listing.show)
app.command()(study.study)
app.add_typer(model_cache.app, name="cache")


def _print_version(requested: bool) -> None:
    if requested:
        typer.echo(f"intrinsic-dimension-bench {bench.__version__}")
        raise typer.Exit()


@app.callback()
def callback(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Benchmark of intrinsic-dimension estimators on manifolds of known dimension."""


def main() -> None:
    """Run the command line."""
    _move_current_folder_last()
    try:
        bench.check_packages()
    except ImportError as error:
        sys.exit(f"error: {error}")
    # Characters that an encoding lacks, as in file names of another one, are written out.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    # Shells complete the commands of programs, not those of Python's modules.
    program = Path(sys.argv[0]).stem
    app(prog_name="python -m bench" if program == "__main__" else program)


def _move_current_folder_last() -> None:
    """Search modules in the current folder last, so that its files replace none of ours.

    ``python -m`` searches it first: a folder ``estimators`` of the user's would be imported.
    """
    here = Path.cwd()
    if here == Path(bench.__file__).resolve().parents[1]:
        return
    current = [path for path in sys.path if path == "" or Path(path).resolve() == here]
    sys.path[:] = [path for path in sys.path if path not in current] + current
