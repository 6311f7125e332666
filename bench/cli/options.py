"""What commands share: options, and how errors are told."""

from __future__ import annotations

import re
import signal
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Optional

import typer

from bench.cli import complete
from bench.errors import RunStopped
from bench.format import printable

_INTERRUPTED = 130
_COMMA = re.compile(r",(?![^(]*\))")

PluginOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option("--plugin", help="Python file that registers estimators or manifolds of yours."),
]
DataRootOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Folder of data sets' files (default: $BENCH_DATA, or the user's cache)."),
]
DownloadOption = Annotated[
    bool, typer.Option("--download", help="Fetch data sets that are not in the data root.")
]
ArrayOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(help="Which array of an .npz, .pt, .mat or .h5ad file with several."),
]
JobsOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(help="Cells at a time, at most one a core (default: all cores)."),
]
DeviceOption = Annotated[
    str, typer.Option(help="auto, cpu or cuda", autocompletion=complete.devices)
]
SuiteOption = Annotated[
    str,
    typer.Option(
        help="A suite's name, or the path of a TOML file.", autocompletion=complete.suites
    ),
]
_NAMES = "Names or globs, separated by commas; all if not given."
ManifoldsOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help=_NAMES, autocompletion=complete.manifolds),
]
EstimatorsOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(help=_NAMES, autocompletion=complete.estimators),
]


def echo(text: object, *, err: bool = False) -> None:
    """Print a text to the standard output, or to that of errors."""
    typer.echo(printable(str(text)), err=err)


def write_anything() -> None:
    """Have what an encoding lacks written out, as in file names of another encoding."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def clear_errors() -> Iterator[None]:
    """A ValueError is what the user asked wrongly: one message, exit code 2, no traceback."""
    try:
        yield
    except ValueError as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None


@dataclass
class Kept:
    """Where finished cells are, once that is known."""

    out: Path | None = None


@contextmanager
def keeping_what_is_finished(
    how: str = "the same command (without --fresh) goes on where it stopped", code: int = 1
) -> Iterator[Kept]:
    """Say of a run that ends early what is kept, and ``how`` to go on; exit ``code``, or 130."""
    # A request to end is treated like Ctrl-C: what is finished is kept.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    kept = Kept()
    try:
        yield kept
    except RunStopped as error:
        echo(
            f"error: {error}\nfinished cells are kept in {kept.out}; {how}",
            err=True,
        )
        raise typer.Exit(code) from None
    except (OSError, sqlite3.Error) as error:
        echo(
            f"error: results could not be written: {error}; finished cells are kept in {kept.out}",
            err=True,
        )
        raise typer.Exit(code) from None
    except KeyboardInterrupt:
        echo(f"interrupted: finished cells are kept; {how}", err=True)
        raise typer.Exit(_INTERRUPTED) from None


def split(values: Optional[list[str]]) -> list[str]:  # noqa: UP045
    """Options may be given several times, or once with commas outside brackets."""
    parts = [part.strip() for value in values or [] for part in _COMMA.split(value)]
    if "" in parts:
        raise ValueError(f"a name is empty in {', '.join(map(repr, values or []))}")
    return parts


def load(plugins: Optional[list[str]]) -> None:  # noqa: UP045
    """Plug-ins, for commands that do not run anything."""
    if plugins:
        from bench.plugins import load_file

        for path in plugins:
            load_file(path)
