"""Trained score models on disk, by content: found again, checked, kept within a limit.

Nothing here imports torch before tensors are read or written, so that listing stays quick.
"""

from __future__ import annotations

import hashlib
import json
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

import numpy as np
from numpy.typing import NDArray

from estimators.score.sealed_file import metadata_of, sealed, verified

if TYPE_CHECKING:
    from filelock import FileLock
    from torch import Tensor

_log = logging.getLogger(__name__)

_UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_LIMIT = "2GB"
#: Seconds after which nobody is writing a temporary file any more.
_ABANDONED = 3600

#: Of the metadata: under which name the file was written.
_NAME = "file"

_TENSORS, _TEMPORARY, _LOCK = ".safetensors", ".tmp", ".lock"
_KEY = re.compile(r"[0-9a-f]{64}")
# BENCH_CACHE may be a folder that holds other things too: nothing else in it is touched.
_OURS = re.compile(rf"{_KEY.pattern}(\.lock|(\.checkpoint)?\.safetensors(\.[0-9a-f]{{32}}\.tmp)?)")


def default_folder() -> Path:
    """Where trained models are kept: ``BENCH_CACHE``, or a folder in the user's cache."""
    given = os.environ.get("BENCH_CACHE")
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("intrinsic-dimension-bench") / "score-models"


def default_limit() -> int:
    """Bytes that all models may take: ``BENCH_CACHE_LIMIT``, or 2 GB.

    Raises ValueError where the variable is not a size.
    """
    given = os.environ.get("BENCH_CACHE_LIMIT") or _LIMIT
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?B|)", given.strip().upper(), re.ASCII)
    if not found:
        raise ValueError(
            f"BENCH_CACHE_LIMIT is {given!r}; allowed: a number of bytes, or a number with one of "
            "the units kB, MB, GB and TB, such as 500MB or 2GB"
        )
    return int(Decimal(found[1]) * _UNITS[found[2]])


def content_key(points: NDArray[np.float64], facts: Mapping[str, object]) -> str:
    """Key of what is trained on points (n, D) by ``facts``: the same content, the same key.

    Facts are what JSON can say; their order does not matter. Raises TypeError for others.
    """
    rows = np.ascontiguousarray(points, dtype="<f8")
    said = json.dumps({"shape": rows.shape, "facts": dict(facts)}, sort_keys=True)
    digest = hashlib.sha256(said.encode())
    digest.update(rows.data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Stored:
    """Tensors on the CPU, by name, and what was said of them."""

    tensors: dict[str, Tensor]
    metadata: dict[str, str]


@dataclass(frozen=True)
class Entry:
    """A file of the cache, its bytes and last use; no ``metadata`` where it cannot be read."""

    key: str
    kind: Literal["model", "checkpoint"]
    size: int
    used: datetime
    metadata: dict[str, str]


@dataclass(frozen=True)
class ModelCache:
    """Models and checkpoints in ``folder``, of at most ``limit`` bytes together.

    Keys are those of ``content_key``; ValueError for others. A damaged file is never read: it is
    removed, with a warning. No training fails because the folder cannot be used: nothing is found
    there then, and what cannot be kept is told in a warning.
    """

    folder: Path
    limit: int

    def load(self, key: str) -> Stored | None:
        """The model of a key, which counts as used now; None where there is no good one."""
        return self._read(f"{_checked(key)}{_TENSORS}", "the model is trained again")

    def save(self, key: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
        """Keep a model, and remove the least recently used files beyond the limit.

        The model just kept stays, whatever its size.
        """
        self._write(f"{_checked(key)}{_TENSORS}", tensors, metadata)

    def load_checkpoint(self, key: str) -> Stored | None:
        """What the training of a model was at; None where there is no good checkpoint."""
        return self._read(f"{_checked(key)}.checkpoint{_TENSORS}", "the training begins again")

    def save_checkpoint(
        self, key: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]
    ) -> None:
        """Keep what a training is at, instead of what it was at."""
        self._write(f"{_checked(key)}.checkpoint{_TENSORS}", tensors, metadata)

    def drop_checkpoint(self, key: str) -> None:
        """Remove the checkpoint of a training that has ended, if there is one."""
        with suppress(OSError):
            (self.folder / f"{_checked(key)}.checkpoint{_TENSORS}").unlink()

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Of all processes and threads that want a key's model, only one is inside at a time.

        The others wait, also when the one inside is killed: then the next one enters. Without a
        folder that can be written there is nothing to share, and all enter.
        """
        lock = self._lock(key)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not _taken(lock):
                _log.info("waiting for the process that trains model %s", key[:12])
                lock.acquire()
        except (OSError, NotImplementedError):
            # NotImplementedError: a file system without locks, in older releases of filelock.
            _log.info("no locks in %s", self.folder, exc_info=True)
        try:
            yield
        finally:
            lock.release()

    def entries(self) -> list[Entry]:
        """All models and checkpoints, the last used first; OSError where they cannot be listed."""
        return [
            Entry(
                key=_key(path),
                kind="checkpoint" if ".checkpoint." in path.name else "model",
                size=facts.st_size,
                used=datetime.fromtimestamp(facts.st_mtime).astimezone(),
                metadata={k: v for k, v in metadata_of(path).items() if k != _NAME},
            )
            for path, facts in reversed(self._files(_TENSORS))
        ]

    def clear(self) -> tuple[int, int]:
        """Remove all models, checkpoints and what killed processes have left.

        Lock and temporary files of a training in progress stay. Returns how many models and
        checkpoints were removed, and their bytes. Raises OSError where they cannot be.
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
        return len(files), sum(facts.st_size for _, facts in files)

    def _lock(self, key: str) -> FileLock:
        import filelock

        return filelock.FileLock(self.folder / f"{_checked(key)}{_LOCK}")

    @contextmanager
    def _idle(self, key: str) -> Iterator[bool]:
        """Whether nobody holds the lock of a key; if so, it is held here and gone afterwards."""
        lock = self._lock(key)
        idle = _taken(lock)
        try:
            yield idle
        finally:
            if idle:
                Path(lock.lock_file).unlink(missing_ok=True)
            lock.release()

    def _read(self, name: str, consequence: str) -> Stored | None:
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
            metadata = verified(data)
            if metadata.pop(_NAME, None) != name:
                raise ValueError("it was not written as the file of this name")
        except ValueError as error:
            warnings.warn(
                f"{path} is damaged ({error}): it is removed, and {consequence}", stacklevel=3
            )
            with suppress(OSError):
                path.unlink()
            return None
        # A folder that can only be read serves too.
        with suppress(OSError):
            os.utime(path)
        import safetensors.torch

        return Stored(safetensors.torch.load(data), metadata)

    def _write(self, name: str, tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
        import safetensors.torch

        # Copies: tensors that share memory are refused.
        own = {key: value.detach().cpu().clone().contiguous() for key, value in tensors.items()}
        # The name is in the file, and under its checksum: no other model passes for this one.
        head, body = sealed(safetensors.torch.save(own, {**metadata, _NAME: name}))
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
                f"trained models cannot be kept in {self.folder} ({error.strerror or error}): "
                "going on without",
                stacklevel=3,
            )

    def _evict(self, written: Path) -> None:
        files = self._files(_TENSORS)
        total = sum(facts.st_size for _, facts in files)
        for path, facts in files:
            if total > self.limit and path != written:
                path.unlink(missing_ok=True)
                total -= facts.st_size
                with self._idle(_key(path)):
                    pass
        for path, facts in self._files(_TEMPORARY):
            if time.time() - facts.st_mtime > _ABANDONED:
                path.unlink(missing_ok=True)

    def _files(self, *endings: str) -> list[tuple[Path, os.stat_result]]:
        """Our files with one of the endings, the least recently used first."""
        found = []
        # Other processes remove files meanwhile.
        with suppress(FileNotFoundError):
            for path in self.folder.iterdir():
                if path.suffix in endings and _OURS.fullmatch(path.name):
                    with suppress(FileNotFoundError):
                        found.append((path, path.stat()))
        return sorted(found, key=lambda file: (file[1].st_mtime_ns, file[0]))


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is not a key of content_key: 64 hexadecimal digits")
    return key


def _key(path: Path) -> str:
    return path.name.partition(".")[0]


def _taken(lock: FileLock) -> bool:
    """Take a lock if nobody has it; whether that went well."""
    import filelock

    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        return False
    return True
