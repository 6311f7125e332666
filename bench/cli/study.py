"""The command ``study``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench import studies
from bench.cli import options


def study(
    name: Annotated[str, typer.Argument(help=f"Name of the study: {' or '.join(studies.NAMES)}.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results (default: results/studies).")
    ] = None,
    budget: Annotated[
        float, typer.Option(min=0.001, help="Part of the full training to spend.")
    ] = 1.0,
) -> None:
    """Run a study: a question that is not a table of manifolds and estimators."""
    from bench.cli.console import Terminal

    with options.usage_errors():
        studies.run(name, out or Path("results") / "studies", budget, Terminal())
