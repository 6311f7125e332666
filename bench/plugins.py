"""Estimators and manifolds of a user's own: from a file, or from the running program."""

from __future__ import annotations

import hashlib
import inspect
import linecache
import sys
import traceback
import types
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
    """Return a hash of the code of a plug-in file or class of the running program, else "".

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

    Returns the names that it added, by kind ("estimator", "manifold"). Raises ValueError if the
    file cannot be read, fails, or registers nothing.
    """
    return load_source(path, read_source(path))


def read_source(path: str) -> str:
    """Return the text of a plug-in; ValueError if there is none."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (IsADirectoryError, FileNotFoundError, NotADirectoryError):
        raise ValueError(f"plug-in {path} is not a file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"plug-in {path} cannot be read: {error}") from None


def load_source(path: str, source: str) -> dict[str, list[str]]:
    """Run the text of a plug-in, which may come from another machine; as ``load_file``."""
    file = Path(path).resolve()
    digest = hashlib.sha256(str(file).encode()).hexdigest()[:8]
    name = f"{PREFIX}{file.stem}_{digest}"
    before = {kind: set(registry.names()) for kind, registry in REGISTRIES.items()}
    module = types.ModuleType(name)
    module.__file__ = str(file)
    sys.modules[name] = module
    try:
        exec(compile(source, path, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == path]
        line = lines[-1] if lines else getattr(error, "lineno", None)
        where = f"{path}:{line}" if line else path
        raise ValueError(f"plug-in {where}: {type(error).__name__}: {error}") from error
    # Tracebacks show its lines on a machine that does not have the file, too.
    linecache.cache[path] = (len(source), None, source.splitlines(keepends=True), path)
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
