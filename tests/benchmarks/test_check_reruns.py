"""Alarms of unchanged reruns, and of fits that take 1.5 times as long.

BENCH_RERUNS is the number of reruns; each is the whole suite that continuous integration runs.
BENCH_BASELINE may name a baseline of this machine; else one is saved first.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).parents[2]
SLOW = """
        start = time.process_time()
        try:
            estimate = self.estimate(used)
            until = time.process_time() + 0.5 * (time.process_time() - start)
            while time.process_time() < until:
                pass
"""
FAST = """
        try:
            estimate = self.estimate(used)
"""


def bench(tree, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "bench", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
    )


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A baseline of this machine."""
    if "BENCH_BASELINE" in os.environ:
        return Path(os.environ["BENCH_BASELINE"]).resolve()
    folder = tmp_path_factory.mktemp("reruns")
    output = bench(ROOT, "baseline", "save", "--to", folder / "ci.json", "--out", folder / "saved")
    assert output.returncode == 0, output.stdout + output.stderr
    return folder / "ci.json"


def alarms(out):
    cases = ElementTree.parse(out / "check.xml").getroot().iter("testcase")
    return [
        f"{case.get('classname')} {case.get('name')}: {case.find('failure').get('message')}"
        for case in cases
        if case.find("failure") is not None
    ]


def test_unchanged_reruns(saved, tmp_path):
    reruns, seconds, result, logs = int(os.environ.get("BENCH_RERUNS", "3")), [], [], []
    for rerun in range(reruns):
        start = time.perf_counter()
        output = bench(ROOT, "check", "--baseline", saved, "--out", tmp_path / "run")
        seconds.append(time.perf_counter() - start)
        assert output.returncode in (0, 1), output.stdout + output.stderr
        raised = alarms(tmp_path / "run")
        result += raised
        logs.append({"seconds": round(seconds[-1], 1), "alarms": raised})
        print(
            f"\nrerun {rerun + 1}: {seconds[-1]:.0f} s, {len(raised)} alarms {raised}", flush=True
        )
    print(
        f"\n{reruns} unchanged reruns: {len(result)} alarms; "
        f"median {statistics.median(seconds):.0f} s"
    )
    if "BENCH_FIGURES" in os.environ:
        Path(os.environ["BENCH_FIGURES"], "reruns.json").write_text(json.dumps(logs, indent=1))


def test_every_fit_takes_half_as_long_again(saved, tmp_path):
    for package in ("bench", "estimators", "manifolds"):
        shutil.copytree(ROOT / package, tmp_path / package)
    file = tmp_path / "estimators" / "base.py"
    code = file.read_text()
    assert FAST in code
    file.write_text(
        code.replace(FAST, SLOW).replace("import inspect", "import inspect\nimport time")
    )
    output = bench(tmp_path, "check", "--baseline", saved, "--out", tmp_path / "run")
    raised = alarms(tmp_path / "run")
    print(f"\nfits 1.5 times as long: {len(raised)} alarms, {output.stdout.count('slower')} slower")
    print("\n".join(raised))
