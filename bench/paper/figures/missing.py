"""What is said in the place of a result that is not there."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from bench.paper.style import NO_DATA, SMALL
from bench.record import OK


def why_missing(rows: pd.DataFrame) -> str:
    """In a word or two, of the records of a cell: none was run, or how it failed."""
    failed = rows.loc[rows["status"] != OK, "status"]
    if failed.empty:
        return "not run" if rows.empty else "nothing kept"
    status = str(failed.iloc[0])
    return "failed" if status == "failed" else f"failed ({status})"


def say(axes: Axes, text: str) -> None:
    """Write into an empty panel why it is empty."""
    axes.text(
        0.5,
        0.5,
        text,
        transform=axes.transAxes,
        ha="center",
        va="center",
        fontsize=SMALL,
        style="italic",
        color=NO_DATA,
        gid="missing",
    )
