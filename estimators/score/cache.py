"""Cache of trained score models on disk, by content, with checksums and a limit of size.

Nothing here imports torch before tensors are read or written, so that listing stays quick.
"""

from __future__ import annotations

import logging
import os
import re
import time
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from estimators.score.checksum import add_checksum, read_metadata, verify

if TYPE_CHECKING:
    from filelock import FileLock
    from torch import Tensor

_log = logging.getLogger(__name__)

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_LIMIT = "2GB"
#: Age in seconds from which a temporary file is stale.
_STALE = 3600
#: Key of the metadata for the name under which the file was written.
_NAME = "file"

_TENSORS, _TEMPORARY, _LOCK = ".safetensors", ".tmp", ".lock"
_KEY = re.compile(r"[0-9a-f]{64}")
# BENCH_CACHE may be a folder with other files: only those of these names are touched.
_FILE_NAMES = re.compile(
    rf"{_KEY.pattern}(\.lock|(\.checkpoint)?\.safetensors(\.[0-9a-f]{{32}}\.tmp)?)"
)


def default_folder() -> Path:
    """Return the folder of trained models: ``BENCH_CACHE``, or one in the user's cache."""
    folder = os.environ.get("BENCH_CACHE")
    if folder:
        return Path(folder).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("intrinsic-dimension-bench") / "score-models"


def default_limit() -> int:
    """Return the limit of all models together in bytes: ``BENCH_CACHE_LIMIT``, or 2 GB.

    Raises ValueError where the variable is not a size.
    """
    limit = os.environ.get("BENCH_CACHE_LIMIT") or _LIMIT
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B|)", limit.strip().upper(), re.ASCII)
    if not match:
        raise ValueError(
            f"BENCH_CACHE_LIMIT is {limit!r}; allowed: a number of bytes, or a number with one of "
            "the units kB, MB, GB and TB, such as 500MB or 2GB"
        )
    return int(Decimal(match[1]) * _UNITS[match[2]])


@dataclass(frozen=True)
class StoredTensors:
    """Tensors on the CPU, by name, and their metadata."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


@dataclass(frozen=True)
class CacheEntry:
    """A file of the cache, its bytes and last use; no ``metadata`` where it cannot be read."""

    key: str
    kind: Literal["model", "checkpoint"]
    size: int
    used: datetime
    metadata: dict[str, str]


@dataclass(frozen=True)
class ModelCache:
    """Models and checkpoints in ``folder``, of at most ``limit`` bytes together.

    Keys are those of ``content_key``; ValueError for others. A damaged file is removed, with a
    warning. No training fails because the folder cannot be used: nothing is loaded then, and a
    model that cannot be saved gives a warning.
    """

    folder: Path
    limit: int

    def load(self, key: str) -> StoredTensors | None:
        """Load the model of a key, which counts as used now; None where there is no valid one."""
        return self._read(f"{_valid(key)}{_TENSORS}", "the model is trained again")

    def save(self, key: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
        """Save a model, and remove the least recently used other files beyond the limit."""
        self._write(f"{_valid(key)}{_TENSORS}", tensors, metadata)

    def load_checkpoint(self, key: str) -> StoredTensors | None:
        """Load the checkpoint of the training of a model; None where there is no valid one."""
        return self._read(f"{_valid(key)}.checkpoint{_TENSORS}", "the training begins again")

    def save_checkpoint(
        self, key: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
    ) -> None:
        """Save a training in progress, in place of its last checkpoint."""
        self._write(f"{_valid(key)}.checkpoint{_TENSORS}", tensors, metadata)

    def remove_checkpoint(self, key: str) -> None:
        """Remove the checkpoint of a training, if there is one."""
        with suppress(OSError):
            (self.folder / f"{_valid(key)}.checkpoint{_TENSORS}").unlink()

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Hold the lock of a key: one process or thread at a time is inside, the others wait.

        A killed process releases it. Where the folder cannot be written to, there is nothing to
        share, and nothing is locked.
        """
        lock = self._lock(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not _try_acquire(lock):
                _log.info("waiting for the process that trains model %s", key[:12])
                lock.acquire()
        except (OSError, NotImplementedError):
            # NotImplementedError: a file system without locks, in older releases of filelock.
            _log.info("no locks in %s", self.folder, exc_info=True)
        try:
            yield
        finally:
            lock.release()

    def entries(self) -> list[CacheEntry]:
        """List models and checkpoints, the last used first; OSError where that is impossible."""
        return [
            CacheEntry(
                key=_key(path),
                kind="checkpoint" if ".checkpoint." in path.name else "model",
                size=stat.st_size,
                used=datetime.fromtimestamp(stat.st_mtime).astimezone(),
                metadata={k: v for k, v in read_metadata(path).items() if k != _NAME},
            )
            for path, stat in reversed(self._files(_TENSORS))
        ]

    def clear(self) -> tuple[int, int]:
        """Remove all models, checkpoints and stale files of killed processes.

        Lock and temporary files of a training in progress stay. Returns the number of models and
        checkpoints removed, and their bytes. Raises OSError where they cannot be removed.
        """
        files = self._files(_TENSORS)
        for path, _ in files:
            path.unlink(missing_ok=True)
        rest = [path for path, _ in self._files(_TEMPORARY, _LOCK)]
        for key in sorted(set(map(_key, rest))):
            with self._idle(key) as idle:
                for path in rest:
                    if idle and _key(path) == key:
                        path.unlink(missing_ok=True)
        return len(files), sum(stat.st_size for _, stat in files)

    def _lock(self, key: str) -> FileLock:
        import filelock

        return filelock.FileLock(self.folder / f"{_valid(key)}{_LOCK}")

    @contextmanager
    def _idle(self, key: str) -> Iterator[bool]:
        """Yield whether the lock of a key is free; if so, hold it meanwhile and remove its file."""
        lock = self._lock(key)
        idle = _try_acquire(lock)
        try:
            yield idle
        finally:
            if idle:
                Path(lock.lock_file).unlink(missing_ok=True)
            lock.release()

    def _read(self, name: str, consequence: str) -> StoredTensors | None:
        path = self.folder / name
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            warnings.warn(
                f"{path} cannot be read ({error.strerror or error}): {consequence}", stacklevel=3
            )
            return None
        try:
            metadata = verify(data)
            if metadata.pop(_NAME, None) != name:
                raise ValueError("it was not written as the file of this name")
        except ValueError as error:
            warnings.warn(
                f"{path} is damaged ({error}): it is removed, and {consequence}", stacklevel=3
            )
            with suppress(OSError):
                path.unlink()
            return None
        # The folder may be read-only.
        with suppress(OSError):
            os.utime(path)
        import safetensors.torch

        return StoredTensors(safetensors.torch.load(data), metadata)

    def _write(self, name: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
        import safetensors.torch

        # Copies: tensors that share memory are refused.
        own = {key: value.detach().cpu().clone().contiguous() for key, value in tensors.items()}
        # The checksum covers the name: no other model can be taken for this one.
        head, body = add_checksum(safetensors.torch.save(own, {**metadata, _NAME: name}))
        path = self.folder / name
        temporary = self.folder / f"{name}.{uuid.uuid4().hex}{_TEMPORARY}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            try:
                with open(temporary, "xb") as file:
                    file.write(head)
                    file.write(body)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            self._evict(path)
        except OSError as error:
            warnings.warn(
                f"trained models cannot be saved in {self.folder} ({error.strerror or error}): "
                "continuing without",
                stacklevel=3,
            )

    def _evict(self, written: Path) -> None:
        files = self._files(_TENSORS)
        total = sum(stat.st_size for _, stat in files)
        for path, stat in files:
            if total > self.limit and path != written:
                path.unlink(missing_ok=True)
                total -= stat.st_size
                with self._idle(_key(path)):
                    pass
        for path, stat in self._files(_TEMPORARY):
            if time.time() - stat.st_mtime > _STALE:
                path.unlink(missing_ok=True)

    def _files(self, *endings: str) -> list[tuple[Path, os.stat_result]]:
        """Return the cache's files with one of the endings, the least recently used first."""
        files = []
        # Other processes may remove files meanwhile.
        with suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                if path.suffix in endings and _FILE_NAMES.fullmatch(path.name):
                    with suppress(FileNotFoundError):
                        files.append((path, path.stat()))
        return sorted(files, key=lambda file: (file[1].st_mtime_ns, file[0]))


def _valid(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a key of content_key: 64 hexadecimal digits")
    return key


def _key(path: Path) -> str:
    return path.name.partition(".")[0]


def _try_acquire(lock: FileLock) -> bool:
    """Acquire a lock if it is free; return whether it was."""
    import filelock

    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return False
    return True
