"""The command ``status``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options


def status(
    out: Annotated[Path, typer.Option(help="Folder of the results.")],
    json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show finished, failed, running and remaining cells, also during a run."""
    from bench.cli.console import Terminal
    from bench.engine.status import report, status_of

    with options.usage_errors():
        report(status_of(out), Terminal(), as_json=json_)
