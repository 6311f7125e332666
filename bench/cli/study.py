"""The command ``study``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli.options import usage_errors


def study(
    name: Annotated[str, typer.Argument(help="Its name; a wrong one lists those that there are.")],
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of the results (default: results/studies)."),
    ] = None,
    budget: Annotated[
        float, typer.Option(min=0.001, help="Part of the full training to spend.")
    ] = 1.0,
) -> None:
    """Run a study: a question that is not a table of manifolds and estimators."""
    from bench import studies
    from bench.cli.console import Terminal

    with usage_errors():
        studies.run(name, out or Path("results") / "studies", budget, Terminal())
