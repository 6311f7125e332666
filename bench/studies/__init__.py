"""Studies: questions that are not a table of manifolds and estimators.

The modules ``NAMES`` have ``run(out, budget, console)``, which writes a CSV and a figure into the
folder ``out``; their docstrings state the question. ``python -m bench study NAME`` runs one, and
``python -m bench autoencoder`` validates a dimension with an autoencoder.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

NAMES = ("ablation", "compute")


def run(name: str, out: Path, budget: float, console: Console) -> None:
    """Run a study; ValueError if there is none of that name.

    ``budget`` scales what is trained: 1 is the study as published, less is a quick look.
    """
    from manifolds.registry import nearest

    if name not in NAMES:
        hint = nearest(name, NAMES)
        raise ValueError(f"unknown study {name!r}; {hint}known: {', '.join(NAMES)}")
    out.mkdir(parents=True, exist_ok=True)
    importlib.import_module(f"{__name__}.{name}").run(out, budget, console)
