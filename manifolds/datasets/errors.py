"""Errors of files: one ValueError for the dozens that libraries raise of damaged ones."""

from __future__ import annotations

import math
import os
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import psutil

#: Most characters of a library's message.
_LONGEST = 300
#: Errors of libraries for damaged files, beside OSError and ValueError.
_LIBRARY = (
    *(LookupError, TypeError, AttributeError, AssertionError, RecursionError, NameError),
    *(ArithmeticError, struct.error),
)


@contextmanager
def file_errors(path: Path, allowed: str) -> Iterator[None]:
    """Turn every exception inside into a ValueError that names the file and what is ``allowed``."""
    try:
        yield
    except Exception as error:
        plain = type(error) is ValueError
        if plain and str(path) in str(error):
            raise
        reason = " ".join(str(error).split())[:_LONGEST]
        if isinstance(error, MemoryError):
            reason = reason or "it needs more memory than there is"
        elif not plain and not isinstance(error, OSError):
            reason = f"{type(error).__name__}: {reason}"
        raise ValueError(f"{path} cannot be read: {reason}; {allowed}") from None


@contextmanager
def library_errors(library: str) -> Iterator[None]:
    """Turn a library's internal errors of a damaged file into a ValueError that names the library.

    Only for calls of a library: in the reader's own code these errors are bugs.
    """
    try:
        yield
    except _LIBRARY:
        raise ValueError(f"{library} finds that it is damaged, or not of its kind") from None


def missing_extra(extra: str, user: str, package: str | None) -> ValueError:
    """Return the error for a ``package`` of an extra that ``user`` needs and is not installed."""
    return ValueError(
        f"{user} needs the package {package} of the extra {extra!r}: "
        f"pip install 'intrinsic-dimension-bench[{extra}]', or in a clone pip install '.[{extra}]'"
    )


def check_memory(size: float, what: str) -> None:
    """Raise ValueError where ``size`` bytes do not fit into the free memory."""
    free = psutil.virtual_memory().available
    if size > free:
        raise ValueError(
            f"{what} takes {size / 2**30:.1f} GiB of memory, of which {free / 2**30:.1f} are free"
        )


def check_arrays(path: Path, name: str | None = None) -> None:
    """Raise ValueError where the sizes in the headers of an .npy or .npz file cannot be right.

    The arrays must be in the file, and fit into memory together with a copy as float64, before any
    of them is read. ``name`` is that of the only array to be read.
    """
    with open(path, "rb") as file:
        if not zipfile.is_zipfile(file):
            file.seek(0)
            return _check_array(file, os.fstat(file.fileno()).st_size, "the array")
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if name is None or member.filename in (name, f"{name}.npy"):
                    with archive.open(member) as inner:
                        _check_array(inner, member.file_size, f"array {member.filename!r}")


def _check_array(file: IO[bytes], size: int, what: str) -> None:
    """Compare the header of numpy's format with the bytes that there are."""
    if file.read(6) != np.lib.format.MAGIC_PREFIX:
        return  # numpy raises the error.
    major, minor = (*file.read(2), 0, 0)[:2]
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get((major, minor))
    if read is None:
        return
    with library_errors("numpy"):
        shape, _, dtype = read(file)
    count = math.prod(shape)
    if min(shape, default=0) < 0 or (count * dtype.itemsize > size and not dtype.hasobject):
        raise ValueError(f"{what} says that its shape is {shape}, of which {size} bytes are there")
    check_memory(count * (dtype.itemsize + 8), f"{what} of shape {shape}")
