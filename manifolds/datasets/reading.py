"""Points from a user's files: a folder of images, or a file of numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manifolds.base import Array
from manifolds.datasets import archives
from manifolds.datasets.columns import matrix_of_pairs, no_coordinates, select_columns
from manifolds.datasets.errors import file_errors
from manifolds.datasets.image_folder import read_folder
from manifolds.datasets.tables import PARQUET, TEXTS, file_ending, read_table

#: Endings of the files that are read.
FILES = (*archives.ENDINGS[:2], *TEXTS, PARQUET, *archives.ENDINGS[2:])
#: Distinct rows below which nothing is estimated.
LEAST = 20
#: Beyond these, squares and products of squared distances leave the range of floating point.
SMALLEST, LARGEST = 1e-70, 1e70
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class LoadedPoints:
    """Points (n, D) float64, and the shape of one: (D,), or channels, height, width of images.

    ``names`` are those of the images' files, none for a table; ``columns`` are the names of a
    table's columns, if any; ``notes`` say what was left out. ``rows`` (n,) are the row numbers of
    the points in the file, where only some were read.
    """

    points: Array
    shape: tuple[int, ...]
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: NDArray[np.int64] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Folder of each image in the one that was read, or ""; empty for a table."""
        return tuple(name.partition("/")[0] if "/" in name else "" for name in self.names)

    @cached_property
    def digest(self) -> str:
        """Hash of the points and their shape."""
        digest = hashlib.sha256(repr((self.points.shape, self.shape)).encode())
        digest.update(np.ascontiguousarray(self.points).tobytes())
        return digest.hexdigest()

    @property
    def distinct(self) -> NDArray[np.int64]:
        """Rows of the first of each distinct point, ascending."""
        return self._distinct[0]

    @property
    def place(self) -> NDArray[np.int64]:
        """Place (n,) of each point among the distinct ones."""
        return self._distinct[1]

    @cached_property
    def _distinct(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows = np.ascontiguousarray(self.points + 0.0)  # no -0.0
        keys = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
        _, first, which = np.unique(keys, return_index=True, return_inverse=True)
        order = np.argsort(first)
        place = np.empty_like(order)
        place[order] = np.arange(len(order))
        return first[order], place[which.ravel()]


def read_points(
    path: Path,
    array: str | None = None,
    header: bool | None = None,
    *,
    columns: Sequence[str] = (),
    drop: Sequence[str] = (),
    rows: int | None = None,
    standardize: bool = False,
) -> LoadedPoints:
    """Read the points at a path: a folder of images of one size, or a table or array in a file.

    Arrays have a point in each row, or an image: (n, height, width), or with channels last or
    first. ``array`` names one of several in a file. Integers of images are divided by the largest
    of their type. ``header`` says whether a text file begins with names of columns; None
    decides by its first line. ``columns`` and ``drop`` select columns (see
    ``columns.select_columns``), ``rows`` is the number of distinct rows to draw, always the same
    ones; with ``standardize`` each column gets mean 0 and variance 1. Raises ValueError, which
    names the file and what is wrong with it.
    """
    allowed = f"allowed: an undamaged file ({', '.join(FILES)}), or a folder of images"
    with file_errors(path, allowed):
        loaded = _read(path, array, header, columns, drop)
        _check(loaded, path)
        if pairs := matrix_of_pairs(loaded.points) if len(loaded.shape) == 1 else "":
            loaded = replace(loaded, notes=(*loaded.notes, pairs))
        if rows is not None:
            loaded = _sample_rows(loaded, rows, path)
        return _standardize(loaded) if standardize else loaded


def _read(
    path: Path,
    array: str | None,
    header: bool | None,
    columns: Sequence[str],
    drop: Sequence[str],
) -> LoadedPoints:
    if path.is_dir():
        if columns or drop:
            raise ValueError(f"--columns and --drop are for tables, and {path} has images")
        images, names, notes = read_folder(path)
        return LoadedPoints(images.reshape(len(images), -1), images.shape[1:], names, notes)
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    if not path.is_file():
        raise ValueError(f"{path} is neither a file nor a folder")
    if file_ending(path) in FILES:
        return _read_file(path, array, header, columns, drop)
    raise ValueError(
        f"{path} is no folder of images and has none of the endings {', '.join(FILES)}"
    )


def _sample_rows(loaded: LoadedPoints, rows: int, path: Path) -> LoadedPoints:
    """Return ``rows`` of the distinct points, drawn at random with seed 0, in their order."""
    if rows < LEAST:
        raise ValueError(f"{path}: --n must be at least {LEAST} rows, not {rows}")
    distinct = loaded.distinct
    if rows >= len(distinct):
        note = f"{path} has {len(distinct)} distinct rows, all of which were used"
        return replace(loaded, notes=(*loaded.notes, note))
    some = np.sort(np.random.default_rng(0).permutation(distinct)[:rows])
    note = f"{rows} of {len(distinct)} distinct rows were used, drawn at random (seed 0)"
    return replace(
        loaded,
        points=loaded.points[some],
        names=tuple(loaded.names[row] for row in some) if loaded.names else (),
        notes=(*loaded.notes, note),
        rows=some,
    )


def _standardize(loaded: LoadedPoints) -> LoadedPoints:
    # Before scaling: integers are none afterwards.
    notes = no_coordinates(loaded.points, loaded.columns) if len(loaded.shape) == 1 else []
    points = loaded.points - loaded.points.mean(axis=0)
    spread = np.sqrt(np.square(points).mean(axis=0))
    # A column that varies by rounding alone is constant.
    constant = spread <= 1e-12 * np.abs(loaded.points).max(axis=0)
    points = np.where(constant, 0.0, points / np.where(constant, 1.0, spread))
    note = "each column was brought to mean 0 and variance 1"
    points = np.ascontiguousarray(points)
    return replace(loaded, points=points, notes=(*loaded.notes, note, *notes))


def _check(loaded: LoadedPoints, path: Path) -> None:
    points = loaded.points
    if len(points) < LEAST or not points.shape[1]:
        raise ValueError(
            f"{path} has {len(points)} rows of {points.shape[1]} columns; an estimate needs at "
            f"least {LEAST} rows"
        )
    invalid = ~np.isfinite(points)
    if invalid.any():
        row, column = np.argwhere(invalid)[0]
        where = loaded.names[row] if loaded.names else f"row {row}"
        name = f" ({loaded.columns[column]!r})" if loaded.columns else ""
        raise ValueError(
            f"{path} has {int(invalid.sum())} values that are not finite numbers, the first one in "
            f"{where}, column {column}{name} (both from 0): {points[row, column]}"
        )
    spread = float(np.ptp(points, axis=0).max()) if np.abs(points).max() < LARGEST else np.inf
    if spread == 0:
        raise ValueError(f"{path}: all rows are the same")
    if not SMALLEST < spread < LARGEST:
        raise ValueError(f"{path}: values spread over {spread:.1e}; bring them to a usual scale")
    if len(loaded.distinct) < LEAST:
        raise ValueError(
            f"{path} has {len(points)} rows, but only {len(loaded.distinct)} distinct ones; an "
            f"estimate needs at least {LEAST}"
        )


def _read_file(
    path: Path,
    array: str | None,
    header: bool | None,
    columns: Sequence[str],
    drop: Sequence[str],
) -> LoadedPoints:
    kind = file_ending(path)
    if header is not None and kind not in TEXTS:
        raise ValueError(f"--header and --no-header are for text files, which {path} is not")
    if array is not None and kind not in archives.ENDINGS[1:]:
        raise ValueError(
            f"--array names an array of an .npz file, or of one of those ending in "
            f"{', '.join(archives.ENDINGS[2:])}, which {path} is not"
        )
    if kind not in archives.ENDINGS:
        points, names, notes = read_table(path, header, columns, drop)
        return LoadedPoints(points, points.shape[1:], notes=notes, columns=names)
    stored = archives.read_archive(path, array)
    loaded = replace(_arrange(stored.values, stored.where), notes=stored.notes)
    if len(loaded.shape) > 1:
        if columns or drop:
            raise ValueError(f"--columns and --drop are for tables, and {path} has images")
        return loaded
    loaded = replace(loaded, columns=stored.columns)
    if not columns and not drop:
        return loaded
    names = loaded.columns or tuple(map(str, range(loaded.points.shape[1])))
    which = select_columns(names, columns, drop, stored.where)
    points = np.ascontiguousarray(loaded.points[:, which])
    return replace(
        loaded, points=points, shape=points.shape[1:], columns=tuple(names[i] for i in which)
    )


def _arrange(values: NDArray[Any], where: str) -> LoadedPoints:
    """Arrange an array as rows of points, or as images with channels first."""
    if values.dtype.kind not in "buif":
        raise ValueError(f"{where} holds {values.dtype}, not real numbers")
    if values.ndim == 2:
        return LoadedPoints(np.ascontiguousarray(values, dtype=np.float64), values.shape[1:])
    if values.ndim == 3:
        values = values[:, None]
    elif values.ndim == 4 and values.shape[3] in _CHANNELS and values.shape[1] not in _CHANNELS:
        values = values.transpose(0, 3, 1, 2)
    elif values.ndim != 4 or values.shape[1] not in _CHANNELS:
        raise ValueError(
            f"{where} has the shape {values.shape}; points need (rows, columns), images "
            "(n, height, width), (n, height, width, channels) or (n, channels, height, width)"
        )
    brightest = np.iinfo(values.dtype).max if values.dtype.kind in "ui" else 1
    points = values.reshape(len(values), -1) / float(brightest)
    return LoadedPoints(np.ascontiguousarray(points, dtype=np.float64), values.shape[1:])
