"""Folders of samples that runs have left behind when they were killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

#: How the folders begin, and the file in them that their run holds a lock on.
PREFIX, CLAIM = "bench-samples-", "claim"


def claimed(folder: Path) -> contextlib.ExitStack:
    """Hold a lock in a folder of samples, so that others see that its run lives, until closed.

    Where there is no space for it, or the file system has no locks, the folder has no claim.
    """
    held = contextlib.ExitStack()
    with contextlib.suppress(OSError):
        file = held.enter_context(open(folder / CLAIM, "w", encoding="utf-8"))
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return held


def reclaim() -> int:
    """Remove the folders whose run is dead; returns how many there were.

    Only those of this user, with a claim that nobody holds: the system lets go of the lock of a
    process however that ends.
    """
    removed = 0
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            with open(os.open(folder / CLAIM, os.O_RDONLY | os.O_NOFOLLOW)) as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
                removed += 1
    return removed
