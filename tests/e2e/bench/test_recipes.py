"""The commands of CONTRIBUTING.md and README.md work as written."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[3]


def blocks(page, language=""):
    text = (ROOT / page).read_text(encoding="utf-8")
    result = re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S)
    return [code for name, code in result if name == language]


def python(folder, *arguments, seconds):
    """Run Python in a folder, in an empty environment."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=seconds,
    )


@pytest.mark.parametrize(("index", "column"), [(0, "estimator"), (1, "manifold")])
def test_the_recipes_of_contributing_work_as_written(tmp_path, index, column):
    code = blocks("CONTRIBUTING.md", "python")[index]
    assert len([line for line in code.splitlines() if line and "import" not in line]) <= 15
    commands = [c.strip() for c in blocks("CONTRIBUTING.md") if "--plugin" in c]
    words = shlex.split(commands[index])
    plugin = words[words.index("--plugin") + 1]
    (tmp_path / plugin).write_text(code, encoding="utf-8")
    # A manifold is crossed with every estimator; here a few quick ones will do.
    fewer = ["--estimators", "mle-5,twonn"] if column == "manifold" else []
    output = python(tmp_path, *words[1:], *fewer, seconds=120)
    assert output.returncode == 0, output.stderr
    name = re.search(r'register\("(.*?)"', code)
    assert name is not None
    table = pd.read_csv(tmp_path / "results" / "euclidean" / "accuracy.csv")
    own = table[table[column] == name.group(1)]
    assert len(own)
    assert (own["status"] == "ok").all()


def test_the_tests_of_contributing_pass_as_written(tmp_path):
    estimator, manifold, tests = blocks("CONTRIBUTING.md", "python")[:3]
    for name, code in (("correlation_sum", estimator), ("helix", manifold), ("test_mine", tests)):
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
    output = python(
        tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_mine.py", seconds=300
    )
    assert output.returncode == 0, output.stdout
    assert "passed" in output.stdout


# One of them needs Slurm.
RUNNABLE = [code for code in blocks("README.md", "python") if "SLURMCluster" not in code]


@pytest.mark.parametrize("code", RUNNABLE, ids=["run", "score"])
def test_the_python_of_the_readme_works_as_written(tmp_path, code):
    output = python(tmp_path, "-c", code, seconds=120)
    assert output.returncode == 0, output.stderr
    if "bench.run" in code:
        assert (tmp_path / "results" / "euclidean" / "accuracy.csv").exists()
