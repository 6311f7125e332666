"""Estimators and manifolds of a user's own: from a file, or from the running program."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from typing import Any

import estimators
import manifolds
from manifolds.registry import Registry

REGISTRIES: dict[str, Registry[Any]] = {
    "estimator": estimators.catalogue.registry,
    "manifold": manifolds.catalogue.registry,
}


def load_file(path: str) -> dict[str, list[str]]:
    """Run a Python file that registers estimators or manifolds.

    Returns the names that it added, by kind ("estimator", "manifold"). Raises ValueError where
    the file cannot be read, fails, or registers nothing.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"plug-in {path} is not a file")
    name = f"bench_plugin_{file.stem}"
    before = {kind: set(registry.names()) for kind, registry in REGISTRIES.items()}
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None:
        raise ValueError(f"plug-in {path} is not a Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        line = next(
            (
                f.lineno
                for f in reversed(traceback.extract_tb(error.__traceback__))
                if f.filename == str(file)
            ),
            None,
        )
        place = f"{path}:{line}" if line else path
        raise ValueError(f"plug-in {place}: {type(error).__name__}: {error}") from error
    added = {
        kind: [
            entry.name
            for entry in registry.entries()
            if entry.name not in before[kind] or entry.cls.__module__ == name
        ]
        for kind, registry in REGISTRIES.items()
    }
    if not any(added.values()):
        raise ValueError(
            f"plug-in {path} registers nothing; use @estimators.register(...) or "
            "@manifolds.register(...) on a class in it"
        )
    return added
