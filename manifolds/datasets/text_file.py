"""Tables of numbers in text files: their delimiters, decimal marks and headers."""

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
from manifolds.datasets.columns import number_of
from manifolds.datasets.errors import check_memory
from manifolds.datasets.first_line import is_header, is_header_with_words

#: Delimiters of numbers in a line; the most frequent one is taken, or else white space.
DELIMITERS = (",", ";", "\t", "|")
#: Functions that open compressed files, by ending.
COMPRESSED: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
#: First bytes of texts in UTF-16.
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Control characters, which no text of one byte per character holds.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
#: Bytes read at a time.
_PART = 2**26
#: Lines whose digits, and whose fields, are compared with those of the first one.
_LINES_INSPECTED, _LINES_COMPARED = 100, 1000
#: First characters of a line of comments.
_COMMENTS = ("#", "%")
#: A number as Fortran writes those of double precision: 0.25D+01.
_FORTRAN = re.compile(r"(?<![\w.])([+-]?(?:\d+\.?\d*|\.\d+))[dD]([+-]?\d{1,3})(?![\w.])")
#: A line of two numbers or more, some with decimal commas, between white space.
_DECIMAL_COMMAS = re.compile(r"(?=.*\d,\d)(\s*[+-]?\d+(,\d+)*(\.\d*)?([eE][+-]?\d+)?(?!\S)){2,}\s*")
#: A number with commas, and one in which these may stand between thousands.
_COMMAS = re.compile(r"\d+(?:,\d+)+")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(,\d{3})+")


def read_text(path: Path, header: bool | None) -> tuple[Any, bool, tuple[str, ...]]:
    """Return the table of a text file, whether its columns have names, and notes.

    Raises ValueError, which names the file, where it cannot be read.
    """
    import pandas as pd

    try:
        lines, notes = _lines(path)
        frame, named, more = _table(lines, header)
        return frame, named, notes + more
    except (
        *(OSError, EOFError, zlib.error, lzma.LZMAError, UnicodeError, csv.Error),
        *(ValueError, IndexError, pd.errors.ParserWarning),
    ) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _lines(path: Path) -> tuple[list[str], tuple[str, ...]]:
    """Return the lines of a text, and a note where it is not in Unicode."""
    opened: Callable[..., Any] = COMPRESSED.get(path.suffix.lower(), open)
    parts: list[bytes] = []
    with opened(path, "rb") as file:
        # A compressed file may be far larger than its size on disk.
        while part := file.read(_PART):
            parts.append(part)
            check_memory(4 * len(parts) * len(parts[0]), "the text")
    content = b"".join(parts)
    text, notes = _decode(content)
    lines: list[str] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(line.strip() for line in lines):
        raise ValueError("it is empty")
    return lines, notes


def _decode(content: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return content.decode("utf-16" if content.startswith(_UTF16) else "utf-8-sig"), ()
    except UnicodeError:
        if _CONTROL.search(content):
            raise ValueError("it is no text in UTF-8: save it as UTF-8") from None
    note = "the text is not in UTF-8 and was read as Latin-1: save it as UTF-8 if names look wrong"
    return content.decode("cp1252", errors="replace"), (note,)


def _table(lines: list[str], header: bool | None) -> tuple[Any, bool, tuple[str, ...]]:
    import pandas as pd

    comments = []
    while lines and (lines[0].lstrip().startswith(_COMMENTS) or not lines[0].strip()):
        comments.append(lines.pop(0).strip().lstrip("#% "))
    start = "\n".join(lines[:2])
    if _FORTRAN.search(start):
        lines = [_FORTRAN.sub(r"\1e\2", line) for line in lines]
    outside_quotes = re.sub(r'"[^"\n]*"', "", start)
    counts = {mark: outside_quotes.count(mark) for mark in DELIMITERS}
    # Decimal commas stand between digits, in every second place of lines that have others.
    if counts[";"] or counts["\t"] or _DECIMAL_COMMAS.fullmatch(start.rpartition("\n")[2]):
        counts[","] = 0
    delimiter = max(DELIMITERS, key=lambda mark: counts[mark])
    separator = delimiter if counts[delimiter] else r"\s+"
    decimal = "," if separator != "," and re.search(r"\d,\d", start) else "."
    if decimal == ",":
        _check_thousands(lines)
    if counts[delimiter]:
        lines = _strip_last_delimiter(lines, delimiter)
    names = _fields(comments[-1], separator) if comments and comments[-1] else []
    if lines and len(names) == len(_fields(lines[0], separator)) and header is None:
        lines.insert(0, separator.join(names) if counts[delimiter] else " ".join(names))
        header = True
    first, note = None, ""
    if header is None and not _has_unnamed_index(lines, separator):
        fields = _fields(lines[0], separator, decimal)
        if all(number_of(field) is not None for field in fields):
            first, header = fields, False
        else:
            below = [
                _fields(line, separator, decimal)
                for line in lines[1:_LINES_COMPARED]
                if line.strip()
            ]
            header, note = is_header_with_words(fields, below, _lengths(lines, separator))
    if header is not False and _has_unnamed_index(lines, separator):
        header = True
        if all(number_of(name) is not None for name in _fields(lines[0], separator, decimal)):
            note = (
                f"the first line ({lines[0][:40].strip()}) has one field less than the rows and "
                "was taken for names of columns"
            )
        lines[0] = (delimiter if counts[delimiter] else '"" ') + lines[0]
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
        return frame, bool(header), (note,) if note else ()
    named, note = is_header(first, frame.iloc[1:], _lengths(lines, separator))
    if named:
        frame = frame.iloc[1:].reset_index(drop=True)
        frame.columns = pd.Index(_fields(lines[0], separator))
    return frame, named, (note,) if note else ()


def _lengths(lines: list[str], separator: str) -> Array:
    """Return the mean lengths of a field, without its sign, in the first line and the next ones."""
    some = [line for line in lines[:_LINES_INSPECTED] if line.strip()]
    return np.array([np.mean([len(f.lstrip("+-")) for f in _fields(g, separator)]) for g in some])


def _check_thousands(lines: list[str]) -> None:
    """Raise ValueError where commas may separate thousands instead of decimals."""
    numbers = (match.group() for line in lines[1:] or lines for match in _COMMAS.finditer(line))
    example = ""
    for example in numbers:
        if not _THOUSANDS.fullmatch(example):
            return
    if example:
        raise ValueError(
            f"numbers such as {example} may have commas between thousands or before decimals: "
            "leave commas between thousands out, and write decimals with points"
        )


def _strip_last_delimiter(lines: list[str], delimiter: str) -> list[str]:
    """Return the lines without delimiters at their ends.

    These are in each line, or only in the line of names, or only in the lines below.
    """

    def ends(line: str) -> bool:
        return line.rstrip(" ").endswith(delimiter)

    def cut(line: str) -> str:
        return line.rstrip(" ")[: -len(delimiter)] if ends(line) else line

    below = [line for line in lines[1:] if line.strip()]
    if below and not all(map(ends, below)):
        lengths = [len(_fields(line, delimiter)) for line in (lines[0], below[0])]
        only_names = ends(lines[0]) and lengths[0] == lengths[1] + 1
        return [cut(lines[0]), *lines[1:]] if only_names else lines
    if below and not ends(lines[0]):
        lengths = [len(_fields(line, delimiter)) for line in (lines[0], below[0])]
        return [lines[0], *map(cut, lines[1:])] if lengths[0] + 1 == lengths[1] else lines
    return list(map(cut, lines))


def _fields(line: str, separator: str, decimal: str = ".") -> list[str]:
    line = line.partition("#")[0].strip(" ")
    if len(separator) > 1:
        line, separator = re.sub(r"\s+", " ", line.strip()), " "
    (fields,) = csv.reader([line], delimiter=separator, skipinitialspace=True) if line else ([""],)
    fields = [field.strip() for field in fields]
    if decimal == ".":
        return fields
    return [
        f if number_of(f.replace(decimal, ".")) is None else f.replace(decimal, ".") for f in fields
    ]


def _has_unnamed_index(lines: list[str], separator: str) -> bool:
    """Return whether the column of row names has no name, as from R's write.table.

    Between commas or semicolons, numbers are row names only if they count from 1, as R's do.
    """
    below = next((line for line in lines[1:] if line.strip()), "")
    first, second = _fields(lines[0], separator), _fields(below, separator)
    if len(first) + 1 != len(second):
        return False
    spaced = separator in (r"\s+", "\t") or below.lstrip().startswith('"')
    return spaced or second[0] == "1" or number_of(second[0]) is None
