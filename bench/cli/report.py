"""The command ``report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli.options import echo, usage_errors


def report(
    out: Annotated[Path, typer.Option(help="Folder of the results.")],
    to: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="File to write (default: report.html in the folder of the results)."),
    ] = None,
) -> None:
    """Write the results as one HTML file that opens in a browser without a network."""
    with usage_errors():
        from bench.html_report.page import write_report

        echo(write_report(out, to))
