"""Names and texts from elsewhere pass through commands, and cannot control a terminal."""

import os
import subprocess
import sys

import numpy as np
from commandline import environment

NAME = b"esc\x1b]0;owned\x07 $x_{$ [red]caf\xe9.npy"


def test_a_file_of_any_name_is_estimated(tmp_path):
    path = os.fsencode(tmp_path) + b"/" + NAME
    with open(path, "wb") as file:
        np.save(file, np.random.default_rng(0).random((60, 4)))
    command = [sys.executable, "-m", "bench", "estimate", path, "--estimators", "twonn"]
    output = subprocess.run(
        [*command, "--halves", "0", "--jobs", "1"],
        capture_output=True,
        cwd=tmp_path,
        env=environment(),
        timeout=300,
    )
    text = (output.stdout + output.stderr).decode("utf-8")
    assert output.returncode == 0, text
    assert "\x1b" not in text
    assert "caf\\udce9.npy: 60 points" in text
    results = os.fsencode(tmp_path) + b"/results/estimate-" + NAME
    assert {b"estimate.csv", b"estimate.png", b"estimate.json"} <= set(os.listdir(results))
