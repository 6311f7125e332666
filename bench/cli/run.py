"""The command ``run``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options

# These say what to do with the records that there are, not how they are made.
_NOT_SAVED = ("fresh", "retry", "dry_run", "download")


def run(
    context: typer.Context,
    suite: options.Suite,
    preset: options.Preset = None,
    estimators: options.Estimators = None,
    manifolds: options.Manifolds = None,
    seeds: Annotated[
        int | None, typer.Option(help="Seeds per cell, instead of the preset's.")
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", help="Points per sample, instead of the preset's.")
    ] = None,
    jobs: options.Jobs = None,
    device: options.Device = "auto",
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results (default: results/SUITE).")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds after which a cell is stopped (default: the suite's)."),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(help="Memory above which a cell is stopped, such as 4GiB (default: suite's)."),
    ] = None,
    gpu_jobs: Annotated[int, typer.Option(help="Cells at a time on the GPU.")] = 1,
    backend: Annotated[
        str, typer.Option(help="local, or dask for the workers of a cluster.")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of the dask scheduler, such as tcp://HOST:8786.")
    ] = None,
    data_root: options.DataRoot = None,
    download: options.Download = False,
    fresh: options.Fresh = False,
    retry: options.Retry = False,
    plugin: options.Plugin = None,
    dry_run: options.DryRun = False,
) -> None:
    """Cross the manifolds of a suite with the estimators; write and print the results."""
    from bench.cli.console import Terminal

    console = Terminal()
    with options.run_errors() as output, options.usage_errors():
        from bench.api import run_and_write
        from bench.engine.job import prepare
        from bench.store.store import Store
        from bench.summary.wording import all_failed

        job = prepare(suite, **options.options_of(context, prepare))
        output.folder = job.out
        if dry_run:
            from bench.engine.status import preview

            preview(job, console)
            return
        with Store(job.out) as store:
            records = run_and_write(
                job,
                store,
                fresh=fresh,
                retry=retry,
                console=console,
                command=_command(context, job.preset),
            )
    if failure := all_failed(records):
        options.echo(f"error: {failure}", err=True)
        raise typer.Exit(1)


def _command(context: typer.Context, preset: str) -> str:
    """Return the command line of a context, to run it again; ``preset`` is the one in use."""
    values = {**context.params, "preset": preset}
    parts = ["python", "-m", "bench", str(context.info_name)]
    for option in context.command.params:
        value = values.get(str(option.name))
        if option.name in _NOT_SAVED or value is None or value == option.default:
            continue
        for one in value if isinstance(value, (list, tuple)) else [value]:
            parts += [max(option.opts, key=len), str(one)]
    return shlex.join(parts)
