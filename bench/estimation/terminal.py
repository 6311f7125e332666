"""What `estimate` prints: a table of answers, what failed, and caveats."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pandas as pd
from rich.console import Console
from rich.table import Table

from bench.estimation import order
from bench.estimation.answers import MEANING
from bench.estimation.caveats import Caveat, short_lines
from bench.estimation.plan import ALL, HALF
from bench.outputs.metrics import OK
from bench.outputs.wording import number, percent
from bench.progress import counted


def print_answers(rows: pd.DataFrame, told: Sequence[Caveat], console: Console) -> None:
    """Print the answers in their order, why some failed, and the caveats, one line a kind."""
    known = bool(rows[order.ERROR].notna().any())
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("estimator", no_wrap=True)
    headings = ["dimension", "another sample (95 %)", "from", "on halves", "seconds"]
    for heading in [*headings, "in suites"] if known else headings:
        table.add_column(heading, justify="right", no_wrap=heading not in ("from", headings[1]))
    for row in rows.to_dict("records"):
        if math.isnan(row["estimate"]):
            table.add_row(row["estimator"], row["status"])
            continue
        low, high, half, error = (
            row[name] for name in ("low", "high", "half_estimate", order.ERROR)
        )
        seconds = row["seconds"]
        table.add_row(
            row["estimator"],
            number(row["estimate"]),
            "" if math.isnan(low) else f"{number(low)} to {number(high)}",
            row["interval"],
            "" if math.isnan(half) else number(half),
            f"{seconds:.1f}" if seconds is not None and not math.isnan(seconds) else "",
            *([] if not known else ["" if math.isnan(error) else f"± {percent(error)}"]),
        )
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


def of_halves(records: pd.DataFrame) -> str:
    """One line for all estimates on halves; "" without any."""
    halves = records[records["manifold"].str.startswith(HALF)]
    if halves.empty:
        return ""
    parts, failed = halves["manifold"].nunique(), int((halves["status"] != OK).sum())
    wrong = f", {failed} of them failed" if failed else ""
    return f"{counted(len(halves), 'estimate')} on {parts} halves, for the intervals{wrong}"
