"""The commands that show what there is, run a study, and keep the cache."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli import complete
from bench.cli.options import PluginOption, clear_errors, echo, load


def list_(
    what: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(
            help="suites, manifolds or estimators; all three if not given.",
            autocompletion=complete.kinds,
        ),
    ] = None,
    plugin: PluginOption = None,
) -> None:
    """List what there is: suites, manifolds or estimators."""
    from bench.cli import listing

    with clear_errors():
        load(plugin)
        echo(listing.listing(what))


def show(
    name: Annotated[
        str,
        typer.Argument(help="A suite, manifold or estimator.", autocompletion=complete.anything),
    ],
    plugin: PluginOption = None,
) -> None:
    """Show a suite, manifold or estimator: what it is, parameters, defaults, source."""
    from bench.cli import listing

    with clear_errors():
        load(plugin)
        echo(listing.description(name))


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

    with clear_errors():
        studies.run(name, out or Path("results") / "studies", budget, Terminal())


cache = typer.Typer(no_args_is_help=True, help="Trained score models that are kept.")


@cache.command("list")
def cache_list() -> None:
    """List the trained models: last use, size, what each is."""
    from bench.cli import model_cache

    with clear_errors():
        echo(model_cache.listing())


@cache.command("clear")
def cache_clear() -> None:
    """Remove all trained models."""
    from bench.cli import model_cache

    with clear_errors():
        echo(model_cache.clear())
