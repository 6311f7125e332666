"""The command ``run``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    DryRunOption,
    EstimatorsOption,
    FreshOption,
    JobsOption,
    ManifoldsOption,
    PluginOption,
    PresetOption,
    RetryOption,
    SuiteOption,
    echo,
    options_of,
    run_errors,
    usage_errors,
)

# These say what to do with the records that there are, not how they are made.
_NOT_SAVED = ("fresh", "retry", "dry_run", "download")


def run(
    context: typer.Context,
    suite: SuiteOption,
    preset: PresetOption = None,
    estimators: EstimatorsOption = None,
    manifolds: ManifoldsOption = None,
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Seeds per cell, instead of the preset's."),
    ] = None,
    n: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--n", help="Points per sample, instead of the preset's."),
    ] = None,
    jobs: JobsOption = None,
    device: DeviceOption = "auto",
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
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    fresh: FreshOption = False,
    retry: RetryOption = False,
    plugin: PluginOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Cross the manifolds of a suite with the estimators; write and print the results."""
    from bench.cli.console import Terminal

    console = Terminal()
    with run_errors() as output, usage_errors():
        from bench.api import run_and_write
        from bench.engine.job import prepare
        from bench.engine.status import preview
        from bench.store.store import Store
        from bench.summary.wording import all_failed

        job = prepare(suite, **options_of(context, prepare))
        output.folder = job.out
        if dry_run:
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
        echo(f"error: {failure}", err=True)
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
