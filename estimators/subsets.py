"""Subsets of a sample, for estimators that are too slow to read all of it."""

from __future__ import annotations

import numpy as np

from estimators.base import Array, Indices


def chosen_rows(n: int, limit: int | None, random_state: int) -> Indices:
    """Row numbers of at most ``limit`` of ``n`` points, drawn without replacement, in order."""
    if limit is None or limit >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(random_state).choice(n, limit, replace=False))


def chosen_points(points: Array, limit: int | None, random_state: int) -> Array:
    """At most ``limit`` of the points (n, D), drawn without replacement."""
    rows = chosen_rows(len(points), limit, random_state)
    return points if len(rows) == len(points) else points[rows]
