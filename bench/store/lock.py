"""One run at a time writes to a results folder."""

from __future__ import annotations

import fcntl
import os
import platform
import time
from pathlib import Path
from typing import TextIO

FILE = ".lock"
_TRIES = 5  # ``in_use`` holds the lock for a moment


def acquire(folder: Path) -> TextIO:
    """Lock a folder, made where it is missing, for this process until the file is closed.

    Raises ValueError where it cannot be written, or another run has it. The file says who has it,
    and anybody who may read it can see that it is in use: filelock empties it, and writes to look.
    """
    nearest = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if nearest.exists() and not nearest.is_dir():
        raise ValueError(
            f"cannot write to {folder}: --out names a file ({nearest}), and results need a folder"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = open(folder / FILE, "a+", encoding="utf-8", opener=_open)
    except OSError as error:
        raise ValueError(f"cannot write to {folder}: {error.strerror or error}") from None
    try:
        _lock(file)
    except BlockingIOError:
        file.seek(0)
        who = file.read(200).strip()
        file.close()
        raise ValueError(
            f"another run{who and f' ({who})'} is writing to {folder}; wait for it, or choose "
            "another --out"
        ) from None
    except OSError as error:
        file.close()
        raise ValueError(f"cannot lock {folder / FILE}: {error.strerror or error}") from None
    try:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {platform.node()}")
        file.flush()
    except OSError:
        pass  # The disk is full: the lock holds all the same.
    return file


def in_use(folder: Path) -> bool:
    """Return whether a run is writing to a folder."""
    try:
        with open(folder / FILE, encoding="utf-8", opener=_open) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _open(path: str, flags: int) -> int:
    """Open a file, but not through a link, and without waiting for the other end of a pipe."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)


def _lock(file: TextIO) -> None:
    for _ in range(_TRIES):
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.05)
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
