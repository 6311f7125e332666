"""Points from what people have: a folder of images, or a .npy, .npz, .csv or .parquet file."""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from manifolds.base import Array

if TYPE_CHECKING:
    import pandas as pd

#: Files of a folder that are taken for images.
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
#: What a file may be.
FILES = (".npy", ".npz", ".csv", ".parquet")
#: Rows below which nothing is estimated.
LEAST = 20
_CHANNELS = (1, 3, 4)


@dataclass(frozen=True)
class Found:
    """Points (n, D) float64, and the shape of one: (D,), or channels, height, width of images.

    ``names`` are those of the images' files, none for a table.
    """

    points: Array
    shape: tuple[int, ...]
    names: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Hash of the points and their shape."""
        whole = hashlib.sha256(repr((self.points.shape, self.shape)).encode())
        whole.update(np.ascontiguousarray(self.points).tobytes())
        return whole.hexdigest()


def read_points(path: Path, array: str | None = None) -> Found:
    """The points at a path: a folder of images of one size, or a table or array in a file.

    Arrays have a point in each row, or an image: (n, height, width), or with channels last or
    first. ``array`` names one of those in an .npz. Whole numbers of images are divided by their
    type's largest. Raises ValueError, which names the file and what is wrong with it.
    """
    if path.is_dir():
        found = _folder(path)
    elif not path.exists():
        raise ValueError(f"{path} does not exist")
    elif path.suffix.lower() in FILES:
        found = _file(path, array)
    else:
        raise ValueError(
            f"{path} is no folder of images and has none of the endings {', '.join(FILES)}"
        )
    _check(found, path)
    return found


def _check(found: Found, path: Path) -> None:
    points = found.points
    if len(points) < LEAST:
        raise ValueError(f"{path} has {len(points)} rows; an estimate needs at least {LEAST}")
    wrong = ~np.isfinite(points)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        where = found.names[row] if found.names else f"row {row}"
        raise ValueError(
            f"{path} has {int(wrong.sum())} values that are not finite numbers, the first one in "
            f"{where}, column {column} (both from 0): {points[row, column]}"
        )
    if (points == points[0]).all():
        raise ValueError(f"{path}: all rows are the same")


def _folder(path: Path) -> Found:
    files = sorted(file for file in path.rglob("*") if file.suffix.lower() in IMAGES)
    if not files:
        raise ValueError(f"{path} has no images: none of its files ends in {', '.join(IMAGES)}")
    images = [_image(file) for file in files]
    sizes: dict[tuple[int, ...], list[Path]] = {}
    for file, image in zip(files, images, strict=True):
        sizes.setdefault(image.shape[1:], []).append(file)
    if len(sizes) > 1:
        told = [
            f"{size[0]} x {size[1]} (height x width; {len(own)} images, such as {own[0].name})"
            for size, own in sorted(sizes.items(), key=lambda item: -len(item[1]))
        ]
        more = f" and {len(told) - 4} more sizes" if len(told) > 4 else ""
        raise ValueError(
            f"{path}: all images must have one size, but these have {', '.join(told[:4])}{more}; "
            "bring them to one size first"
        )
    # Where some are in colour, grey ones have three equal channels.
    channels = max(len(image) for image in images)
    stacked = np.stack([np.broadcast_to(image, (channels, *image.shape[1:])) for image in images])
    names = tuple(str(file.relative_to(path)) for file in files)
    return Found(stacked.reshape(len(stacked), -1), stacked.shape[1:], names)


def _image(file: Path) -> Array:
    """Brightness from 0 to 1, (1 or 3, height, width); transparency is left out."""
    from PIL import Image

    try:
        with warnings.catch_warnings():
            # An image that is absurdly large is an error, not a warning.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as opened:
                if opened.mode.startswith("I;16"):
                    return np.asarray(opened, dtype=np.float64)[None] / 65535
                grey = opened.mode in {"1", "L", "LA"}
                pixels = np.asarray(opened.convert("L" if grey else "RGB"), dtype=np.float64) / 255
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        raise ValueError(f"{file} cannot be read as an image: {error}") from None
    return pixels[None] if grey else pixels.transpose(2, 0, 1)


def _file(path: Path, array: str | None) -> Found:
    kind = path.suffix.lower()
    if array is not None and kind != ".npz":
        raise ValueError(f"--array names an array of an .npz file, which {path} is not")
    try:
        if kind == ".npy":
            return _arranged(np.load(path, allow_pickle=False), str(path))
        if kind == ".npz":
            return _arranged(*_member(path, array))
        return _table(path)
    except (OSError, EOFError, UnicodeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    except ValueError as error:
        if "Object arrays" in str(error):
            raise ValueError(
                f"{path} holds Python objects, which are not read: save an array of numbers"
            ) from None
        if str(path) in str(error):
            raise
        if "pickled data" in str(error):
            raise ValueError(f"{path} cannot be read: it is no array file of numpy's") from None
        raise ValueError(f"{path} cannot be read: {error}") from None


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


def _table(path: Path) -> Found:
    import pandas as pd

    if path.suffix.lower() == ".parquet":
        import pyarrow

        try:
            frame = pd.read_parquet(path)
        except pyarrow.ArrowException as error:
            raise ValueError(f"{path} cannot be read: {error}") from None
    else:
        frame = _csv(path)
    texts = [str(name) for name, column in frame.items() if column.dtype.kind not in "buif"]
    if texts:
        raise ValueError(
            f"{path}: every column must hold numbers, but {', '.join(map(repr, texts[:5]))} "
            f"{'does' if len(texts) == 1 else 'do'} not; leave out what is no coordinate"
        )
    return Found(frame.to_numpy(dtype=np.float64), (frame.shape[1],))


def _csv(path: Path) -> pd.DataFrame:
    """A CSV with or without a line of names."""
    import pandas as pd

    try:
        first = pd.read_csv(path, header=None, nrows=1)
        named = any(column.dtype.kind not in "buif" for _, column in first.items())
        return pd.read_csv(path, header=0 if named else None)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
