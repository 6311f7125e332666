"""One sample for all cells that read it: drawn once, kept as files, mapped into memory."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

import manifolds
from bench.cell import Cell

#: Bytes of samples that are kept at a time; they are drawn again where they are needed again.
KEPT = 4 * 2**30


@dataclass(frozen=True)
class Drawn:
    """A sample: points (n, D), dimension at each (n,) or None, and the seconds of drawing it.

    ``shape`` is that of one point.
    """

    points: NDArray[np.float64]
    dimension: NDArray[np.int64] | None
    shape: tuple[int, ...]
    seconds: float


def drawn(cell: Cell, scratch: str) -> Drawn:
    """The sample of a cell, from the folder ``scratch``, or drawn and put there.

    The points are mapped into memory, and what is written to them stays with the caller. Without
    a folder ("") the sample is drawn; where the disk is full as well.
    """
    if not scratch:
        return _draw(cell)
    place = folder(scratch, cell)
    found = _load(place)
    if found is not None:
        return found
    try:
        place.mkdir(parents=True, exist_ok=True)
        with FileLock(place / "lock"):
            found = _load(place)
            if found is not None:
                return found
            fresh = _draw(cell)
            _keep(place, fresh)
            return fresh
    except OSError:
        return _draw(cell)


def folder(scratch: str, cell: Cell) -> Path:
    """Where the sample of a cell is, and what else belongs to it."""
    return Path(scratch) / cell.sample_key[:32]


def _draw(cell: Cell) -> Drawn:
    start = time.perf_counter()
    sample = manifolds.get(cell.manifold_name, **cell.manifold_arguments).sample(
        cell.n, cell.sample_seed
    )
    return Drawn(sample.points, sample.dimension, tuple(sample.shape), time.perf_counter() - start)


def _load(place: Path) -> Drawn | None:
    try:
        facts = json.loads((place / "facts.json").read_text(encoding="utf-8"))
        # Copy on write: estimators that work in place do not disturb each other.
        points = np.load(place / "points.npy", mmap_mode="c", allow_pickle=False)
        dimension = np.load(place / "dimension.npy", allow_pickle=False) if facts["known"] else None
    except (OSError, ValueError):
        return None
    return Drawn(points.view(np.ndarray), dimension, tuple(facts["shape"]), float(facts["seconds"]))


def _keep(place: Path, sample: Drawn) -> None:
    """Write the files; the facts last, which say that the others are whole."""
    try:
        np.save(place / "points.npy", sample.points, allow_pickle=False)
        if sample.dimension is not None:
            np.save(place / "dimension.npy", sample.dimension, allow_pickle=False)
        part = place / "facts.part"
        facts = {
            "seconds": sample.seconds,
            "known": sample.dimension is not None,
            "shape": sample.shape,
        }
        part.write_text(json.dumps(facts), encoding="utf-8")
        os.replace(part, place / "facts.json")
    except OSError:
        for name in ("points.npy", "dimension.npy", "facts.part"):
            (place / name).unlink(missing_ok=True)


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


class Shelf:
    """The folder with the samples of a run; a sample goes when no cell is left that reads it."""

    def __init__(self, cells: Iterable[Cell], limit: int = KEPT) -> None:
        self.scratch = tempfile.mkdtemp(prefix="bench-samples-")
        self._left = Counter(cell.sample_key for cell in cells)
        self._limit = limit
        self._sizes: dict[Path, int] = {}

    def finished(self, cell: Cell) -> None:
        """A cell is done with its sample."""
        self._left[cell.sample_key] -= 1
        place = folder(self.scratch, cell)
        if self._left[cell.sample_key] <= 0:
            self._remove(place)
            return
        # Measured anew, for a graph may have joined the sample; and last, as the latest in use.
        self._sizes.pop(place, None)
        self._sizes[place] = sum(_size(file) for file in place.rglob("*.npy"))
        while sum(self._sizes.values()) > self._limit and len(self._sizes) > 1:
            self._remove(next(iter(self._sizes)))

    def _remove(self, place: Path) -> None:
        # Workers that have mapped the files keep them until they let go.
        self._sizes.pop(place, None)
        shutil.rmtree(place, ignore_errors=True)

    def close(self) -> None:
        """Remove all."""
        shutil.rmtree(self.scratch, ignore_errors=True)
