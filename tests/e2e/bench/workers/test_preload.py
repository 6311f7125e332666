import os
import subprocess
import sys

import pytest

from bench.workers import preload

WARM = """
import os, signal, sys
import numpy as np
import estimators
from bench.engine import plan
from bench.suites import schema
from bench.workers import preload

def threads():
    names = [open(f"/proc/self/task/{task}/comm").read().strip()
             for task in os.listdir("/proc/self/task")]
    # The memory allocator of pyarrow has one, and knows what to do at a fork.
    return [name for name in names if not name.startswith("jemalloc")]

before = threads()
cells = plan.build(schema.load("readings"), "smoke") + plan.build(schema.load("euclidean"), "smoke")
names = {cell.estimator_name: cell for cell in cells}
for cell in names.values():
    preload.prepare(cell, "cpu", 2, ["torch"])
left = set(names) - preload.warm
assert left == {name for name in names if estimators.entry(name).gpu}, left
assert len(threads()) == len(before), threads()
if os.fork() == 0:
    signal.alarm(100)
    import torch
    torch.ones(1500, 1500) @ torch.ones(1500, 1500)
    torch.rand(10**6).exp().sum()
    np.ones((1500, 1500)) @ np.ones((1500, 1500))
    os._exit(0)
assert os.wait()[1] == 0
"""


@pytest.mark.slow
def test_warming_up_starts_no_thread_and_leaves_libraries_that_can_fork():
    environment = {**os.environ, "OMP_NUM_THREADS": "2", "MKL_NUM_THREADS": "2",
                   "OPENBLAS_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", WARM], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_modules_that_a_cell_imported_are_named_and_only_installed_ones_imported(
    tmp_path, monkeypatch
):
    (tmp_path / "users_own.py").write_text("raise SystemExit('imported')")
    monkeypatch.syspath_prepend(tmp_path)
    count = len(sys.modules)
    assert preload.imported_since(count) == []
    monkeypatch.delitem(sys.modules, "this", raising=False)
    preload._import(["this", "users_own", "no_such_module", "antigravity.nothing"])
    assert "this" in preload.imported_since(count)
    assert "users_own" not in sys.modules
