"""Neighbour graphs as files, so that the processes of a run build that of a sample only once."""

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

    ``digest`` is that of the points; ``distances`` and ``indices`` are (n, k) and cannot be
    written to, since all estimators read the same; ``seconds`` is what building them took.
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
    """Hexadecimal digest of the numbers in an array and of its shape."""
    key = repr((array.shape, array.dtype.str)).encode()
    return hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16, key=key).hexdigest()


def load(folder: Path, points: str, k: int) -> Graph | None:
    """The smallest graph in ``folder`` of the points with that digest, k neighbours or more.

    It is mapped into memory. What is damaged, or cannot be read, counts as absent.
    """
    with suppress(OSError):
        for path in sorted(folder.glob(f"{points}-*.json"), key=_neighbors):
            if _neighbors(path) < k:
                continue
            # The others: not JSON, JSON of something else, not what was written.
            with suppress(OSError, ValueError, KeyError, TypeError):
                facts = json.loads(path.read_text(encoding="utf-8"))
                distances, indices = (_mapped(_beside(path, name), facts[name]) for name in _ARRAYS)
                return Graph(points, distances, indices, float(facts["seconds"]))
    return None


def save(folder: Path, graph: Graph) -> None:
    """Keep a graph in ``folder`` for others; where that is not possible, nothing stays behind."""
    path = folder / f"{graph.digest}-{graph.k}.json"
    facts: dict[str, Any] = {"seconds": graph.seconds}
    try:
        for name, array in zip(_ARRAYS, (graph.distances, graph.indices), strict=True):
            with _put(_beside(path, name)) as part:
                with part.open("wb") as file:
                    np.save(file, array, allow_pickle=False)
                facts[name] = _bytes(part)
        # Last, since it says that the others are there.
        with _put(path) as part:
            part.write_text(json.dumps(facts), encoding="utf-8")
    except OSError:
        for left in (path, *(_beside(path, name) for name in _ARRAYS)):
            with suppress(OSError):
                left.unlink(missing_ok=True)


@contextmanager
def alone(folder: Path, points: str) -> Iterator[None]:
    """Of all processes that want the graph of these points, only one is inside at a time.

    A process that is killed inside lets the next one in. Where the folder cannot be written to,
    there is nothing to share, and all enter.
    """
    # Modules of this package are imported where estimators are listed: that is to be quick.
    from filelock import FileLock

    lock = FileLock(folder / f"{points}.lock")
    # NotImplementedError: a file system without locks, in older releases of filelock.
    with suppress(OSError, NotImplementedError):
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _neighbors(path: Path) -> int:
    """The number of neighbours in a file's name; 0 where it is none of ours."""
    number = path.stem.rpartition("-")[2]
    return int(number) if number.isdecimal() else 0


def _beside(path: Path, name: str) -> Path:
    return path.with_suffix(f".{name}.npy")


def _bytes(path: Path) -> str:
    """Digest of a file's bytes: a crash of the machine may leave it with zeros in their place."""
    return digest(np.memmap(path, np.uint8, mode="r"))


def _mapped(path: Path, expected: str) -> NDArray[Any]:
    """An array from its file; ValueError if it is not what was written."""
    if _bytes(path) != expected:
        raise ValueError(f"{path} is damaged")
    return np.load(path, mmap_mode="r", allow_pickle=False).view(np.ndarray)


@contextmanager
def _put(path: Path) -> Iterator[Path]:
    """A name to write to, which in the end takes the place of ``path``: whole, or not at all."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
