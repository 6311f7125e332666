"""Names and texts from elsewhere pass through commands, and cannot speak to a terminal."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from commandline import ROOT, environment
from rich.table import Table

from bench.cli.console import Terminal
from bench.cli.options import echo
from bench.plugins import read_source
from bench.regression.baseline import load

NAME = b"esc\x1b]0;owned\x07 $x_{$ [red]caf\xe9.npy"


def test_what_is_printed_has_its_control_characters_written_out(capsys):
    echo("one\x1b[2J\ntwo", err=True)
    assert capsys.readouterr().err == "one\\x1b[2J\ntwo\n"
    console = Terminal(file=io.StringIO(), width=100)
    console.print("[bold]name\x9b31m", "\u202e", markup=False)
    console.print(Table("estimator"))
    assert console.file.getvalue().startswith("[bold]name\\x9b31m \\u202e\n")


def test_a_file_of_any_name_is_estimated(tmp_path):
    path = os.fsencode(tmp_path) + b"/" + NAME
    with open(path, "wb") as file:
        np.save(file, np.random.default_rng(0).random((60, 4)))
    command = [sys.executable, "-m", "bench", "estimate", path, "--estimators", "twonn"]
    found = subprocess.run(
        [*command, "--halves", "0", "--jobs", "1"],
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        timeout=300,
    )
    said = (found.stdout + found.stderr).decode("utf-8")
    assert found.returncode == 0, said
    assert "\x1b" not in said
    assert "caf\\udce9.npy: 60 points" in said
    results = os.fsencode(tmp_path) + b"/results/estimate-" + NAME
    assert {b"estimate.csv", b"estimate.png", b"estimate.json"} <= set(os.listdir(results))


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_no_part_of_a_plugin_or_a_baseline(tmp_path, mark):
    plugin, baseline = tmp_path / "plugin.py", tmp_path / "baseline.json"
    plugin.write_text(f"{mark}x = 1\n", encoding="utf-8")
    assert read_source(str(plugin)) == "x = 1\n"
    whole = (ROOT / "results" / "baselines" / "ci.json").read_text(encoding="utf-8")
    baseline.write_text(mark + whole, encoding="utf-8")
    assert load(baseline).suite == "ci"
