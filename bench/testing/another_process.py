"""A manifold's sample, drawn in a process of its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from typing import Any

import cloudpickle

# It imports what the manifold needs, and no more.
_DRAW = """
import pickle, sys
manifold, n, seed = pickle.loads(sys.stdin.buffer.read())
sample = manifold.sample(n, seed)
pickle.dump((sample.points, sample.dimension), sys.stdout.buffer)
"""


def drawn_in_another_process(manifold: Any, n: int, seed: int) -> tuple[Any, Any]:
    """Points and dimensions of ``manifold.sample(n, seed)``, from a fresh interpreter.

    Strings have other hashes there. The manifold's class may be one of a notebook or of a plug-in
    file. Raises RuntimeError with the last words of a process that failed.
    """
    hashes = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    ran = subprocess.run(
        [sys.executable, "-c", _DRAW],
        input=_pickled(manifold, n, seed),
        capture_output=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in (os.getcwd(), *sys.path) if path),
            "PYTHONHASHSEED": hashes,
        },
        check=False,
    )
    if ran.returncode:
        said = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RuntimeError(f"another process failed: {said}")
    points, dimension = cloudpickle.loads(ran.stdout)
    return points, dimension


def _pickled(manifold: Any, n: int, seed: int) -> bytes:
    """By name where another process finds the class's module, else with its code."""
    module = sys.modules.get(type(manifold).__module__)
    by_value = module is not None and module.__name__ != "__main__" and not _found(module.__name__)
    if by_value:
        cloudpickle.register_pickle_by_value(module)
    try:
        code: bytes = cloudpickle.dumps((manifold, n, seed))
        return code
    finally:
        if by_value:
            cloudpickle.unregister_pickle_by_value(module)


def _found(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
