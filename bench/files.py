"""Replace files whole, so that a reader sees the old one or the new one; detect a full disk."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    import pandas as pd

#: What is no character, as in file names of another encoding, is written out.
_ERRORS: Final = "backslashreplace"
#: Bytes below which a file system counts as full, and of the smallest one that is looked at:
#: those of firmware variables are smaller, and always nearly full.
_LEAST, _SMALLEST = 2**16, 2**20


def check_writable(path: Path) -> None:
    """Raise OSError where a file cannot be written, or may not take the place of what is there."""
    with _temporary_file(path):
        pass


@contextmanager
def replace_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` that takes its place when the block ends well.

    A link in its place is replaced, never followed. Raises FileExistsError where something else
    than a file is there, as a device or a folder.
    """
    with _temporary_file(path) as temporary:
        yield temporary
        os.replace(temporary, path)


@contextmanager
def _temporary_file(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path) and not (path.is_symlink() or path.is_file()):
        raise FileExistsError(errno.EEXIST, "it is not a file, and is not replaced", str(path))
    # A name that nobody can have put a link at.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666))
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as CSV, without its index; return the path."""
    with replace_file(path) as part:
        table.to_csv(part, index=False, errors=_ERRORS)
    return path


def write_parquet(table: pd.DataFrame, path: Path) -> Path:
    """Write a table as Parquet, without its index; return the path."""
    # Arrow takes no path whose name is not valid UTF-8, but any open file.
    with replace_file(path) as part, open(part, "wb") as file:
        table.to_parquet(file, index=False)
    return path


def write_text(text: str, path: Path) -> Path:
    """Write a text; return the path."""
    with replace_file(path) as part:
        part.write_text(text, encoding="utf-8", errors=_ERRORS)
    return path


def is_full(error: OSError) -> bool:
    """Return whether an error means that a file system that can be written has no space.

    An estimator may raise such an error of its own accord, which says nothing of the disks. Quotas
    cannot be looked at: those are believed.
    """
    if error.errno == errno.EDQUOT:
        return True
    return error.errno == errno.ENOSPC and any(
        _no_space(place.mountpoint) for place in psutil.disk_partitions(all=True)
    )


def _no_space(place: str) -> bool:
    try:
        facts = os.statvfs(place)
    except OSError:
        return False
    if facts.f_flag & os.ST_RDONLY or facts.f_blocks * facts.f_frsize < _SMALLEST:
        return False
    inodes_gone = facts.f_files > 0 and facts.f_favail == 0
    return inodes_gone or facts.f_bavail * facts.f_frsize < _LEAST
