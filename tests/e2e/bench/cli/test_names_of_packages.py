"""Commands in a folder that has packages of the user's with the names of ours."""

import subprocess
import sys

import pytest
from commandline import ROOT, environment

RUN = ("run --suite euclidean --preset smoke --manifolds line --estimators twonn --n 60 --jobs 1 "
       "--out out").split()  # fmt: skip
#: As pip writes it for the installed program.
PROGRAM = "import sys\nfrom bench.cli import main\nsys.exit(main())\n"


def python(*arguments, cwd, **more):
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, timeout=300
    )


def package(folder, name):
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text("raise RuntimeError('a package of the user')")
    return folder


@pytest.fixture
def program(tmp_path):
    (tmp_path / "bin").mkdir()
    path = tmp_path / "bin" / "id-bench"
    path.write_text(PROGRAM)
    return path


@pytest.mark.parametrize("name", ["estimators", "manifolds"])
def test_python_m_bench_runs_beside_a_package_of_that_name(tmp_path, name):
    folder = package(tmp_path / "mine", name)
    done = python("-m", "bench", *RUN, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 to run" in done.stdout


def test_the_program_runs_beside_packages_of_all_names(tmp_path, program):
    for name in ("bench", "estimators", "manifolds"):
        folder = package(tmp_path / "mine", name)
    done = python(program, *RUN, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 to run" in done.stdout


@pytest.mark.parametrize("name", ["estimators", "manifolds"])
def test_another_package_that_is_imported_is_named(tmp_path, program, name):
    folder = package(tmp_path / "mine", name)
    done = python(program, *RUN, cwd=tmp_path, PYTHONPATH=f"{folder}:{ROOT}")
    assert done.returncode == 1
    assert f"bench needs its own package '{name}', in {ROOT / name}" in done.stderr
    assert str(folder / name / "__init__.py") in done.stderr
    assert "Traceback" not in done.stderr
    done = python("-c", "import bench; bench.run()", cwd=folder)
    error = f"ImportError: bench needs its own package '{name}'"
    assert done.stderr.splitlines()[-1].startswith(error)
