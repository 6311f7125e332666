"""Options that commands share, and how their errors are printed."""

from __future__ import annotations

import inspect
import re
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import shell_completion
from bench.errors import RunStopped
from bench.format import printable

_INTERRUPTED = 130
_COMMA = re.compile(r",(?![^(]*\))")  # outside of brackets
#: Options that take several names.
_NAME_LISTS = ("manifolds", "estimators", "only")

Plugin = Annotated[
    list[str] | None,
    typer.Option("--plugin", help="Python file that registers estimators or manifolds of yours."),
]
DataRoot = Annotated[
    Path | None,
    typer.Option(help="Folder of data sets' files (default: $BENCH_DATA, or the user's cache)."),
]
Download = Annotated[
    bool, typer.Option("--download", help="Fetch data sets that are not in the data root.")
]
Array = Annotated[
    str | None, typer.Option(help="Which array of an .npz, .pt, .mat or .h5ad file with several.")
]
Jobs = Annotated[
    int | None, typer.Option(help="Cells at a time, at most one a core (default: all cores).")
]
Device = Annotated[
    str, typer.Option(help="auto, cpu or cuda", autocompletion=shell_completion.devices)
]
Suite = Annotated[
    str,
    typer.Option(
        help="A suite's name, or the path of a TOML file.", autocompletion=shell_completion.suites
    ),
]
_NAMES = "Names or globs, separated by commas; all if not given."
Manifolds = Annotated[
    list[str] | None, typer.Option(help=_NAMES, autocompletion=shell_completion.manifolds)
]
Estimators = Annotated[
    list[str] | None, typer.Option(help=_NAMES, autocompletion=shell_completion.estimators)
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Run finished cells again.")]
Retry = Annotated[bool, typer.Option("--retry", help="Run failed cells again.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the plan and its cost, run nothing.")
]
Preset = Annotated[
    str | None,
    typer.Option(
        help="smoke, quick or full (default: quick; full where there is a GPU).",
        autocompletion=shell_completion.presets,
    ),
]


def options_of(
    context: typer.Context, function: Callable[..., Any], without: Sequence[str] = ()
) -> dict[str, Any]:
    """Return the options of a command line that a function takes by the same names.

    Names in one option are separated, and ``--plugin`` is ``plugins``.
    """
    values = {**context.params, "plugins": context.params.get("plugin") or []}
    names = [
        name
        for name in inspect.signature(function).parameters
        if name in values and name not in without
    ]
    return {name: split(values[name]) if name in _NAME_LISTS else values[name] for name in names}


def split(values: Sequence[str] | None) -> list[str]:
    """Return the values of an option that is given several times, or once with commas."""
    parts = [part.strip() for value in values or [] for part in _COMMA.split(value)]
    if "" in parts:
        raise ValueError(f"a name is empty in {', '.join(map(repr, values or []))}")
    return parts


def load_plugins(paths: Sequence[str] | None) -> None:
    """Load plug-ins, for commands that do not run anything."""
    if paths:
        from bench.plugins import load_file

        for path in paths:
            load_file(path)


def echo(text: object, *, err: bool = False) -> None:
    """Print a text to the standard output, or to that of errors."""
    typer.echo(printable(str(text)), err=err)


@contextmanager
def usage_errors() -> Iterator[None]:
    """Print a ValueError, which is a wrong use of the command, as one message; exit code 2."""
    try:
        yield
    except ValueError as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


@dataclass
class Output:
    """Folder of the records of a run, once it is known."""

    folder: Path | None = None


@contextmanager
def run_errors(
    advice: str = "the same command (without --fresh) goes on where it stopped", code: int = 1
) -> Iterator[Output]:
    """Print why a run ended early, that its records are saved, and an advice.

    Exits with ``code``, or 130 after an interrupt. The block sets the folder of the output.
    """
    # A request to end is treated like Ctrl-C: what is finished is saved.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    output = Output()
    try:
        yield output
    except RunStopped as error:
        echo(f"error: {error}\nfinished cells are saved in {output.folder}; {advice}", err=True)
        raise typer.Exit(code) from None
    except (OSError, sqlite3.Error) as error:
        echo(
            f"error: results could not be written: {error}; finished cells are saved in "
            f"{output.folder}",
            err=True,
        )
        raise typer.Exit(code) from None
    except KeyboardInterrupt:
        echo(f"interrupted: finished cells are saved; {advice}", err=True)
        raise typer.Exit(_INTERRUPTED) from None
