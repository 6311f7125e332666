"""The sample cache: each sample is drawn once, stored as files, and mapped by all its cells."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

import manifolds
from bench.cell import Cell
from bench.files import write_text

#: Bytes of a sample cache; samples that are removed from it are drawn again.
CACHE_BYTES = 4 * 2**30
#: Begin of the names of cache folders, and the file in them that their run holds a lock on.
PREFIX, LOCK = "bench-samples-", "claim"


@dataclass(frozen=True)
class CachedSample:
    """A sample: points (n, D), dimension at each (n,) or None, and the seconds of drawing it.

    ``shape`` is that of one point.
    """

    points: NDArray[np.float64]
    dimension: NDArray[np.int64] | None
    shape: tuple[int, ...]
    seconds: float


def load_or_draw(cell: Cell, scratch: str) -> CachedSample:
    """Return the sample of a cell from the cache in ``scratch``, or draw it and store it there.

    The points are mapped copy-on-write. Without a folder ("") the sample is drawn; where the disk
    is full as well.
    """
    if not scratch:
        return _draw(cell)
    path = folder(scratch, cell)
    if (sample := _load(path)) is not None:
        return sample
    try:
        path.mkdir(parents=True, exist_ok=True)
        with FileLock(path / "lock"):
            if (sample := _load(path)) is None:
                sample = _draw(cell)
                _save(path, sample)
            return sample
    except OSError:
        return _draw(cell)


def folder(scratch: str, cell: Cell) -> Path:
    """Return the folder of a cell's sample, and of other files that belong to it."""
    return Path(scratch) / cell.sample_key[:32]


def _draw(cell: Cell) -> CachedSample:
    start = time.perf_counter()
    sample = manifolds.get(cell.manifold_name, **cell.manifold_arguments).sample(
        cell.n, cell.sample_seed
    )
    seconds = time.perf_counter() - start
    return CachedSample(sample.points, sample.dimension, tuple(sample.shape), seconds)


def _load(path: Path) -> CachedSample | None:
    try:
        facts = json.loads((path / "facts.json").read_text(encoding="utf-8"))
        # Copy on write: estimators that work in place do not disturb each other.
        points = np.load(path / "points.npy", mmap_mode="c", allow_pickle=False)
        dimension = np.load(path / "dimension.npy", allow_pickle=False) if facts["known"] else None
    except (OSError, ValueError):
        return None
    shape, seconds = tuple(facts["shape"]), float(facts["seconds"])
    return CachedSample(points.view(np.ndarray), dimension, shape, seconds)


def _save(path: Path, sample: CachedSample) -> None:
    """Write the files; the facts last, which say that the others are whole."""
    dimension = sample.dimension
    facts = {"seconds": sample.seconds, "known": dimension is not None, "shape": sample.shape}
    try:
        np.save(path / "points.npy", sample.points, allow_pickle=False)
        if dimension is not None:
            np.save(path / "dimension.npy", dimension, allow_pickle=False)
        write_text(json.dumps(facts), path / "facts.json")
    except OSError:
        for name in ("points.npy", "dimension.npy"):
            (path / name).unlink(missing_ok=True)


class SampleCache:
    """The folder with the samples of a run; a sample is removed after the last cell that reads it.

    Where the samples take more than ``limit`` bytes, those not used lately are removed. Folders of
    runs that were killed are removed first.
    """

    def __init__(self, cells: Iterable[Cell], limit: int = CACHE_BYTES) -> None:
        remove_stale_folders()
        self.scratch = tempfile.mkdtemp(prefix=PREFIX)
        self._lock = lock_folder(Path(self.scratch))
        self._cells_left = Counter(cell.sample_key for cell in cells)
        self._limit = limit
        self._sizes: dict[Path, int] = {}

    def release(self, cell: Cell) -> None:
        """Count a cell as done with its sample."""
        self._cells_left[cell.sample_key] -= 1
        path = folder(self.scratch, cell)
        if self._cells_left[cell.sample_key] <= 0:
            self._remove(path)
            return
        # Measured anew, for a graph may have joined the sample; and last, as the latest in use.
        self._sizes.pop(path, None)
        self._sizes[path] = sum(_size(file) for file in path.rglob("*.npy"))
        while sum(self._sizes.values()) > self._limit and len(self._sizes) > 1:
            self._remove(next(iter(self._sizes)))

    def _remove(self, path: Path) -> None:
        # Workers that have mapped the files can read them until they close them.
        self._sizes.pop(path, None)
        shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Remove all samples."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        self._lock.close()


def _size(file: Path) -> int:
    with suppress(OSError):
        return file.stat().st_size
    return 0


def lock_folder(folder: Path) -> ExitStack:
    """Hold a lock in a cache folder, so that others see that its run lives, until closed.

    Without space for it, or on a file system without locks, the folder has no lock.
    """
    held = ExitStack()
    with suppress(OSError):
        file = held.enter_context(open(folder / LOCK, "w", encoding="utf-8"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


def remove_stale_folders() -> int:
    """Remove cache folders whose run is dead; return how many there were.

    Only those of this user, with a lock that nobody holds: the system releases the lock of a
    process however that ends.
    """
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with open(os.open(folder / LOCK, os.O_RDONLY | os.O_NOFOLLOW)) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed
