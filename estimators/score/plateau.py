"""A dimension from a curve over noise levels: read where it is flattest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from estimators.base import Array

#: Levels side by side that make a plateau.
WINDOW = 3


@dataclass(frozen=True)
class Plateau:
    """What is read of m curves, all (m,): dimensions, rows of the levels, confidence."""

    dimension: Array
    level: NDArray[np.int64]
    confidence: Array


def plateau(curves: Array, trusted: NDArray[np.bool_]) -> Plateau:
    """Read each of m curves (S, m) where it changes least over ``WINDOW`` trusted levels.

    The dimension is the median there. A curve of dimension against scale is flat where the scale
    is below that of curvature and above that of noise or of what was not learned; how flat, in
    proportion to the dimension, is the confidence.
    """
    rows = np.flatnonzero(trusted)
    window = min(WINDOW, len(rows))
    windows = np.lib.stride_tricks.sliding_window_view(curves[rows], window, axis=0)
    spread = np.ptp(windows, axis=-1) / np.maximum(1, np.abs(windows.mean(-1)))
    best = spread.argmin(0)
    columns = np.arange(curves.shape[1])
    return Plateau(
        dimension=np.median(windows[best, columns], axis=-1),
        level=rows[best + window // 2],
        confidence=np.clip(1 - spread[best, columns], 0, 1),
    )
