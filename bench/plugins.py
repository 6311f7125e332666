"""Estimators and manifolds of a user's own: from a file, or from the running program."""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import traceback
from pathlib import Path
from typing import Any

import estimators
import manifolds
from manifolds.registry import Entry, Registry

REGISTRIES: dict[str, Registry[Any]] = {
    "estimator": estimators.catalogue.registry,
    "manifold": manifolds.catalogue.registry,
}

PREFIX = "bench_plugin_"


def source_digest(entry: Entry) -> str:
    """Hash of the code of a plug-in file or of a class of the running program, else "".

    These are edited more often than their version is raised.
    """
    name = entry.cls.__module__
    module = sys.modules.get(name)
    if name.startswith(PREFIX) and module is not None and module.__file__:
        code = Path(module.__file__).read_bytes()
    elif name == "__main__":
        try:
            code = inspect.getsource(entry.cls).encode()
        except (OSError, TypeError):
            return ""
    else:
        return ""
    return hashlib.sha256(code).hexdigest()


def load_file(path: str) -> dict[str, list[str]]:
    """Run a Python file that registers estimators or manifolds.

    Returns the names that it added, by kind ("estimator", "manifold"). Raises ValueError where
    the file cannot be read, fails, or registers nothing.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"plug-in {path} is not a file")
    place = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:8]
    name = f"{PREFIX}{file.stem}_{place}"
    before = {kind: set(registry.names()) for kind, registry in REGISTRIES.items()}
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None:
        raise ValueError(f"plug-in {path} is not a Python file")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        line = next(
            (
                f.lineno
                for f in reversed(traceback.extract_tb(error.__traceback__))
                if f.filename == str(file)
            ),
            None,
        )
        where = f"{path}:{line}" if line else path
        raise ValueError(f"plug-in {where}: {type(error).__name__}: {error}") from error
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
