"""Times that users feel. Printed, never asserted: run by ``tox -e bench``.

Of the whole suite it is the smoke preset that is run, or that in ``$BENCH_PRESET``. Limit of the
issue: both cores busy for 85 % of the quick one.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.benchmark

PRESET = os.environ.get("BENCH_PRESET") or "smoke"
JOBS = 2
CHILDREN = ("children_user", "children_system")
COMMAND = [sys.executable, "-m", "bench"]


def quiet(*arguments):
    subprocess.run([*COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.benchmark(group="start")
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list", "suites"], ["list", "manifolds"], ["list", "estimators"]],
    ids=" ".join,
)
def test_start(benchmark, arguments):
    benchmark.extra_info["command"] = " ".join(arguments)
    benchmark.pedantic(quiet, args=arguments, rounds=9, warmup_rounds=1)


class Watched:
    """A run that is timed to its first row and its end, with the memory of all its processes.

    ``busy`` is the part of the time that ``JOBS`` cores were.
    """

    def __init__(self, *arguments):
        before = os.times()
        start = time.perf_counter()
        self.peak = 0
        self.first_row = None
        process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True)
        watcher = threading.Thread(target=self._watch, args=(psutil.Process(process.pid),))
        watcher.start()
        assert process.stdout is not None
        for line in process.stdout:
            if self.first_row is None and line.startswith("[1/"):
                self.first_row = time.perf_counter() - start
        assert process.wait() == 0
        watcher.join()
        self.seconds = time.perf_counter() - start
        # Of the run and of all that it waited for, workers included.
        after = os.times()
        user, system = (getattr(after, what) - getattr(before, what) for what in CHILDREN)
        self.busy = (user + system) / (JOBS * self.seconds)

    def _watch(self, process):
        while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            total = 0
            try:
                for one in [process, *process.children(recursive=True)]:
                    total += one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            self.peak = max(self.peak, total)
            time.sleep(0.2)

    def __str__(self):
        return (
            f"{self.seconds:.1f} s, first row after {self.first_row:.1f} s, "
            f"peak of all processes {self.peak / 2**30:.2f} GiB, {JOBS} cores busy for "
            f"{self.busy:.0%}"
        )


def test_suite(tmp_path: Path, monkeypatch, capsys):
    # With the trainings of score models, which the user's cache may have.
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache"))
    suite = ("run", "--suite", "euclidean", "--preset", PRESET, "--jobs", str(JOBS))
    arguments = (*suite, "--out", str(tmp_path / "out"))
    first = Watched(*arguments)
    start = time.perf_counter()
    quiet(*arguments)
    again = time.perf_counter() - start
    with capsys.disabled():
        print(f"\n{PRESET} preset: {first}; finished suite again: {again:.1f} s")
