"""The command ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options


def report(
    out: Annotated[Path, typer.Option(help="Folder of the results.")],
    to: Annotated[
        Path | None,
        typer.Option(help="File to write (default: report.html in the folder of the results)."),
    ] = None,
) -> None:
    """Write the results as one HTML file that opens in a browser without a network."""
    with options.usage_errors():
        from bench.html_report.page import write_report

        options.echo(write_report(out, to))
