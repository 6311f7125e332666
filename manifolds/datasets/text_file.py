"""Tables of numbers in text files: what stands between the numbers, and what the columns are."""

from __future__ import annotations

import bz2
import codecs
import csv
import gzip
import io
import lzma
import re
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from manifolds.base import Array
from manifolds.datasets.damage import check_memory
from manifolds.datasets.first_line import is_named

#: What may stand between the numbers of a line; the most frequent one is taken, else white space.
DELIMITERS = (",", ";", "\t", "|")
#: What is written for a missing number.
MISSING = ("?", "-", ".", "NA", "N/A", "NaN", "nan", "null", "None", "none", "missing")
#: How files of these endings are opened.
COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
#: How texts of two bytes a character begin.
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Bytes that are read at a time.
_PART = 2**26
#: Lines whose digits are compared.
_LOOKED_AT = 100
#: What a line of comments begins with.
_COMMENTS = ("#", "%")
#: A number as Fortran writes those of double precision: 0.25D+01.
_FORTRAN = re.compile(r"(?<![\w.])([+-]?(?:\d+\.?\d*|\.\d+))[dD]([+-]?\d{1,3})(?![\w.])")
#: A line of two numbers or more with decimal commas, between white space.
_DECIMAL_COMMAS = re.compile(
    r"\s*[+-]?\d+,\d+([eE][+-]?\d+)?(\s+[+-]?\d+(,\d+)?([eE][+-]?\d+)?)+\s*"
)


def read_text(path: Path, header: bool | None) -> tuple[Any, bool, tuple[str, ...]]:
    """Return the table of a text file, whether its columns have names, and notes.

    Raises ValueError, which names the file, where it cannot be read.
    """
    import pandas as pd

    try:
        return _table(_lines(path), header)
    except (
        *(OSError, EOFError, zlib.error, lzma.LZMAError, UnicodeError, csv.Error),
        *(ValueError, IndexError, pd.errors.ParserWarning),
    ) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _lines(path: Path) -> list[str]:
    opened: Callable[..., Any] = COMPRESSED.get(path.suffix.lower(), open)
    parts: list[bytes] = []
    with opened(path, "rb") as file:
        # A compressed file may hold far more than its size says.
        while part := file.read(_PART):
            parts.append(part)
            check_memory(4 * len(parts) * len(parts[0]), "the text")
    content = b"".join(parts)
    text = content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig")
    lines: list[str] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(line.strip() for line in lines):
        raise ValueError("it is empty")
    return lines


def _table(lines: list[str], header: bool | None) -> tuple[Any, bool, tuple[str, ...]]:
    import pandas as pd

    comments = []
    while lines and (lines[0].startswith(_COMMENTS) or not lines[0].strip()):
        comments.append(lines.pop(0).lstrip("#% "))
    start = "\n".join(lines[:2])
    if _FORTRAN.search(start):
        lines = [_FORTRAN.sub(r"\1e\2", line) for line in lines]
    outside_quotes = re.sub(r'"[^"\n]*"', "", start)
    counted = {mark: outside_quotes.count(mark) for mark in DELIMITERS}
    # Decimal commas stand between digits, in every second place of lines that have others.
    if counted[";"] or counted["\t"] or _DECIMAL_COMMAS.fullmatch(start.rpartition("\n")[2]):
        counted[","] = 0
    delimiter = max(DELIMITERS, key=lambda mark: counted[mark])
    separator = delimiter if counted[delimiter] else r"\s+"
    decimal = "," if separator != "," and re.search(r"\d,\d", start) else "."
    # A separator at the end of every line separates nothing.
    if counted[delimiter] and all(
        line.rstrip(" ").endswith(delimiter) for line in lines if line.strip()
    ):
        lines = [line.rstrip(" ")[: -len(delimiter)] for line in lines]
    names = _fields(comments[-1], separator) if comments else []
    if lines and len(names) == len(_fields(lines[0], separator)) and header is None:
        lines.insert(0, separator.join(names) if counted[delimiter] else " ".join(names))
        header = True
    first = None
    if header is None:
        first = _numbers(lines[0], separator, decimal)
        header = first is None and not _has_missing(lines[0], separator)
    if header and separator == r"\s+" and _lacks_one(lines, separator):
        lines[0] = f'"" {lines[0]}'
    with warnings.catch_warnings():
        # Lines of more numbers than there are names would lose some.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            io.StringIO("\n".join(lines)),
            sep=separator,
            decimal=decimal,
            header=0 if header else None,
            index_col=False,
            skipinitialspace=True,
            comment="#",
        )
    if first is None:
        return frame, header, ()
    named, note = is_named(first, frame.iloc[1:], _is_brief(lines, separator))
    if named:
        frame = frame.iloc[1:].reset_index(drop=True)
        frame.columns = pd.Index(_fields(lines[0], separator))
    return frame, named, (note,) if note else ()


def _is_brief(lines: list[str], separator: str) -> bool:
    """Return whether the first line has numbers of far fewer digits than any of the next ones."""

    def length(line: str) -> float:
        return float(np.mean([len(field) for field in _fields(line, separator)] or [0]))

    others = [length(line) for line in lines[1:_LOOKED_AT] if line.strip()]
    return bool(others) and length(lines[0]) <= 0.5 * min(others)


def _fields(line: str, separator: str) -> list[str]:
    line = line.partition("#")[0].strip(" ")
    if len(separator) > 1:
        line, separator = re.sub(r"\s+", " ", line.strip()), " "
    (fields,) = csv.reader([line], delimiter=separator, skipinitialspace=True)
    return [field.strip() for field in fields]


def _lacks_one(lines: list[str], separator: str) -> bool:
    """Return whether row names have no name, as R's write.table leaves them."""
    first, second = ([*_fields(line, separator)] for line in [*lines, ""][:2])
    return len(first) + 1 == len(second)


def _numbers(line: str, separator: str, decimal: str) -> Array | None:
    """Return the numbers of a line; None where it holds anything else."""
    try:
        fields = [field.replace(decimal, ".") for field in _fields(line, separator)]
        return np.array([float(field) for field in fields])
    except ValueError:
        return None


def _has_missing(line: str, separator: str) -> bool:
    """Return whether a line lacks a number: one of names may lack its first, of an index."""
    fields = _fields(line, separator)
    numbers = [bool(field) and _numbers(field, separator, ".") is not None for field in fields]
    gaps = any(field == "" for field in fields[1:]) and any(numbers)
    return gaps or any(field in MISSING for field in fields)
