"""The command line: parses, calls, prints, nothing else."""

from __future__ import annotations

import typer

from bench.cli import autoencoder, check, estimate, look, paper, report, run
from bench.cli.options import write_anything

app = typer.Typer(
    help="Benchmark of intrinsic-dimension estimators on manifolds of known dimension.",
    no_args_is_help=True,
    add_completion=False,
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
app.command("list")(look.list_)
app.command()(look.show)
app.command()(look.study)
app.add_typer(look.cache, name="cache")


def main() -> None:
    """Entry of the command line."""
    write_anything()
    app(prog_name="python -m bench")
