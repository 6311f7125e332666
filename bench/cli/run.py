"""The commands that run a suite, and say where a run stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli import complete
from bench.cli.options import (
    DataRootOption,
    DeviceOption,
    DownloadOption,
    EstimatorsOption,
    JobsOption,
    ManifoldsOption,
    PluginOption,
    SuiteOption,
    clear_errors,
    echo,
    keeping_what_is_finished,
    split,
)


def run(
    context: typer.Context,
    suite: SuiteOption,
    preset: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            help="smoke, quick or full (default: quick; full where there is a GPU).",
            autocompletion=complete.presets,
        ),
    ] = None,
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
    fresh: Annotated[bool, typer.Option("--fresh", help="Run finished cells again.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Run failed cells again.")] = False,
    plugin: PluginOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan and its cost, run nothing.")
    ] = False,
) -> None:
    """Cross the manifolds of a suite with the estimators; write and print the results."""
    from bench.cli.console import Terminal

    console = Terminal()
    with keeping_what_is_finished() as kept:
        with clear_errors():
            from bench import api
            from bench.cli.command_line import typed
            from bench.engine.job import prepare

            job = prepare(
                suite,
                preset=preset,
                manifolds=split(manifolds),
                estimators=split(estimators),
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
                data_root=data_root,
                download=download,
            )
            kept.out = job.out
            if dry_run:
                from bench.engine.dry_run import preview

                preview(job, console)
                return
            store = api.open_store(job)
        with store, clear_errors():
            command = typed(context, job.preset)
            records = api.execute(
                job, store, fresh=fresh, retry=retry, console=console, command=command
            )
    from bench.summary.wording import all_failed

    if failure := all_failed(records):
        echo(f"error: {failure}", err=True)
        raise typer.Exit(1)


def status(
    out: Annotated[Path, typer.Option(help="Folder of the results.")],
    json_: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what of a run is done, failed, running and left; while it is going on, too."""
    from bench.cli.console import Terminal
    from bench.engine.status import report, status_of

    with clear_errors():
        report(status_of(out), Terminal(), as_json=json_)
