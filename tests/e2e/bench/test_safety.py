"""No file of a results folder is run, and no name of a suite leaves the output folder."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
from commandline import PLUGINS, ROOT, bench, rows, small

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
    with np.load(tmp_path / arrays, allow_pickle=False) as stored:
        names = list(stored)
    np.savez(tmp_path / arrays, **{name: np.array([Evil()], dtype=object) for name in names})
    for plot in tmp_path.rglob("*.png"):
        plot.unlink()
    output = bench(*run)
    assert EVIL not in output.stdout + output.stderr
    (tmp_path / "running.json").write_bytes(pickle.dumps(Evil()))
    output = bench("status", "--out", tmp_path)
    assert EVIL not in output.stdout + output.stderr


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
