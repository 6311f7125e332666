"""The commands ``check``, ``baseline save`` and ``baseline show``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli import options, shell_completion

# Of a check that could not be finished: 1 says that there is a regression.
_UNFINISHED = 3
_ADVICE = "the same command begins anew"

PresetOption = Annotated[
    str, typer.Option(help="smoke, quick or full.", autocompletion=shell_completion.presets)
]
OutOption = Annotated[
    Path | None, typer.Option(help="Folder of the run's records (default: results/check-SUITE).")
]
NoRunOption = Annotated[
    bool, typer.Option("--no-run", help="Read the records that are there instead of running.")
]

baseline = typer.Typer(no_args_is_help=True, help="Baselines that `check` compares with.")


@baseline.command("save")
def save(
    context: typer.Context,
    to: Annotated[Path, typer.Option(help="File of the baseline (JSON).")],
    suite: options.Suite = "ci",
    preset: PresetOption = "quick",
    seeds: Annotated[
        int | None, typer.Option(help="Seeds of each cell, instead of the preset's.")
    ] = None,
    states: Annotated[
        int | None,
        typer.Option(help="Random states of random estimators, of each seed (default: 22)."),
    ] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Replace these cells of the file, not the others.")
    ] = False,
    manifolds: options.Manifolds = None,
    estimators: options.Estimators = None,
    out: OutOption = None,
    no_run: NoRunOption = False,
    jobs: options.Jobs = None,
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    download: options.Download = False,
    plugin: options.Plugin = None,
) -> None:
    """Run a suite and save its estimates and times as a baseline."""
    from bench.cli.console import Terminal

    with options.run_errors(_ADVICE, _UNFINISHED) as output, options.usage_errors():
        from bench.engine.job import prepare
        from bench.regression import command

        output.folder = out or command.default_folder(suite)
        command.save_baseline(
            to,
            suite,
            run=not no_run,
            states=command.STATES if states is None else states,
            update=update,
            console=Terminal(),
            **{**options.options_of(context, prepare), "out": output.folder},
        )


@baseline.command("show")
def show(
    file: Annotated[Path, typer.Argument(help="File of the baseline.")],
    seeds: Annotated[
        int | None, typer.Option(min=1, help="Seeds of the check (default: those of the baseline).")
    ] = None,
) -> None:
    """Show a baseline, and which shifts a check would find."""
    from bench.cli.console import Terminal

    with options.usage_errors():
        from bench.regression import command

        command.show(file, seeds, Terminal())


def check(
    context: typer.Context,
    baseline: Annotated[Path, typer.Option(help="File of the baseline.")],
    suite: options.Suite = "ci",
    preset: PresetOption = "quick",
    seeds: Annotated[
        int | None, typer.Option(help="Seeds of each cell, instead of the preset's.")
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(help="Relative difference of deterministic estimates (default: 1e-9)."),
    ] = None,
    slower: Annotated[
        float | None,
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
    manifolds: options.Manifolds = None,
    estimators: options.Estimators = None,
    out: OutOption = None,
    no_run: NoRunOption = False,
    jobs: options.Jobs = None,
    device: options.Device = "auto",
    data_root: options.DataRoot = None,
    download: options.Download = False,
    plugin: options.Plugin = None,
) -> None:
    """Compare a suite with a baseline; exit: 0 nothing, 1 regression, 2 misuse, 3 unfinished."""
    from bench.cli.console import Terminal

    with options.run_errors(_ADVICE, _UNFINISHED) as output, options.usage_errors():
        from bench.engine.job import prepare
        from bench.regression import command
        from bench.regression.comparison import TOLERANCE
        from bench.regression.times import SLOWER

        output.folder = out or command.default_folder(suite)
        outcome = command.check(
            baseline,
            suite,
            run=not no_run,
            tolerance=TOLERANCE if tolerance is None else tolerance,
            slower=SLOWER if slower is None else slower,
            strict=strict,
            new=new,
            console=Terminal(),
            **{**options.options_of(context, prepare), "out": output.folder},
        )
        if outcome.alarms:
            raise typer.Exit(1)
