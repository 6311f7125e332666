"""Neighbour graphs in files, so that the processes of a run build that of a sample only once."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from estimators.points import Array, Indices

_ARRAYS = ("distances", "indices")


@dataclass(frozen=True)
class Graph:
    """Neighbours of each point of a sample, nearest first.

    ``digest`` is that of the points; ``distances`` and ``indices`` are (n, k) and read-only, since
    all estimators share them; ``seconds`` is the time that building them took.
    """

    digest: str
    distances: Array
    indices: Indices
    seconds: float

    def __post_init__(self) -> None:
        self.distances.flags.writeable = self.indices.flags.writeable = False

    @property
    def k(self) -> int:
        """Neighbours of each point."""
        return int(self.distances.shape[1])


def digest(array: NDArray[Any]) -> str:
    """Return a hexadecimal digest of the numbers in an array and of its shape."""
    key = repr((array.shape, array.dtype.str)).encode()
    return hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16, key=key).hexdigest()


def load(folder: Path, points: str, k: int) -> Graph | None:
    """Load the smallest graph in ``folder`` of the points with that digest and k neighbours.

    It is mapped into memory. A file that is damaged, or cannot be read, counts as absent.
    """
    with suppress(OSError):
        for path in sorted(folder.glob(f"{points}-*.json"), key=_neighbors_in_name):
            if _neighbors_in_name(path) < k:
                continue
            # Beside OSError: no JSON, JSON of something else, not what was written.
            with suppress(OSError, ValueError, KeyError, TypeError):
                metadata = json.loads(path.read_text(encoding="utf-8"))
                distances, indices = (
                    _map_array(_array_path(path, name), metadata[name]) for name in _ARRAYS
                )
                return Graph(points, distances, indices, float(metadata["seconds"]))
    return None


def save(folder: Path, graph: Graph) -> None:
    """Save a graph in ``folder``; where that is impossible, leave no part of it behind."""
    path = folder / f"{graph.digest}-{graph.k}.json"
    metadata: dict[str, Any] = {"seconds": graph.seconds}
    try:
        for name, array in zip(_ARRAYS, (graph.distances, graph.indices), strict=True):
            with _replace_file(_array_path(path, name)) as part:
                with part.open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                metadata[name] = _file_digest(part)
        # Last, since its presence says that the arrays are complete.
        with _replace_file(path) as part:
            part.write_text(json.dumps(metadata), encoding="utf-8")
    except OSError:
        for partial in (path, *(_array_path(path, name) for name in _ARRAYS)):
            with suppress(OSError):
                partial.unlink(missing_ok=True)


@contextmanager
def lock(folder: Path, points: str) -> Iterator[None]:
    """Hold the lock on the graph of these points: one process at a time is inside.

    A killed process releases it. Where the folder cannot be written to, there is nothing to share,
    and nothing is locked.
    """
    # Imported late: listing the estimators imports this module, and has to be quick.
    from filelock import FileLock

    file_lock = FileLock(folder / f"{points}.lock")
    # NotImplementedError: a file system without locks, in older releases of filelock.
    with suppress(OSError, NotImplementedError):
        folder.mkdir(parents=True, exist_ok=True)
        file_lock.acquire()
    try:
        yield
    finally:
        file_lock.release()


def _neighbors_in_name(path: Path) -> int:
    """Return the number of neighbours in the name of a graph's file; 0 for other files."""
    number = path.stem.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _array_path(path: Path, name: str) -> Path:
    return path.with_suffix(f".{name}.npy")


def _file_digest(path: Path) -> str:
    """Return the digest of a file's bytes: a crash of the machine may leave zeros in its place."""
    return digest(np.memmap(path, np.uint8, mode="r"))


def _map_array(path: Path, expected: str) -> NDArray[Any]:
    """Map an array into memory; raise ValueError if it is not what was written."""
    if _file_digest(path) != expected:
        raise ValueError(f"{path} is damaged")
    return np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)


@contextmanager
def _replace_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces ``path`` in the end, as a whole or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
