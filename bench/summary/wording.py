"""Texts of summaries: estimates, runtimes, parts of samples, failures."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from bench.format import mean_text, seconds, seeds_note
from bench.record import NOT_APPLICABLE, OK


def estimate_text(row: Mapping[Hashable, Any]) -> str:
    """Return an estimate with its interval and seeds, or "failed".

    "9.51 ±0.02 (3)", "10 (3 of 3 seeds)", "10.0 | 30.0 (1)".
    """
    if row["seeds_ok"] == 0:
        return _without_estimate(row)
    groups = json.loads(row["groups"])
    digits = 2 if len(groups) == 1 else 1
    levels, notes = [], []
    for group in groups:
        half_width = math.nan if group["half_width"] is None else group["half_width"]
        levels.append(mean_text(group["estimate"], half_width, digits))
        notes.append(seeds_note(half_width, row["seeds_ok"], row["seeds_planned"]))
    if len(set(notes)) == 1:
        return f"{' | '.join(levels)} {notes[0]}" + _some_failed(row)
    texts = (f"{level} {note}" for level, note in zip(levels, notes, strict=True))
    return " | ".join(texts) + _some_failed(row)


def runtime_text(row: Mapping[Hashable, Any]) -> str:
    """Return the median fit seconds, or the status where there are none."""
    if row["seeds_ok"] == 0:
        return _without_estimate(row)
    return seconds(row["fit_seconds"]) + _some_failed(row)


def _without_estimate(row: Mapping[Hashable, Any]) -> str:
    return "n/a" if row["status"] == NOT_APPLICABLE else "failed"


def _some_failed(row: Mapping[Hashable, Any]) -> str:
    failed = row["seeds_failed"]
    return f" failed {failed}/{row['seeds_planned']}" if failed else ""


def subset_text(rows: pd.DataFrame) -> str:
    """Return the part of the samples that was used: "[1000 of 10000 points]"; empty for all."""
    used = rows[(rows["points_used"] < rows["n"]).fillna(False)]
    whole = rows["points_used"].fillna(rows["n"]).clip(upper=rows["n"])
    read = rows[(rows["points_read"] < whole).fillna(False)]
    parts = []
    if len(used):
        parts.append(f"{span(used['points_used'])} of {span(used['n'])} points")
    if len(read):
        parts.append(f"reads {span(read['points_read'])} of {span(whole[read.index])} points")
    return f"[{'; '.join(parts)}]" if parts else ""


def label_text(estimator: str, rows: pd.DataFrame) -> str:
    """Return an estimator's label, with the part of the samples that it used where not all."""
    return f"{estimator} {subset_text(rows)}".strip()


def span(values: pd.Series) -> str:
    """Return the one value, or the smallest and largest."""
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"


def sizes_text(summary: pd.DataFrame) -> str:
    """Return the points of the samples: "n = 10000 points a sample (line: 5000)"."""
    sizes = summary.groupby("manifold", sort=False)["n"].max()
    usual = int(sizes.mode().max())
    others = [f"{manifold}: {size}" for manifold, size in sizes.items() if size != usual]
    return f"n = {usual} points a sample" + (f" ({', '.join(others)})" if others else "")


def seeds_text(summary: pd.DataFrame) -> str:
    """Return the planned seeds of each cell: "3 seeds a cell", "1 to 3 seeds a cell"."""
    text = span(summary["seeds_planned"])
    return f"{text} seed a cell" if text == "1" else f"{text} seeds a cell"


def all_failed(records: pd.DataFrame) -> str:
    """Return that no cell has an estimate, and the first failure; "" where one has one."""
    failed = records[~records["status"].isin([OK, NOT_APPLICABLE])]
    if failed.empty or (records["status"] == OK).any():
        return ""
    first = failed.iloc[0]
    message = " ".join(str(first["message"] or "").split())
    return (
        f"{len(failed)} of {len(records)} cells failed and none gave an estimate; the first, "
        f"{first['estimator']} on {first['manifold']}: {first['status']}"
        + (f": {textwrap.shorten(message, 300, placeholder='…')}" if message else "")
    )


def failure_texts(summary: pd.DataFrame, longest: int = 160) -> list[str]:
    """Return each failure of an estimator once, with its manifolds and seeds."""
    places: dict[tuple[str, str], list[str]] = {}
    for row in summary[summary["seeds_failed"] > 0].to_dict("records"):
        place = f"{row['manifold']} ({row['seeds_failed']} of {row['seeds_planned']})"
        places.setdefault((row["estimator"], row["failure"]), []).append(place)
    return [
        f"{estimator} failed on {', '.join(where)}: "
        + textwrap.shorten(str(failure), longest, placeholder="…")
        for (estimator, failure), where in places.items()
    ]
