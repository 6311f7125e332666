"""The commands that hold a run against a baseline."""

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
    keeping_what_is_finished,
    split,
)

# Of a check that could not be finished: 1 says that there is a regression.
_UNFINISHED = 3
_ANEW = "the same command begins anew"

PresetOption = Annotated[
    str, typer.Option(help="smoke, quick or full.", autocompletion=complete.presets)
]
OutOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Folder of the run's records (default: results/check-SUITE)."),
]
NoRunOption = Annotated[
    bool, typer.Option("--no-run", help="Read the records that are there instead of running.")
]

baseline = typer.Typer(no_args_is_help=True, help="Baselines that `check` compares with.")


@baseline.command("save")
def save(
    to: Annotated[Path, typer.Option(help="File of the baseline (JSON).")],
    suite: SuiteOption = "ci",
    preset: PresetOption = "quick",
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Seeds of each cell, instead of the preset's."),
    ] = None,
    states: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Random states of random estimators, of each seed (default: 22)."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Replace these cells of the file, not the others.")
    ] = False,
    manifolds: ManifoldsOption = None,
    estimators: EstimatorsOption = None,
    out: OutOption = None,
    no_run: NoRunOption = False,
    jobs: JobsOption = None,
    device: DeviceOption = "auto",
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    plugin: PluginOption = None,
) -> None:
    """Run a suite and keep its estimates and times as a baseline."""
    from bench.cli.console import Terminal

    with keeping_what_is_finished(_ANEW, _UNFINISHED) as kept, clear_errors():
        from bench.regression import command

        kept.out = out or command.default_folder(suite)
        command.save_baseline(
            to,
            suite,
            run=not no_run,
            console=Terminal(),
            preset=preset,
            seeds=seeds,
            states=command.STATES if states is None else states,
            update=update,
            manifolds=split(manifolds),
            estimators=split(estimators),
            out=kept.out,
            jobs=jobs,
            device=device,
            data_root=data_root,
            download=download,
            plugins=plugin or [],
        )


@baseline.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="File of the baseline.")],
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Seeds of the check (default: those of the baseline)."),
    ] = None,
) -> None:
    """Show a baseline, and which shifts a check would find."""
    from bench.cli.console import Terminal

    with clear_errors():
        from bench.regression import command

        command.show(file, seeds, Terminal())


def check(
    baseline: Annotated[Path, typer.Option(help="File of the baseline.")],
    suite: SuiteOption = "ci",
    preset: PresetOption = "quick",
    seeds: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(help="Seeds of each cell, instead of the preset's."),
    ] = None,
    tolerance: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(help="Relative difference of deterministic estimates (default: 1e-9)."),
    ] = None,
    slower: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            help="How many times as long fits may take, on every manifold (default: 1.25)."
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Improvements, and on the same machine other numbers, fail too."
        ),
    ] = False,
    new: Annotated[
        bool, typer.Option("--new", help="Run cells that the baseline does not have, too.")
    ] = False,
    manifolds: ManifoldsOption = None,
    estimators: EstimatorsOption = None,
    out: OutOption = None,
    no_run: NoRunOption = False,
    jobs: JobsOption = None,
    device: DeviceOption = "auto",
    data_root: DataRootOption = None,
    download: DownloadOption = False,
    plugin: PluginOption = None,
) -> None:
    """Compare a suite with a baseline; exit: 0 nothing, 1 regression, 2 misuse, 3 unfinished."""
    from bench.cli.console import Terminal

    with keeping_what_is_finished(_ANEW, _UNFINISHED) as kept, clear_errors():
        from bench.regression import command
        from bench.regression.comparison import TOLERANCE
        from bench.regression.times import SLOWER

        kept.out = out or command.default_folder(suite)
        outcome = command.check(
            baseline,
            suite,
            run=not no_run,
            tolerance=TOLERANCE if tolerance is None else tolerance,
            slower=SLOWER if slower is None else slower,
            strict=strict,
            new=new,
            console=Terminal(),
            preset=preset,
            seeds=seeds,
            manifolds=split(manifolds),
            estimators=split(estimators),
            out=kept.out,
            jobs=jobs,
            device=device,
            data_root=data_root,
            download=download,
            plugins=plugin or [],
        )
        if outcome.alarms:
            raise typer.Exit(1)
