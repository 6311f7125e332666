"""How a worker's processes are started: with what command, path of imports and environment."""

from __future__ import annotations

import os
import sys
import sysconfig
from pathlib import Path

import bench

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    # Else torch.compile keeps a pool of processes.
    "TORCHINDUCTOR_COMPILE_THREADS",
)
#: A variable that all processes of a worker have, whoever their parent has become.
MARK = "BENCH_WORKER"


def command(module: str, *arguments: object, path: list[str] | None = None) -> list[str]:
    """Run the main function of a module with this path of imports, and no other folder on it."""
    code = (
        "import sys; sys.path[:] = sys.argv.pop(1).split(sys.argv.pop(1)); "
        f"import {module} as module; module.main()"
    )
    found = os.pathsep.join(sys.path if path is None else path)
    return [sys.executable, "-c", code, found, os.pathsep, *map(str, arguments)]


def search_path() -> tuple[list[str], list[str]]:
    """Where workers look for modules, and where they look last.

    Python's own modules come first, then these packages, as they are here. The current folder, if
    it is on the path here, comes last: a file of the user's takes the place of no other module.
    """
    here, root = os.path.realpath(os.curdir), str(Path(bench.__file__).resolve().parents[1])
    paths = list(dict.fromkeys(os.path.abspath(path) for path in sys.path))
    own = os.path.realpath(sysconfig.get_path("stdlib"))
    python, others, last = [], [], []
    for path in paths:
        real = os.path.realpath(path)
        if real == here:
            last.append(path)
        elif path.endswith(".zip") or (real.startswith(own) and "-packages" not in real):
            python.append(path)
        elif real != root:
            others.append(path)
    return [*python, root, *others], last


def environment(path: list[str], device: str, threads: int, mark: str) -> dict[str, str]:
    """Variables of a worker; without the device "cuda" it sees no GPU."""
    found = {
        **os.environ,
        **dict.fromkeys(_THREAD_VARIABLES, str(threads)),
        "PYTHONPATH": os.pathsep.join(path),
        MARK: mark,
        # Else asking whether there is a GPU would spoil it for processes that are forked later.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    }
    if device != "cuda":
        found["CUDA_VISIBLE_DEVICES"] = ""
    return found
