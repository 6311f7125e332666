"""What a fit or a sample must leave as it was: random states and settings of the whole process."""

from __future__ import annotations

import contextlib
import random
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from bench.testing.checks import require


def _numpy_state() -> tuple[Any, ...]:
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return kind, np.asarray(keys).tobytes(), *rest


def states() -> dict[str, Any]:
    """Values to compare, by what they are."""
    return {
        "numpy's global random state": _numpy_state(),
        "the random state of the module random": random.getstate(),
        "numpy's error handling (np.seterr)": np.geterr(),
        "the filters of warnings": list(warnings.filters),
    }


@contextlib.contextmanager
def unchanged(action: str) -> Iterator[None]:
    """AssertionError where the block changes one of the states; they are set back.

    They start as nobody leaves them, so that one who always sets the same is found.
    """
    with globally_seeded(271828), np.errstate(all="warn"), warnings.catch_warnings():
        # In front of the filters of others; underflow is no news, and numpy does not tell it.
        warnings.filterwarnings("ignore", message="underflow encountered")
        before = states()
        yield
        after = states()
    changed = [what for what, state in before.items() if state != after[what]]
    require(not changed, f"{action} changed {' and '.join(changed)}", "all of them left alone")


@contextlib.contextmanager
def globally_seeded(seed: int) -> Iterator[None]:
    """Global random states from a seed within the block, and as they were after it."""
    generator, state = np.random.get_state(), random.getstate()  # noqa: NPY002
    np.random.seed(seed)  # noqa: NPY002
    random.seed(seed)
    try:
        yield
    finally:
        np.random.set_state(generator)  # noqa: NPY002
        random.setstate(state)
