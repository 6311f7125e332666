"""The command line as users type it, in this process or in one of its own."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
import warnings
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from registries import restored_registries
from typer.testing import CliRunner

from bench.cli import app

ROOT = Path(__file__).parents[2]
PLUGINS = Path(__file__).parent / "plugins"
TROUBLE = str(PLUGINS / "troublesome.py")
HOSTILE = str(PLUGINS / "hostile.py")
HOSTILE_MESSAGES = str(PLUGINS / "hostile_messages.py")
MARK = "BENCH_TEST_MARK"


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "160", **more}


def bench(*arguments, check=0, cwd=ROOT, **more):
    """Run the command in this process, whose modules are imported already; cells have their own.

    Returns its exit code, stdout and stderr; what it changes of the process is changed back.
    """
    before = signal.getsignal(signal.SIGTERM)
    with (
        restored_registries(),
        _warnings_as_of_a_program(),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.chdir(cwd)
        for name, value in environment(**more).items():
            patch.setenv(name, value)
        try:
            result = CliRunner().invoke(app, list(map(str, arguments)), prog_name="python -m bench")
        finally:
            signal.signal(signal.SIGTERM, before)
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    output = CommandOutput(result.exit_code, result.stdout, result.stderr)
    assert output.returncode == check, output.stdout + output.stderr
    return output


@contextlib.contextmanager
def _warnings_as_of_a_program():
    """Print them on stderr, those for programmers left out."""

    def show(message, category, filename, lineno, file=None, line=None):
        sys.stderr.write(warnings.formatwarning(message, category, filename, lineno, line))

    with warnings.catch_warnings():
        warnings.simplefilter("default")
        for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", kind)
        warnings.showwarning = show
        yield


@dataclass(frozen=True)
class CommandOutput:
    """The end of a command, as `subprocess.CompletedProcess`."""

    returncode: int
    stdout: str
    stderr: str


def bench_process(*arguments, check=0, cwd=ROOT, **more):
    """Run the command in a process of its own, for tests of what only a fresh one can show."""
    output = subprocess.run(
        [sys.executable, "-m", "bench", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env=environment(**more),
        timeout=300,
    )
    assert output.returncode == check, output.stdout + output.stderr
    return output


def small(out, plugin, estimators, *more, manifolds="line"):
    """Arguments of a run of 50 points a sample."""
    return (
        "run", "--suite", "euclidean", "--preset", "smoke", "--n", 50, "--out", out,
        "--plugin", plugin, "--manifolds", manifolds, "--estimators", estimators, *more,
    )  # fmt: skip


def rows(out, columns):
    with sqlite3.connect(out / "records.sqlite") as database:
        return database.execute(f"SELECT {columns} FROM records").fetchall()


def heeding_interrupts():
    """As from a terminal, also where the tests themselves run in the background of a shell."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Marked:
    """A run in the background, whose processes have a mark in their environment."""

    def __init__(self, *arguments, **more):
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bench", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(PYTHONUNBUFFERED="1", **{MARK: self.mark}, **more),
            preexec_fn=heeding_interrupts,
        )

    def read_until(self, what):
        """Wait until a line of the output has a text."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if what in line:
                return
        raise AssertionError(f"no line with {what!r}: {self.process.stderr.read()}")

    def processes(self):
        """All processes of this run that are there."""
        results = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark:
                    results.append(process)
            except psutil.Error:
                pass
        return results


def left_behind(mark):
    """Processes that hostile cells have started with this STRAY_MARK in their environment."""
    facts = ["cmdline", "pid", "ppid", "status", "environ", "create_time"]
    until = time.monotonic() + 5
    while True:
        results = [
            process.info
            for process in psutil.process_iter(facts)
            if f"left_behind = '{mark}'" in " ".join(process.info["cmdline"] or [])
        ]
        if not results or time.monotonic() > until:
            return results
        time.sleep(0.2)
