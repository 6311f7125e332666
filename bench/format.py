"""Numbers, times, counts and texts as terminals, tables and figures show them."""

from __future__ import annotations

import math
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

NOT_RUN = "–"
#: Characters of a text that are printed at most.
MAX_TEXT = 2000


def number(value: float, digits: int = 2) -> str:
    """Return a number of an estimate's size: fewer digits where it is large, a dash where NaN."""
    if math.isnan(value):
        return NOT_RUN
    places = digits if abs(value) < 100 else min(digits, 1) if abs(value) < 1000 else 0
    return f"{value:.{places}f}"


def plain_number(value: float, digits: int = 2) -> str:
    """Return as ``number``, without the zeros behind the point of a whole number: 10, 9.50."""
    return f"{value:.0f}" if float(value).is_integer() else number(value, digits)


def percent(value: float) -> str:
    """Return a fraction as a percentage: 0.4 %, 12 %, 970 %."""
    if math.isnan(value):
        return NOT_RUN
    hundred = 100 * value
    return f"{hundred:.1f} %" if abs(hundred) < 9.95 else f"{hundred:.0f} %"


def percent_difference(value: float) -> str:
    """Return a relative difference, however small, as a percentage: 3e-07 %, 12 %, 970 %."""
    return f"{100 * value:.0f} %" if value >= 1 else f"{100 * value:.2g} %"


def seconds(value: float) -> str:
    """Return seconds to two digits, as a plain number: 0.06, 2.7, 48, 119."""
    if math.isnan(value):
        return NOT_RUN
    if value < 0.01:
        return "<0.01"
    return f"{value:.2f}" if value < 0.995 else f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def memory(mebibytes: float, digits: int = 1) -> str:
    """Return memory with its unit; ``digits`` are those of gibibytes."""
    if math.isnan(mebibytes):
        return NOT_RUN
    return f"{mebibytes:.0f} MiB" if mebibytes < 1024 else f"{mebibytes / 1024:.{digits}f} GiB"


def file_size(size: float) -> str:
    """Return bytes with a decimal unit: 12 B, 3.5 kB, 1.2 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"


def truth_text(levels: tuple[float, ...]) -> str:
    """Return the true dimensions of a manifold: "d = 10", "d = 10 | 30", "d unknown"."""
    return "d = " + " | ".join(f"{level:g}" for level in levels) if levels else "d unknown"


def mean_text(mean: float, half_width: float, digits: int = 2) -> str:
    """Return a mean over seeds with its interval: "9.51 ±0.02"; "9.51" of one seed (NaN).

    Where all seeds give the same (0) there is no interval either: "10", to go with ``seeds_note``.
    """
    if math.isnan(half_width):
        return number(mean, digits)
    if half_width == 0:
        return plain_number(mean, digits)
    reach = number(half_width, digits)
    if float(reach) == 0:
        reach = f"<{10.0**-digits:g}"
    return f"{number(mean, digits)} ±{reach}"


def seeds_note(half_width: float, ok: int, planned: int) -> str:
    """Return the seeds of a mean: "(3)", or "(3 of 3 seeds)" where all of them give the same."""
    return f"({ok} of {planned} seeds)" if half_width == 0 else f"({ok})"


def one_line(text: str) -> str:
    """Return a text from a cell as one line of printable characters: it may not move the cursor."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def duration(seconds: float) -> str:
    """Return seconds in usual units: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if math.isnan(seconds):
        return NOT_RUN
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def plural(number: int, what: str) -> str:
    """Return a number of things: 1 cell, 12 cells."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def printable(text: str) -> str:
    """Return a text whose control characters are written out, as ``\\x1b``, but for line ends.

    What a terminal would obey is then only shown: escape sequences, bells, changes of the
    direction of writing, halves of characters.
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character.isprintable() or character in "\n\t" or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


def print_lines(console: Console, *lines: str) -> None:
    """Print lines as they are: no colours, no markup, no folding."""
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True, markup=False)
