"""Times that users feel. Printed, never asserted: run by ``tox -e bench``."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.benchmark

COMMAND = [sys.executable, "-m", "bench"]


def quiet(*arguments):
    subprocess.run([*COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["list", "suites"], ["list", "manifolds"], ["list", "estimators"]],
    ids=" ".join,
)
def test_start(benchmark, arguments):
    benchmark.pedantic(quiet, args=arguments, rounds=9, warmup_rounds=1)


class Watched:
    """A run that is timed to its first row and its end, with the memory of all its processes."""

    def __init__(self, *arguments):
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
            f"peak of all processes {self.peak / 2**30:.2f} GiB"
        )


@pytest.mark.parametrize("preset", ["smoke", "quick"])
def test_suite(preset, tmp_path: Path, capsys):
    arguments = ("run", "--suite", "euclidean", "--preset", preset, "--out", str(tmp_path))
    first = Watched(*arguments)
    start = time.perf_counter()
    quiet(*arguments)
    again = time.perf_counter() - start
    with capsys.disabled():
        print(f"\n{preset} preset: {first}; finished suite again: {again:.1f} s")
