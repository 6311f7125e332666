"""A user's file or folder as a data set, which is run like any other."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from attrs import frozen

from manifolds.base import Array, Dimensions, Manifold
from manifolds.catalogue import register
from manifolds.datasets.reading import LEAST, LoadedPoints, read_points
from manifolds.parameters import flag, text, texts, whole_number


@register("file", source="a file or folder of the user's")
@frozen(kw_only=True)
class UserFile(Manifold):
    """Points of a file of numbers, or a folder of images, of unknown dimension.

    A sample takes some of the distinct rows, or all of them. ``digest`` is that of the points when
    a run was planned: points that have changed since are an error. ``part`` distinguishes samples
    of one run; with a digest it alone does, so that a file gives the same ones at any path.
    """

    path: str | None = text(None, "the file or folder", none=True)
    array: str | None = text(None, "which one of several arrays of a file", none=True)
    digest: str | None = text(None, "hash of the points (None: whatever they are)", none=True)
    header: bool | None = flag(
        None, "whether a text begins with names (None: as it looks)", none=True
    )
    columns: tuple[str, ...] = texts("columns to read: names, numbers, ranges (none: all)")
    drop: tuple[str, ...] = texts("columns to leave out")
    rows: int | None = whole_number(
        None, "distinct rows to draw (None: all)", least=LEAST, none=True
    )
    standardize: bool = flag(False, "bring each column to mean 0 and variance 1")
    label: str | None = text(None, "the folder within, whose images are read", none=True)
    part: int = whole_number(0, "which one of several samples", least=0)

    @property
    def shape(self) -> tuple[int, ...]:  # type: ignore[override]
        """Shape of one point: (D,), or channels, height, width."""
        return self.load().shape

    def load(self) -> LoadedPoints:
        """Load all points; raise ValueError where that fails, or they do not match the digest."""
        if self.path is None:
            raise ValueError("file: it needs the 'path' of a file or folder")
        path = Path(self.path)
        changed = max(
            (inner.stat().st_mtime_ns for inner in (path, *path.rglob("*")) if inner.exists()),
            default=0,
        )
        how = (self.array, self.header, self.columns, self.drop, self.rows, self.standardize)
        loaded = _cached_points(str(path), *how, changed)
        if self.digest is not None and loaded.digest != self.digest:
            raise ValueError(f"{path} has changed since this run was planned")
        return loaded

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions | None]:
        loaded = self.load()
        if self.digest is not None:
            rng = np.random.default_rng([int(self.digest[:15], 16), self.part])
        rows = loaded.distinct
        if self.label is not None:
            rows = rows[[loaded.classes[row] == self.label for row in rows]]
        return loaded.points[np.sort(rng.permutation(rows)[:n])], None


@lru_cache(maxsize=1)
def _cached_points(
    path: str,
    array: str | None,
    header: bool | None,
    columns: tuple[str, ...],
    drop: tuple[str, ...],
    rows: int | None,
    standardize: bool,
    changed: int,
) -> LoadedPoints:
    """Read the points, once as long as nothing has changed."""
    return read_points(
        Path(path), array, header, columns=columns, drop=drop, rows=rows, standardize=standardize
    )
