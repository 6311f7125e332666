"""Singular values of scores, few enough for a page."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.figures.spectra_data import Spectra, read_spectra
from bench.html_report.cells import rounded

#: Most numbers of single points' spectra in a panel; the median is over all points.
_MOST_NUMBERS = 2000


def spectra(records: pd.DataFrame, folder: Path) -> list[dict[str, Any]]:
    """Return medians and some points by truth level, of each manifold and estimator with spectra.

    Values are divided by the largest at their point; the gap follows ``ambient`` - dimension.
    """
    return [_panel(panel) for panel in read_spectra(records, folder)]


def _panel(panel: Spectra) -> dict[str, Any]:
    values, groups = panel.relative, panel.groups
    lines = max(1, _MOST_NUMBERS // (panel.ambient * len(groups)))
    return {
        "title": panel.title,
        "sigma": rounded(panel.sigma),
        "ambient": panel.ambient,
        "first": panel.ambient - panel.last + 1,
        "levels": [
            {
                "truth": rounded(level),
                "reading": rounded(panel.estimate(level)),
                "agree": int((panel.dimension[members] == level).sum()),
                "points": int(members.sum()),
                "median": _short(np.median(values[members], axis=0)),
                "lines": [_short(line) for line in values[members][:lines]],
            }
            for level, members in groups
        ],
    }


def _short(values: NDArray[np.float64]) -> list[float | None]:
    return [round(float(v), 4) if math.isfinite(v) else None for v in values]
