"""Late import of scikit-dimension, without its output and warnings.

Importing it takes seconds and sets a global filter that hides every later warning; its classes
divide by zero where points tie, which the callers check.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from estimators.base import Estimator


@contextlib.contextmanager
def scikit_dimension() -> Iterator[Any]:
    """Yield the module ``skdim.id``, within a block that suppresses its output and warnings."""
    with (
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
        contextlib.redirect_stdout(io.StringIO()),
    ):
        import skdim.id

        warnings.simplefilter("ignore")
        yield skdim.id


class UsesScikitDimension(Estimator):
    """Base of the estimators that call scikit-dimension."""

    def warm_up(self) -> None:
        with scikit_dimension():
            pass


class UsesCompiledCode(UsesScikitDimension):
    """Base of those of them that numba compiles in part, at the first fit."""

    def warm_up(self) -> None:
        self.fit(np.random.default_rng(0).standard_normal((50, 3)))
