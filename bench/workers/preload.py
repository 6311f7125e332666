"""Preparation of the process that forks: modules imported, functions compiled, once for all."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import os
import sys
import sysconfig
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import estimators
from bench.cell import Cell

_OWN = ("bench", "estimators", "manifolds")
_INSTALLED = tuple(
    {os.path.realpath(sysconfig.get_path(kind)) for kind in ("stdlib", "purelib", "platlib")}
)
#: Estimators that have warmed up in this process, or in the one that it was forked from.
warm: set[str] = set()


def imported_since(count: int) -> list[str]:
    """Return the names of modules that this process has imported since it had so many.

    The last ones: access to the others would copy memory that is shared with other processes.
    """
    new = list(itertools.islice(reversed(sys.modules), max(0, len(sys.modules) - count)))
    return sorted(name for name in new if getattr(sys.modules[name], "__spec__", None))


def prepare(cell: Cell, device: str, threads: int, modules: Iterable[str]) -> bool:
    """Import and compile what a cell needs; returns whether anything was missing.

    ``modules`` are those that children had to import: imported here, later ones need not.
    """
    before = len(sys.modules), len(warm)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _import(modules)
        _warm_up(cell, device, threads)
    return before != (len(sys.modules), len(warm))


def _import(names: Iterable[str]) -> None:
    """Import those of the modules that are installed: others may have effects for one cell."""
    for name in names:
        if name not in sys.modules and _is_installed(name.partition(".")[0]):
            with suppress(Exception, SystemExit):
                importlib.import_module(name)


def _is_installed(package: str) -> bool:
    if package in _OWN:
        return True
    with suppress(ImportError, ValueError, AttributeError):
        spec = importlib.util.find_spec(package)
        origin = spec and (spec.origin or next(iter(spec.submodule_search_locations or ()), None))
        if origin in ("built-in", "frozen"):
            return True
        return bool(origin) and str(Path(str(origin)).resolve()).startswith(_INSTALLED)
    return False


def _warm_up(cell: Cell, device: str, threads: int) -> None:
    """Have an estimator of this package import and compile what its first fit needs.

    Not an estimator of the user's, which may do anything; nor one that would start threads
    (PyTorch's, where it has more than one, or an accelerator as on macOS) or use the GPU: they
    warm up in each child, as does one that fails here.
    """
    name = cell.estimator_name
    with suppress(Exception, SystemExit):
        entry = estimators.entry(name)
        if name in warm or not entry.cls.__module__.startswith("estimators."):
            return
        if entry.gpu and (device == "cuda" or threads > 1 or sys.platform != "linux"):
            return
        estimator = estimators.get(name, **cell.estimator_arguments)
        if hasattr(estimator, "warm_up"):
            # Before the limit on threads, which holds for libraries that are loaded.
            importlib.import_module("sklearn.neighbors")
            from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

            with threadpool_limits(1):
                estimator.warm_up()
        warm.add(name)
