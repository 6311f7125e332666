"""The command line: parses, calls, prints, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import autoencoder, check, estimate, inspect, paper, report, run
from bench.cli.options import write_anything

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(run.run)
app.command()(run.status)
app.command()(report.report)
app.command()(estimate.estimate)
app.command()(autoencoder.autoencoder)
app.command()(check.check)
app.add_typer(check.baseline, name="baseline")
app.command()(paper.paper)
app.command("list")(inspect.list_)
app.command()(inspect.show)
app.command()(inspect.study)
app.add_typer(inspect.cache, name="cache")


def _print_version(asked: bool) -> None:
    if asked:
        import bench

        typer.echo(f"intrinsic-dimension-bench {bench.__version__}")
        raise typer.Exit()


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Benchmark of intrinsic-dimension estimators on manifolds of known dimension."""


def main() -> None:
    """Entry of the command line."""
    write_anything()
    # Shells complete the commands of programs, not those of Python's modules.
    program = Path(sys.argv[0]).stem
    app(prog_name="python -m bench" if program == "__main__" else program)
