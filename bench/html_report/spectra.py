"""Singular values of scores, short enough for a page."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.figures.spectra import Spectra, read_spectra
from bench.html_report.cells import rounded

#: Numbers of single points' spectra in a panel: the median is over all points.
_MOST_NUMBERS = 2000


def spectra(records: pd.DataFrame, folder: Path) -> list[dict[str, Any]]:
    """For each manifold and estimator that kept some: by truth level, the median and some points.

    Values are divided by the largest at their point; the gap stands at ``ambient`` - dimension.
    """
    inside = records[records["arrays"].map(lambda name: _is_inside(folder, name)).astype(bool)]
    return [_panel(found) for found in read_spectra(inside, folder)]


def _is_inside(folder: Path, name: Any) -> bool:
    """Whether a record's arrays are a file of its own store: the store is not trusted."""
    if not isinstance(name, str) or not name:
        return False
    try:
        return (folder / name).resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError):
        return False


def _panel(found: Spectra) -> dict[str, Any]:
    ambient = found.singular_values.shape[1]
    values, groups = found.relative, found.groups
    lines = max(1, _MOST_NUMBERS // (ambient * len(groups)))
    return {
        "title": found.title,
        "sigma": rounded(found.sigma),
        "ambient": ambient,
        "levels": [
            {
                "truth": rounded(level),
                "reading": rounded(found.estimate(level)),
                "agree": int((found.dimension[members] == level).sum()),
                "points": int(members.sum()),
                "median": _short(np.median(values[members], axis=0)),
                "lines": [_short(line) for line in values[members][:lines]],
            }
            for level, members in groups
        ],
    }


def _short(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(v), 4) if math.isfinite(v) else None for v in values]
