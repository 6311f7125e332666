"""A package of a third party: installed by pip, loaded by its entry points, run like any other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
EXAMPLE = ROOT / "tests" / "bench" / "example_package"


def install(package, target):
    """A real installation, without the network: what it is built with is here."""
    options = ("--no-index", "--no-deps", "--no-build-isolation", "--no-compile", "--quiet")
    return called("pip", "install", *options, "--target", target, package, cwd=target.parent)


def called(module, *arguments, cwd, path=(), check=0):
    """``python -m module`` in another process; packages are looked for in ``path``, too."""
    output = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (*path, ROOT))),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "COLUMNS": "160",
        },
        timeout=300,
    )
    assert output.returncode == check, output.stdout + output.stderr
    return output


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder that the example is installed in, and nothing else."""
    place = tmp_path_factory.mktemp("example")
    # What building it leaves behind is left in the copy.
    package = shutil.copytree(EXAMPLE, place / "package")
    install(package, place / "site")
    return place / "site"


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """As ``installed``; its estimator cannot be imported."""
    place = tmp_path_factory.mktemp("broken")
    package = shutil.copytree(EXAMPLE, place / "package")
    (package / "src/idbench_example/packing.py").write_text("import a_library_that_is_not_there\n")
    install(package, place / "site")
    return place / "site"


def test_its_estimator_and_its_manifold_are_listed_and_shown(installed, tmp_path):
    listed = called("bench", "list", "estimators", cwd=tmp_path, path=[installed]).stdout
    assert "packing" in listed
    assert "twonn" in listed
    shown = called("bench", "show", "packing", cwd=tmp_path, path=[installed]).stdout
    assert "Kegl 2002" in shown
    assert "cannot pass    check_permutation: which points are packed depends on" in shown
    assert "low = 0.01" in shown
    assert (
        "torus-knot" in called("bench", "list", "manifolds", cwd=tmp_path, path=[installed]).stdout
    )


def test_a_run_measures_both_in_worker_processes(installed, tmp_path):
    called(
        "bench", "run", "--suite", "euclidean", "--preset", "smoke", "--n", 300,
        "--manifolds", "torus-knot,line", "--estimators", "packing,twonn",
        "--out", tmp_path / "run", cwd=tmp_path, path=[installed],
    )  # fmt: skip
    import pandas as pd

    rows = pd.read_csv(tmp_path / "run" / "accuracy.csv")
    assert set(zip(rows.manifold, rows.estimator, strict=True)) == {
        (manifold, estimator)
        for manifold in ("torus-knot", "line")
        for estimator in ("packing", "twonn")
    }
    knot = rows[rows.manifold == "torus-knot"]
    assert (knot.truth == 1).all()
    assert knot.estimate.between(0.8, 1.3).all()


def test_its_own_tests_pass(installed, tmp_path):
    shutil.copytree(EXAMPLE / "tests", tmp_path / "tests")
    done = called("pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=tmp_path, path=[installed])
    assert "1 xfailed" in done.stdout
    assert "failed," not in done.stdout
    # Two subjects: a test for each of their checks.
    assert int(done.stdout.rpartition(" passed")[0].split()[-1]) > 35


def test_a_package_that_cannot_be_imported_is_warned_of_and_the_others_work(broken, tmp_path):
    ran = called(
        "bench", "run", "--suite", "euclidean", "--preset", "smoke", "--n", 300,
        "--manifolds", "torus-knot", "--estimators", "twonn", "--out", tmp_path / "run",
        cwd=tmp_path, path=[broken],
    )  # fmt: skip
    assert (
        "the estimator plug-in 'idbench_example.packing' could not be loaded: "
        "ModuleNotFoundError: No module named 'a_library_that_is_not_there'" in ran.stderr
    )
    assert "torus-knot" in (tmp_path / "run" / "accuracy.csv").read_text()
    without = called("bench", "show", "packing", cwd=tmp_path, path=[broken], check=2)
    assert "error: there is no suite, manifold or estimator 'packing'" in without.stderr
