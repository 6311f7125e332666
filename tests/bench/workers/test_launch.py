import os
import subprocess
import sys
from pathlib import Path

import pytest

import bench
from bench.workers import launch

ROOT = str(Path(bench.__file__).resolve().parents[1])


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A current folder with files that have the names of other modules, and one of its own."""
    for name in ("random", "psutil", "mine"):
        (tmp_path / f"{name}.py").write_text(f"print('planted {name}')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", ".", str(tmp_path)]))
    return tmp_path


def test_the_current_folder_comes_last_and_pythons_own_modules_first(planted, monkeypatch):
    monkeypatch.setattr(sys, "path", ["", str(planted), *sys.path])
    path, last = launch.search_path()
    assert last == [str(planted)]
    assert str(planted) not in path
    assert path.index(os.path.dirname(os.__file__)) < path.index(ROOT)
    assert set(map(os.path.realpath, sys.path)) <= {*map(os.path.realpath, path), str(planted)}


def test_a_worker_imports_no_file_of_the_current_folder_in_place_of_a_module(planted):
    path, last = launch.search_path()
    code = launch.command("checked", path=[*path, str(planted / "modules")])
    (planted / "modules").mkdir()
    (planted / "modules" / "checked.py").write_text(
        f"import random, psutil, sys, bench\nsys.path.extend({[str(planted)]})\nimport mine\n"
        "def main(): print(bench.__file__, sys.argv[1:])"
    )
    done = subprocess.run(
        [*code, "an argument"], capture_output=True, text=True, cwd=planted, check=False
    )
    output = done.stdout.splitlines()
    assert output == ["planted mine", f"{bench.__file__} ['an argument']"], done.stderr
    assert last == []


def test_where_the_current_folder_has_these_packages_workers_use_them(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(sys, "path", ["", *sys.path])
    done = subprocess.run(
        launch.command("bench.workers.probe_of_a_test", path=launch.search_path()[0]),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "No module named 'bench.workers.probe_of_a_test'" in done.stderr
    assert launch.search_path()[0].count(ROOT) == 1
