"""The command line: parses, calls, prints, nothing else."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.stopped import RunStopped

app = typer.Typer(
    help="Benchmark of intrinsic-dimension estimators on manifolds of known dimension.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_INTERRUPTED = 130

PluginOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--plugin", help="Python file that registers estimators or manifolds of yours."),
]


def main() -> None:
    """Entry of the command line."""
    app(prog_name="python -m bench")


@contextmanager
def _clear_errors() -> Iterator[None]:
    """A ValueError is what the user asked wrongly: one message, exit code 2, no traceback."""
    try:
        yield
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


def _split(values: Optional[list[str]]) -> list[str]:  # noqa: UP045
    """Options may be given several times, or once with commas."""
    parts = [part.strip() for value in values or [] for part in value.split(",")]
    if "" in parts:
        raise ValueError(f"a name is empty in {', '.join(map(repr, values or []))}")
    return parts


def _load(plugins: Optional[list[str]]) -> None:  # noqa: UP045
    """Plug-ins, for commands that do not run anything."""
    if plugins:
        from bench.plugins import load_file

        for path in plugins:
            load_file(path)


@app.command()
def run(
    suite: Annotated[str, typer.Option(help="A suite's name, or the path of a TOML file.")],
    preset: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="smoke, quick or full (default: quick; full where there is a GPU)."),
    ] = None,
    estimators: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Names or globs, separated by commas; all if not given."),
    ] = None,
    manifolds: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Names or globs, separated by commas; all if not given."),
    ] = None,
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Seeds per cell, instead of the preset's."),
    ] = None,
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--n", help="Points per sample, instead of the preset's."),
    ] = None,
    jobs: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Cells at a time, at most one a core (default: all cores)."),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda")] = "auto",
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder of the results (default: results/SUITE)."),
    ] = None,
    timeout: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Seconds after which a cell is stopped (default: the suite's)."),
    ] = None,
    memory: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Memory above which a cell is stopped, such as 4GiB (default: suite's)."),
    ] = None,
    gpu_jobs: Annotated[int, typer.Option(help="Cells at a time on the GPU.")] = 1,
    backend: Annotated[
        str, typer.Option(help="local, or dask for the workers of a cluster.")
    ] = "local",
    scheduler: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Address of the dask scheduler, such as tcp://HOST:8786."),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run finished cells again.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed cells again.")] = False,
    plugin: PluginOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and its cost, run nothing.")
    ] = False,
) -> None:
    """Cross the manifolds of a suite with the estimators; write and print the results."""
    from rich.console import Console

    console = Console()
    # A request to end is treated like Ctrl-C: what is finished is kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with _clear_errors():
            from bench import api
            from bench.job import prepare

            job = prepare(
                suite,
                preset=preset,
                manifolds=_split(manifolds),
                estimators=_split(estimators),
                seeds=seeds,
                n=n,
                jobs=jobs,
                device=device,
                out=out,
                timeout=timeout,
                memory=memory,
                gpu_jobs=gpu_jobs,
                backend=backend,
                scheduler=scheduler,
                plugins=plugin or [],
            )
            if dry_run:
                from bench.preview import preview

                preview(job, console)
                return
            store = api.open_store(job)
        with store:
            api.execute(job, store, fresh=fresh, retry=retry, console=console)
    except RunStopped as error:
        typer.echo(
            f"error: {error}\nfinished cells are kept in {job.out}; the same command (without "
            "--fresh) goes on where it stopped",
            err=True,
        )
        raise typer.Exit(1) from None
    except (OSError, sqlite3.Error) as error:
        typer.echo(
            f"error: results could not be written: {error}; finished cells are kept in {job.out}",
            err=True,
        )
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo(
            "interrupted: finished cells are kept; the same command (without --fresh) goes on "
            "where it stopped",
            err=True,
        )
        raise typer.Exit(_INTERRUPTED) from None


@app.command()
def status(
    out: Annotated[Path, typer.Option(help="Folder of the results.")],
    json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what of a run is done, failed, running and left; while it is going on, too."""
    from rich.console import Console

    from bench.status import report, status_of

    with _clear_errors():
        report(status_of(out), Console(), as_json=json_)


@app.command("list")
def list_(
    what: Annotated[str, typer.Argument(help="suites, manifolds or estimators")],
    plugin: PluginOption = None,
) -> None:
    """List what there is: suites, manifolds or estimators."""
    from bench import catalogue

    with _clear_errors():
        _load(plugin)
        typer.echo(catalogue.listing(what))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="A suite, manifold or estimator.")],
    plugin: PluginOption = None,
) -> None:
    """Show a suite, manifold or estimator: what it is, parameters, defaults, source."""
    from bench import catalogue

    with _clear_errors():
        _load(plugin)
        typer.echo(catalogue.description(name))


@app.command()
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
    from rich.console import Console

    from bench import studies

    with _clear_errors():
        studies.run(name, out or Path("results") / "studies", budget, Console())


cache = typer.Typer(no_args_is_help=True, help="Trained score models that are kept.")
app.add_typer(cache, name="cache")


@cache.command("list")
def cache_list() -> None:
    """List the trained models: last use, size, what each is."""
    from bench import cached_models

    with _clear_errors():
        typer.echo(cached_models.listing())


@cache.command("clear")
def cache_clear() -> None:
    """Remove all trained models."""
    from bench import cached_models

    with _clear_errors():
        typer.echo(cached_models.clear())
