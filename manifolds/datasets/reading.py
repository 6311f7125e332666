"""Points from what people have: a folder of images, or a file of numbers."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from manifolds.base import Array
from manifolds.datasets.damage import check_arrays, readable
from manifolds.datasets.tables import TEXTS, read_table

#: What a file may be.
FILES = (".npy", ".npz", *TEXTS, ".parquet")
#: Distinct rows below which nothing is estimated.
LEAST = 20
#: Beyond these, squares and products of squared distances leave the range of floating point.
SMALLEST, LARGEST = 1e-70, 1e70
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Found:
    """Points (n, D) float64, and the shape of one: (D,), or channels, height, width of images.

    ``names`` are those of the images' files, none for a table; ``columns`` are those of a table
    that has any; ``notes`` say what of the files was left out.
    """

    points: Array
    shape: tuple[int, ...]
    names: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @cached_property
    def digest(self) -> str:
        """Hash of the points and their shape."""
        whole = hashlib.sha256(repr((self.points.shape, self.shape)).encode())
        whole.update(np.ascontiguousarray(self.points).tobytes())
        return whole.hexdigest()

    @cached_property
    def distinct(self) -> NDArray[np.int64]:
        """Rows of the first of each distinct point, ascending."""
        rows = np.ascontiguousarray(self.points + 0.0)  # no -0.0
        keys = rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel()
        return np.sort(np.unique(keys, return_index=True)[1])


def read_points(path: Path, array: str | None = None, header: bool | None = None) -> Found:
    """The points at a path: a folder of images of one size, or a table or array in a file.

    Arrays have a point in each row, or an image: (n, height, width), or with channels last or
    first. ``array`` names one of those in an .npz. Whole numbers of images are divided by their
    type's largest. ``header`` says whether a text file begins with names of columns; None
    decides by its first line. Raises ValueError, which names the file and what is wrong with it.
    """
    with readable(path, f"allowed: an undamaged file ({', '.join(FILES)}), or a folder of images"):
        found = _read(path, array, header)
        _check(found, path)
    return found


def _read(path: Path, array: str | None, header: bool | None) -> Found:
    if path.is_dir():
        from manifolds.datasets.image_folder import read_folder

        return read_folder(path)
    if not path.exists():
        raise ValueError(f"{path} does not exist")
    if not path.is_file():
        raise ValueError(f"{path} is neither a file nor a folder")
    if path.suffix.lower() in FILES:
        return _file(path, array, header)
    raise ValueError(
        f"{path} is no folder of images and has none of the endings {', '.join(FILES)}"
    )


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


def _file(path: Path, array: str | None, header: bool | None) -> Found:
    kind = path.suffix.lower()
    if header is not None and kind not in TEXTS:
        raise ValueError(f"--header and --no-header are for text files, which {path} is not")
    if array is not None and kind != ".npz":
        raise ValueError(f"--array names an array of an .npz file, which {path} is not")
    try:
        if kind in (".npy", ".npz"):
            check_arrays(path, array)
        if kind == ".npy":
            return _arranged(np.load(path, allow_pickle=False), str(path))
        if kind == ".npz":
            return _arranged(*_member(path, array))
    except (OSError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    except ValueError as error:
        if "Object arrays" in str(error):
            raise ValueError(
                f"{path} holds Python objects, which are not read: save an array of numbers"
            ) from None
        if "pickle" in str(error):
            raise ValueError(f"{path} cannot be read: it is no array file of numpy's") from None
        if str(path) in str(error):
            raise
        raise ValueError(f"{path} cannot be read: {error}") from None
    points, columns, notes = read_table(path, header)
    return Found(points, points.shape[1:], notes=notes, columns=columns)


def _member(path: Path, array: str | None) -> tuple[NDArray[Any], str]:
    """One of the arrays in an .npz, and how to name it."""
    with np.load(path, allow_pickle=False) as archive:
        names = list(archive.files)
        if array is None and len(names) == 1:
            array = names[0]
        if array is None or array not in names:
            asked = "" if array is None else f" and none {array!r}"
            raise ValueError(
                f"{path} has the arrays {', '.join(names)}{asked}: say which one with --array NAME"
            )
        return archive[array], f"{path} ({array})"


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
