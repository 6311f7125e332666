"""What `estimate` prints: a table of answers, what failed, and caveats."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.estimation import order
from bench.estimation.answers import MEANING
from bench.estimation.caveats import Caveat, short_lines
from bench.estimation.plan import HALF
from bench.format import counted, number, percent
from bench.record import OK


def print_answers(rows: pd.DataFrame, told: Sequence[Caveat], console: Console) -> None:
    """Print the answers in their order, why some failed, and the caveats, one line a kind."""
    answered = rows["estimate"].notna()
    known = bool(rows[order.ERROR].notna().any())
    columns: dict[str, list[str]] = {
        "estimator": list(rows["estimator"]),
        "dimension": [
            _shown(estimate, number) or str(status)
            for estimate, status in zip(rows["estimate"], rows["status"], strict=True)
        ],
        "another sample (95 %)": [
            "" if math.isnan(low) else f"{number(low)} to {number(high)}"
            for low, high in zip(rows["low"], rows["high"], strict=True)
        ],
        "from": list(rows["interval"]),
        "on halves": [_shown(half, number) for half in rows["half_estimate"].where(answered)],
        "seconds": [
            _shown(seconds, "{:.1f}".format) for seconds in rows["seconds"].where(answered)
        ],
    }
    if known:
        columns["in suites"] = [
            _shown(error, lambda share: f"± {percent(share)}") for error in rows[order.ERROR]
        ]
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    columns = _fitting(columns, console.width)
    for heading in columns:
        justify: Literal["left", "right"] = "left" if heading == "estimator" else "right"
        table.add_column(heading, justify=justify, overflow="fold", no_wrap=heading != "estimator")
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*map(escape, cells))
    console.print()
    console.print(table)
    if rows["low"].notna().any():
        console.print(MEANING, highlight=False)
    if known:
        console.print(order.MEANING, highlight=False)
    console.print()
    for row in rows.to_dict("records"):
        reason = str(row["message"]).partition("\n")[0]
        if row["status"] != OK or reason.startswith("on a half: "):
            status = "" if row["status"] == OK else f" {row['status']}:"
            console.print(f"{row['estimator']}:{status} {reason}", highlight=False, markup=False)
    if told:
        console.print("Caveats:")
    for line in short_lines(told):
        console.print(f"- {line}", highlight=False, soft_wrap=False, markup=False)


def _fitting(columns: dict[str, list[str]], width: int) -> dict[str, list[str]]:
    """Columns by heading; in several lines what is too wide for the terminal."""
    needed = sum(2 + max(map(len, [heading, *cells])) for heading, cells in columns.items())
    if needed - 2 <= width:
        return columns
    return {
        "another\nsample (95 %)" if heading.startswith("another") else heading.replace(" ", "\n"): [
            cell.replace(", ", ",\n") for cell in cells
        ]
        for heading, cells in columns.items()
    }


def _shown(value: float | None, words: Callable[[float], str]) -> str:
    return "" if value is None or math.isnan(value) else words(value)


def of_halves(records: pd.DataFrame) -> str:
    """One line for all estimates on halves; "" without any."""
    halves = records[records["manifold"].str.startswith(HALF)]
    if halves.empty:
        return ""
    parts, failed = halves["manifold"].nunique(), int((halves["status"] != OK).sum())
    wrong = f", {failed} of them failed" if failed else ""
    return f"{counted(len(halves), 'estimate')} on {parts} halves, for the intervals{wrong}"
