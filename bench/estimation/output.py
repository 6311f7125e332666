"""Output of ``estimate``: its folder and files, and the table that it prints."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.estimation.caveats import Caveat, caveat_lines, grouped_lines
from bench.estimation.estimates import ERROR, INTERVALS, ORDER
from bench.estimation.plan import HALF
from bench.format import number, percent, plural
from bench.record import OK

#: File in a results folder with the path of the points.
SOURCE = "source.json"
POINTS = "estimate-points.csv"


def default_folder(path: Path, array: str | None, out: Path | None) -> Path:
    """Return ``out``, or a folder below results/ that has no results of another file.

    It is named after the file and array; where results of another file of that name are there,
    after its folder too.
    """
    if out is not None:
        return out
    free = None
    for count, name in enumerate(_names(path, array)):
        folder = Path("results") / f"estimate-{name}"
        owner = _owner(folder, array)
        if owner == _source(path, array):
            return folder
        if owner is None:
            free = free or folder
        if count and free and not folder.exists():
            return free
    raise AssertionError("names do not end")


def mark_folder(folder: Path, path: Path, array: str | None) -> None:
    """Write the path of the points into a results folder."""
    from bench.files import write_text

    write_text(json.dumps(_source(path, array)) + "\n", folder / SOURCE)


def _source(path: Path, array: str | None) -> list[str | None]:
    return [str(path.resolve()), array]


def _owner(folder: Path, array: str | None) -> list[str | None] | None:
    """Return path and array of the points of a results folder, None where they are not known."""
    try:
        source = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
        return source if isinstance(source, list) else None
    except (OSError, ValueError):
        pass
    try:
        # Of a version that had no such file.
        facts = json.loads((folder / "estimate.json").read_text(encoding="utf-8"))
        return [str(Path(facts["path"]).resolve()), array]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _names(path: Path, array: str | None) -> Iterator[str]:
    """Yield names for a file, shorter ones first."""
    whole = path.resolve()
    short = "-".join(filter(None, (whole.name, array)))
    yield short
    longer = "-".join(filter(None, (whole.parent.name, short)))
    yield longer
    for count in itertools.count(2):
        yield f"{longer}-{count}"


def write_estimates(
    rows: pd.DataFrame,
    points: pd.DataFrame | None,
    notes: Sequence[Caveat],
    facts: str,
    out: Path,
    title: str,
) -> list[Path]:
    """Write tables, caveats, JSON and figure, and remove those of earlier points or estimators."""
    from bench.estimation.figure import answers_figure
    from bench.figures.style import FORMATS, save, style
    from bench.files import write_csv, write_text

    paths = [
        write_csv(rows, out / "estimate.csv"),
        write_text("".join(f"{line}\n" for line in caveat_lines(notes)), out / "caveats.txt"),
        write_text(facts + "\n", out / "estimate.json"),
    ]
    for name in (POINTS, *(f"estimate{suffix}" for suffix in FORMATS)):
        (out / name).unlink(missing_ok=True)
    with style():
        figure = answers_figure(rows, title)
        if figure is not None:
            paths += save(figure, out / "estimate")
    return paths if points is None else [*paths, write_csv(points, out / POINTS)]


def print_estimates(rows: pd.DataFrame, notes: Sequence[Caveat], console: Console) -> None:
    """Print the estimates, the reasons of failures, and the caveats, a line a kind."""
    has_estimate = rows["estimate"].notna()
    has_errors = bool(rows[ERROR].notna().any())
    columns: dict[str, list[str]] = {
        "estimator": list(rows["estimator"]),
        "dimension": [
            _text(estimate, number) or str(status)
            for estimate, status in zip(rows["estimate"], rows["status"], strict=True)
        ],
        "another sample (95 %)": [
            "" if math.isnan(low) else f"{number(low)} to {number(high)}"
            for low, high in zip(rows["low"], rows["high"], strict=True)
        ],
        "from": list(rows["interval"]),
        "on halves": [_text(half, number) for half in rows["half_estimate"].where(has_estimate)],
        "seconds": [
            _text(seconds, "{:.1f}".format) for seconds in rows["seconds"].where(has_estimate)
        ],
    }
    if has_errors:
        columns["in suites"] = [
            _text(error, lambda share: f"± {percent(share)}") for error in rows[ERROR]
        ]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    columns = _fit_width(columns, console.width)
    for heading in columns:
        justify: Literal["left", "right"] = "left" if heading == "estimator" else "right"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=heading != "estimator")
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*map(escape, cells))
    console.print()
    console.print(table)
    if rows["low"].notna().any():
        console.print(INTERVALS, highlight=False)
    if has_errors:
        console.print(ORDER, highlight=False)
    console.print()
    for row in rows.to_dict("records"):
        reason = str(row["message"]).partition("\n")[0]
        if row["status"] != OK or reason.startswith("on a half: "):
            status = "" if row["status"] == OK else f" {row['status']}:"
            console.print(f"{row['estimator']}:{status} {reason}", highlight=False, markup=False)
    if notes:
        console.print("Caveats:")
    for line in grouped_lines(notes):
        console.print(f"- {line}", highlight=False, soft_wrap=False, markup=False)


def _fit_width(columns: dict[str, list[str]], width: int) -> dict[str, list[str]]:
    """Return the columns by heading, broken into lines where they are wider than the terminal."""
    needed = sum(2 + max(map(len, [heading, *cells])) for heading, cells in columns.items())
    if needed - 2 <= width:
        return columns
    return {
        "another\nsample (95 %)" if heading.startswith("another") else heading.replace(" ", "\n"): [
            cell.replace(", ", ",\n") for cell in cells
        ]
        for heading, cells in columns.items()
    }


def _text(value: float | None, text_of: Callable[[float], str]) -> str:
    return "" if value is None or math.isnan(value) else text_of(value)


def halves_line(records: pd.DataFrame) -> str:
    """Return a line for all estimates on halves; "" without any."""
    halves = records[records["manifold"].str.startswith(HALF)]
    if halves.empty:
        return ""
    parts, failed = halves["manifold"].nunique(), int((halves["status"] != OK).sum())
    wrong = f", {failed} of them failed" if failed else ""
    return f"{plural(len(halves), 'estimate')} on {parts} halves, for the intervals{wrong}"
