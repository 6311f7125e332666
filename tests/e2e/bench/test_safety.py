"""Nothing that lies in a results folder is run, and no name of a suite leaves the output folder."""

import pickle
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from commandline import PLUGINS, ROOT, bench, rows, small

from bench.suites import schema

EVIL = "evil was here"


class Evil:
    def __reduce__(self):
        return print, (EVIL,)


def test_a_results_folder_with_pickles_in_it_runs_none_of_them(tmp_path):
    run = (
        "run", "--suite", "euclidean", "--preset", "smoke", "--n", 200, "--manifolds", "line",
        "--estimators", "score-svd", "--out", tmp_path,
    )  # fmt: skip
    bench(*run)
    ((arrays,),) = rows(tmp_path, "arrays")
    with np.load(tmp_path / arrays, allow_pickle=False) as kept:
        names = list(kept)
    np.savez(tmp_path / arrays, **{name: np.array([Evil()], dtype=object) for name in names})
    for plot in tmp_path.rglob("*.png"):
        plot.unlink()
    said = bench(*run)
    assert EVIL not in said.stdout + said.stderr
    (tmp_path / "running.json").write_bytes(pickle.dumps(Evil()))
    said = bench("status", "--out", tmp_path)
    assert EVIL not in said.stdout + said.stderr


@pytest.mark.parametrize("package", ["bench", "estimators", "manifolds"])
def test_no_module_reads_pickles_from_files(package):
    """What a coordinator sends to workers of its own goes through cloudpickle, over a pipe."""
    for path in (ROOT / package).rglob("*.py"):
        text = path.read_text()
        assert not re.search(r"pickle\.load\(|joblib\.load|read_pickle", text), path
        for call in re.findall(r"(?<!safetensors\.)torch\.load\([^)]*\)", text):
            assert "weights_only=True" in call, (path, call)
        for call in re.findall(r"np\.load\([^)]*\)", text):
            assert "allow_pickle=False" in call, (path, call)


@pytest.mark.parametrize("name", ["../line", "/tmp/line", "..", ".hidden", "a/b", "a\\\\b", ""])
@pytest.mark.parametrize("table", ["manifolds", "estimators"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path, table, name):
    text = (ROOT / "bench" / "suites" / "readings.toml").read_text()
    first = re.search(rf'\[{table}\.("?)([^\]"]+)\1\]', text)
    path = tmp_path / "own.toml"
    path.write_text(text.replace(first.group(0), f'[{table}."{name}"]', 1))
    with pytest.raises(ValueError, match="letters, digits"):
        schema.load(str(path))


def test_a_name_of_a_suite_that_could_leave_the_folder_is_refused(tmp_path):
    text = (ROOT / "bench" / "suites" / "readings.toml").read_text()
    path = tmp_path / "own.toml"
    path.write_text(f'name = "../../away"\n{text}')
    with pytest.raises(ValueError, match="letters, digits"):
        schema.load(str(path))


def test_a_run_writes_only_into_its_folder(tmp_path):
    out = tmp_path / "out"
    bench(*small(out, PLUGINS / "steady.py", "steady"), cwd=tmp_path)
    assert {path.name for path in Path(tmp_path).iterdir()} == {"out"}


def test_a_run_from_a_folder_with_files_named_like_modules_imports_none_of_them(tmp_path):
    for name in ("queue", "selectors", "random", "psutil"):
        (tmp_path / f"{name}.py").write_text("open('imported', 'w').close()")
    run = small(tmp_path / "out", PLUGINS / "steady.py", "steady")
    done = subprocess.run(
        [sys.executable, "-c", "import sys; sys.path[:] = sys.argv.pop(1).split('|'); "
         "from bench.cli import main; main()", "|".join([str(ROOT), *filter(None, sys.path)]),
         *map(str, run)],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "imported").exists()
    assert rows(tmp_path / "out", "status") == [("ok",)]
