"""A folder of images of one size."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from manifolds.base import Array
from manifolds.datasets.errors import check_memory, library_errors

#: Endings of images.
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")
#: Most sizes in a message.
NAMED = 4
_GREY = {"1", "L", "LA", "La"}


def read_folder(path: Path) -> tuple[Array, tuple[str, ...], tuple[str, ...]]:
    """Return all images of a folder and its subfolders, the names of their files, and notes.

    The images (n, channels, height, width) are in the order of the names.

    They must have one size and one depth; grey ones beside colour get three equal channels, and
    where every image is grey there is one. Raises ValueError, which names what is wrong.
    """
    files = sorted(
        file
        for file in path.rglob("*")
        if file.suffix.lower() in ENDINGS and not file.name.startswith(".") and file.is_file()
    )
    if not files:
        raise ValueError(f"{path} has no images: none of its files ends in {', '.join(ENDINGS)}")
    images: list[Array] = []
    depths: dict[str, str] = {}
    notes: dict[str, int] = {}
    for file in files:
        image, depth, image_notes = _image(file)
        if not images:
            check_memory(2 * len(files) * image.nbytes, f"{len(files)} images of this size")
        images.append(image)
        depths.setdefault(depth, file.name)
        for note in image_notes:
            notes[note] = notes.get(note, 0) + 1
    _check_sizes(path, files, images)
    if len(depths) > 1:
        listed = ", ".join(f"{depth} (such as {name})" for depth, name in depths.items())
        raise ValueError(f"{path}: all images must have one depth, but these have {listed}")
    channels = max(len(image) for image in images)
    result = np.empty((len(images), channels, *images[0].shape[1:]))
    for row, image in zip(result, images, strict=True):
        row[:] = image
    if channels == 3 and all(len(i) == 1 or (i == i[:1]).all() for i in images):
        result = np.ascontiguousarray(result[:, :1])
    elif channels == 3 and (grey := sum(len(image) == 1 for image in images)):
        notes["are grey, beside images in colour, and got three equal channels"] = grey
    return (
        result,
        tuple(str(file.relative_to(path)) for file in files),
        tuple(f"{count} of {len(files)} images {note}" for note, count in notes.items()),
    )


def _check_sizes(path: Path, files: list[Path], images: list[Array]) -> None:
    sizes: dict[tuple[int, ...], list[Path]] = {}
    for file, image in zip(files, images, strict=True):
        sizes.setdefault(image.shape[1:], []).append(file)
    if len(sizes) > 1:
        descriptions = [
            f"{size[0]} x {size[1]} (height x width; {len(own)} images, such as {own[0].name})"
            for size, own in sorted(sizes.items(), key=lambda item: -len(item[1]))
        ]
        more = len(descriptions) - NAMED
        listed = ", ".join(descriptions[:NAMED]) + (f" and {more} more sizes" if more > 0 else "")
        raise ValueError(
            f"{path}: all images must have one size, but these have {listed}; bring them to one "
            "size first"
        )


def _image(file: Path) -> tuple[Array, str, list[str]]:
    """Return the pixels (1 or 3, height, width), their depth, and notes on what was left out.

    Of 8 and 16 bits brightness is from 0 to 1; numbers of other images are not scaled.
    """
    from PIL import Image, ImageOps

    try:
        with warnings.catch_warnings(), library_errors("Pillow"):
            # An image beyond Pillow's limit of size is an error, not a warning.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file) as opened:
                notes = []
                if getattr(opened, "n_frames", 1) > 1:
                    notes.append("have several frames, of which the first is read")
                if "A" in opened.mode or "transparency" in opened.info:
                    notes.append("are transparent in part, which is left out")
                turned = ImageOps.exif_transpose(opened)
                if turned.mode.startswith("I;16"):
                    return np.asarray(turned, dtype=np.float64)[None] / 65535, "16 bits", notes
                if turned.mode in {"I", "F"}:
                    return np.asarray(turned, dtype=np.float64)[None], "numbers", notes
                grey = turned.mode in _GREY
                pixels = np.asarray(turned.convert("L" if grey else "RGB"), dtype=np.float64) / 255
    except (OSError, ValueError, SyntaxError, Warning, Image.DecompressionBombError) as error:
        raise ValueError(f"{file} cannot be read as an image: {error}") from None
    return (pixels[None] if grey else pixels.transpose(2, 0, 1)), "8 bits", notes
