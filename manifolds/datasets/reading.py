"""Points from what people have: a folder of images, or a file of numbers."""

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
from manifolds.datasets.columns import chosen
from manifolds.datasets.damage import readable
from manifolds.datasets.identifiers import matrix_of_pairs, no_coordinates
from manifolds.datasets.tables import PARQUET, TEXTS, ending, read_table

#: What a file may be.
FILES = (*archives.ENDINGS[:2], *TEXTS, PARQUET, *archives.ENDINGS[2:])
#: Distinct rows below which nothing is estimated.
LEAST = 20
#: Beyond these, squares and products of squared distances leave the range of floating point.
SMALLEST, LARGEST = 1e-70, 1e70
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Found:
    """Points (n, D) float64, and the shape of one: (D,), or channels, height, width of images.

    ``names`` are those of the images' files, none for a table; ``columns`` are those of a table
    that has any; ``notes`` say what of the files was left out. ``rows`` (n,) are the numbers of
    the points in the file, where these are some of its points.
    """

    points: Array
    shape: tuple[int, ...]
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: NDArray[np.int64] | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Folder of each image in the one that was read, or "": none for a table."""
        return tuple(name.partition("/")[0] if "/" in name else "" for name in self.names)

    @cached_property
    def digest(self) -> str:
        """Hash of the points and their shape."""
        whole = hashlib.sha256(repr((self.points.shape, self.shape)).encode())
        whole.update(np.ascontiguousarray(self.points).tobytes())
        return whole.hexdigest()

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
) -> Found:
    """The points at a path: a folder of images of one size, or a table or array in a file.

    Arrays have a point in each row, or an image: (n, height, width), or with channels last or
    first. ``array`` names one of several in a file. Whole numbers of images are divided by their
    type's largest. ``header`` says whether a text file begins with names of columns; None
    decides by its first line. ``columns`` and ``drop`` choose columns (see ``columns.chosen``),
    ``rows`` is how many distinct rows to draw, always the same ones; with ``standardize`` each
    column gets mean 0 and variance 1. Raises ValueError, which names the file and what is wrong
    with it.
    """
    with readable(path, f"allowed: an undamaged file ({', '.join(FILES)}), or a folder of images"):
        found = _read(path, array, header, columns, drop)
        _check(found, path)
        if pairs := matrix_of_pairs(found.points) if len(found.shape) == 1 else "":
            found = replace(found, notes=(*found.notes, pairs))
        if rows is not None:
            found = _drawn(found, rows, path)
        return _standardized(found) if standardize else found


def _read(
    path: Path,
    array: str | None,
    header: bool | None,
    columns: Sequence[str],
    drop: Sequence[str],
) -> Found:
    if path.is_dir():
        from manifolds.datasets.image_folder import read_folder

        if columns or drop:
            raise ValueError(f"--columns and --drop are for tables, and {path} has images")
        return read_folder(path)
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    if not path.is_file():
        raise ValueError(f"{path} is neither a file nor a folder")
    if ending(path) in FILES:
        return _file(path, array, header, columns, drop)
    raise ValueError(
        f"{path} is no folder of images and has none of the endings {', '.join(FILES)}"
    )


def _drawn(found: Found, rows: int, path: Path) -> Found:
    """So many of the distinct points, drawn at random with one seed, in their order."""
    if rows < LEAST:
        raise ValueError(f"{path}: --n must be at least {LEAST} rows, not {rows}")
    distinct = found.distinct
    if rows >= len(distinct):
        note = f"{path} has {len(distinct)} distinct rows, all of which were used"
        return replace(found, notes=(*found.notes, note))
    some = np.sort(np.random.default_rng(0).permutation(distinct)[:rows])
    note = f"{rows} of {len(distinct)} distinct rows were used, drawn at random (seed 0)"
    return replace(
        found,
        points=found.points[some],
        names=tuple(found.names[row] for row in some) if found.names else (),
        notes=(*found.notes, note),
        rows=some,
    )


def _standardized(found: Found) -> Found:
    # Whole numbers are none afterwards.
    notes = no_coordinates(found.points, found.columns) if len(found.shape) == 1 else []
    points = found.points - found.points.mean(axis=0)
    spread = np.sqrt(np.square(points).mean(axis=0))
    # What varies by rounding alone is constant.
    constant = spread <= 1e-12 * np.abs(found.points).max(axis=0)
    points = np.where(constant, 0.0, points / np.where(constant, 1.0, spread))
    note = "each column was brought to mean 0 and variance 1"
    points = np.ascontiguousarray(points)
    return replace(found, points=points, notes=(*found.notes, note, *notes))


def _check(found: Found, path: Path) -> None:
    points = found.points
    if len(points) < LEAST or not points.shape[1]:
        raise ValueError(
            f"{path} has {len(points)} rows of {points.shape[1]} columns; an estimate needs at "
            f"least {LEAST} rows"
        )
    wrong = ~np.isfinite(points)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        where = found.names[row] if found.names else f"row {row}"
        name = f" ({found.columns[column]!r})" if found.columns else ""
        raise ValueError(
            f"{path} has {int(wrong.sum())} values that are not finite numbers, the first one in "
            f"{where}, column {column}{name} (both from 0): {points[row, column]}"
        )
    spread = float(np.ptp(points, axis=0).max()) if np.abs(points).max() < LARGEST else np.inf
    if spread == 0:
        raise ValueError(f"{path}: all rows are the same")
    if not SMALLEST < spread < LARGEST:
        raise ValueError(f"{path}: values spread over {spread:.1e}; bring them to a usual scale")
    if len(found.distinct) < LEAST:
        raise ValueError(
            f"{path} has {len(points)} rows, but only {len(found.distinct)} distinct ones; an "
            f"estimate needs at least {LEAST}"
        )


def _file(
    path: Path,
    array: str | None,
    header: bool | None,
    columns: Sequence[str],
    drop: Sequence[str],
) -> Found:
    kind = ending(path)
    if header is not None and kind not in TEXTS:
        raise ValueError(f"--header and --no-header are for text files, which {path} is not")
    if array is not None and kind not in archives.ENDINGS[1:]:
        raise ValueError(
            f"--array names an array of an .npz file, or of one of those ending in "
            f"{', '.join(archives.ENDINGS[2:])}, which {path} is not"
        )
    if kind not in archives.ENDINGS:
        points, names, notes = read_table(path, header, columns, drop)
        return Found(points, points.shape[1:], notes=notes, columns=names)
    stored = archives.read_archive(path, array)
    found = replace(_arranged(stored.values, stored.where), notes=stored.notes)
    if len(found.shape) > 1:
        if columns or drop:
            raise ValueError(f"--columns and --drop are for tables, and {path} has images")
        return found
    found = replace(found, columns=stored.columns)
    if not columns and not drop:
        return found
    names = found.columns or tuple(map(str, range(found.points.shape[1])))
    which = chosen(names, columns, drop, stored.where)
    points = np.ascontiguousarray(found.points[:, which])
    return replace(
        found, points=points, shape=points.shape[1:], columns=tuple(names[i] for i in which)
    )


def _arranged(values: NDArray[Any], where: str) -> Found:
    """Rows of points, or images of which the channels come first."""
    if values.dtype.kind not in "buif":
        raise ValueError(f"{where} holds {values.dtype}, not real numbers")
    if values.ndim == 2:
        return Found(np.ascontiguousarray(values, dtype=np.float64), values.shape[1:])
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
    return Found(np.ascontiguousarray(points, dtype=np.float64), values.shape[1:])
