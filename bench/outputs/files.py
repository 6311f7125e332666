"""Writing a file so that a reader sees the old one or the new one, never half of it."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pandas as pd

#: What is no character, as in file names of another encoding, is written out.
_LACKING: Final = "backslashreplace"


def check_replaceable(path: Path) -> None:
    """Raise FileExistsError where something is that no file may take the place of."""
    if os.path.lexists(path) and not (path.is_symlink() or path.is_file()):
        raise FileExistsError(errno.EEXIST, "it is no file, and is not replaced", str(path))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside ``path`` that takes its place when the block ends well.

    A link in its place is replaced, never followed. Raises FileExistsError where something is
    there that is no file, as a device or a folder.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    check_replaceable(path)
    # A name that nobody can have put a link at.
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666))
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_csv(table: pd.DataFrame, path: Path) -> Path:
    """A table as CSV, without its index; returns the path."""
    with replacing(path) as part:
        table.to_csv(part, index=False, errors=_LACKING)
    return path


def write_text(text: str, path: Path) -> Path:
    """A text; returns the path."""
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8", errors=_LACKING)
    return path
