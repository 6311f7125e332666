"""The process of a check: its global state, and a second process."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import random
import subprocess
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import cloudpickle
import numpy as np

from bench.testing.checks import assert_that


def _numpy_state() -> tuple[Any, ...]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return kind, np.asarray(keys).tobytes(), *rest


def process_state() -> dict[str, Any]:
    """Return the values to compare, by their names."""
    return {
        "numpy's global random state": _numpy_state(),
        "the random state of the module random": random.getstate(),
        "numpy's error handling (np.seterr)": np.geterr(),
        "the filters of warnings": list(warnings.filters),
    }


@contextlib.contextmanager
def assert_state_unchanged(action: str) -> Iterator[None]:
    """Raise AssertionError where the block changes one of the states; they are set back.

    They start at unusual values, so that a change to usual ones is detected.
    """
    with global_seed(271828), np.errstate(all="warn"), warnings.catch_warnings():
        # Before other filters; underflow is ignored, as by numpy's default.
        warnings.filterwarnings("ignore", message="underflow encountered")
        before = process_state()
        yield
        after = process_state()
    changed = [what for what, state in before.items() if state != after[what]]
    assert_that(not changed, f"{action} changed {' and '.join(changed)}", "all of them left alone")


@contextlib.contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Set global random states from a seed within the block, and restore them after it."""
    generator, state = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(generator)  # noqa: NPY002
        random.setstate(state)


# It imports what the manifold needs, and no more.
_DRAW = """
import pickle, sys
manifold, n, seed = pickle.loads(sys.stdin.buffer.read())
sample = manifold.sample(n, seed)
pickle.dump((sample.points, sample.dimension), sys.stdout.buffer)
"""


def sample_in_another_process(manifold: Any, n: int, seed: int) -> tuple[Any, Any]:
    """Return points and dimensions of ``manifold.sample(n, seed)`` from a new interpreter.

    Strings have other hashes there. The manifold's class may be one of a notebook or of a plug-in
    file. Raises RuntimeError with the last line of a process that failed.
    """
    hashes = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    ran = subprocess.run(
        [sys.executable, "-c", _DRAW],
        input=_pickle(manifold, n, seed),
        capture_output=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(path for path in (os.getcwd(), *sys.path) if path),
            "PYTHONHASHSEED": hashes,
        },
        check=False,
    )
    if ran.returncode:
        line = ran.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise RuntimeError(f"another process failed: {line}")
    points, dimension = cloudpickle.loads(ran.stdout)
    return points, dimension


def _pickle(manifold: Any, n: int, seed: int) -> bytes:
    """Pickle the class by name where another process can import its module, else with its code."""
    module = sys.modules.get(type(manifold).__module__)
    by_value = (
        module is not None and module.__name__ != "__main__" and not _is_importable(module.__name__)
    )
    if by_value:
        cloudpickle.register_pickle_by_value(module)
    try:
        code: bytes = cloudpickle.dumps((manifold, n, seed))
        return code
    finally:
        if by_value:
            cloudpickle.unregister_pickle_by_value(module)


def _is_importable(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):
        return False
