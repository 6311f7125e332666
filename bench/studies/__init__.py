"""Studies: questions that are not a table of manifolds and estimators.

Each module has ``run(out, budget, console)``, which writes a CSV and a figure into the folder
``out``; its docstring says the question. ``python -m bench study NAME`` runs one.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from rich.console import Console

from manifolds.registry import nearest


def names() -> list[str]:
    """The studies that there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def run(name: str, out: Path, budget: float, console: Console) -> None:
    """Run a study; ValueError if there is none of that name.

    ``budget`` scales what is trained: 1 is the study as published, less is a quick look.
    """
    if name not in names():
        known = names()
        raise ValueError(f"unknown study {name!r}; {nearest(name, known)}known: {', '.join(known)}")
    out.mkdir(parents=True, exist_ok=True)
    importlib.import_module(f"{__name__}.{name}").run(out, budget, console)
