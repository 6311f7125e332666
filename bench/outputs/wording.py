"""How numbers, subsets and failures are said in tables and figures."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from bench.outputs.metrics import NOT_APPLICABLE, OK

NOT_RUN = "–"


def number(value: float, digits: int = 2) -> str:
    """A number of an estimate's size: fewer digits where it is large, none where unknown."""
    if math.isnan(value):
        return NOT_RUN
    places = digits if abs(value) < 100 else min(digits, 1) if abs(value) < 1000 else 0
    return f"{value:.{places}f}"


def plain_number(value: float, digits: int = 2) -> str:
    """As ``number``, without the zeros behind the point of a whole number: 10, 9.50."""
    return f"{value:.0f}" if float(value).is_integer() else number(value, digits)


def percent(value: float) -> str:
    """A fraction as a percentage: 0.4 %, 12 %, 970 %."""
    if math.isnan(value):
        return NOT_RUN
    hundred = 100 * value
    return f"{hundred:.1f} %" if abs(hundred) < 9.95 else f"{hundred:.0f} %"


def seconds(value: float) -> str:
    """Seconds to two digits, as a plain number: 0.06, 2.7, 48, 119."""
    if math.isnan(value):
        return NOT_RUN
    if value < 0.01:
        return "<0.01"
    return f"{value:.2f}" if value < 0.995 else f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def duration(value: float) -> str:
    """A time with its unit: 12 s, 3.4 min, 2.1 h."""
    if math.isnan(value):
        return NOT_RUN
    if value < 100:
        return f"{seconds(value)} s"
    return f"{value / 60:.1f} min" if value < 6000 else f"{value / 3600:.1f} h"


def memory(mebibytes: float) -> str:
    """Memory with its unit."""
    if math.isnan(mebibytes):
        return NOT_RUN
    return f"{mebibytes:.0f} MiB" if mebibytes < 1024 else f"{mebibytes / 1024:.1f} GiB"


def truth_text(levels: tuple[float, ...]) -> str:
    """The true dimensions of a manifold: "d = 10", "d = 10 | 30", "d unknown"."""
    return "d = " + " | ".join(f"{level:g}" for level in levels) if levels else "d unknown"


def mean_text(mean: float, half_width: float, digits: int = 2) -> str:
    """A mean over seeds with its interval: "9.51 ±0.02"; "9.51" of one seed (NaN).

    Where all seeds read the same (0) there is no interval either: "10", to go with ``seeds_note``.
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
    """The seeds of a mean: "(3)", or "(3 of 3 seeds)" where all of them read the same."""
    return f"({ok} of {planned} seeds)" if half_width == 0 else f"({ok})"


def estimate_text(row: Mapping[Hashable, Any]) -> str:
    """An estimate with its interval and seeds, or "failed".

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
    """Median fit seconds, or what there is instead."""
    if row["seeds_ok"] == 0:
        return _without_estimate(row)
    return seconds(row["fit_seconds"]) + _some_failed(row)


def _without_estimate(row: Mapping[Hashable, Any]) -> str:
    return "n/a" if row["status"] == NOT_APPLICABLE else "failed"


def _some_failed(row: Mapping[Hashable, Any]) -> str:
    failed = row["seeds_failed"]
    return f" failed {failed}/{row['seeds_planned']}" if failed else ""


def subset_text(rows: pd.DataFrame) -> str:
    """What part of the samples an estimator used: "[1000 of 10000 points]"; empty for all."""
    used = rows[(rows["points_used"] < rows["n"]).fillna(False)]
    whole = rows["points_used"].fillna(rows["n"]).clip(upper=rows["n"])
    read = rows[(rows["points_read"] < whole).fillna(False)]
    parts = []
    if len(used):
        parts.append(f"{span(used['points_used'])} of {span(used['n'])} points")
    if len(read):
        parts.append(f"reads {span(read['points_read'])} of {span(whole[read.index])} points")
    return f"[{'; '.join(parts)}]" if parts else ""


def labelled(estimator: str, rows: pd.DataFrame) -> str:
    """An estimator's label, with the part of the samples that it used where not all."""
    return f"{estimator} {subset_text(rows)}".strip()


def span(values: pd.Series) -> str:
    """The one value, or the smallest and largest."""
    low, high = int(values.min()), int(values.max())
    return str(low) if low == high else f"{low} to {high}"


def sizes_text(summary: pd.DataFrame) -> str:
    """The points of the samples: "n = 10000 points a sample (line: 5000)"."""
    sizes = summary.groupby("manifold", sort=False)["n"].max()
    usual = int(sizes.mode().max())
    others = [f"{manifold}: {size}" for manifold, size in sizes.items() if size != usual]
    return f"n = {usual} points a sample" + (f" ({', '.join(others)})" if others else "")


def seeds_text(summary: pd.DataFrame) -> str:
    """The seeds planned of each cell: "3 seeds a cell", "1 to 3 seeds a cell"."""
    text = span(summary["seeds_planned"])
    return f"{text} seed a cell" if text == "1" else f"{text} seeds a cell"


def all_failed(records: pd.DataFrame) -> str:
    """That no cell has an estimate, with the first failure; "" where one has, or none failed."""
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
    """Each failure of an estimator once, with the manifolds that it befell and the seeds."""
    places: dict[tuple[str, str], list[str]] = {}
    for row in summary[summary["seeds_failed"] > 0].to_dict("records"):
        place = f"{row['manifold']} ({row['seeds_failed']} of {row['seeds_planned']})"
        places.setdefault((row["estimator"], row["failure"]), []).append(place)
    return [
        f"{estimator} failed on {', '.join(where)}: "
        + textwrap.shorten(str(failure), longest, placeholder="…")
        for (estimator, failure), where in places.items()
    ]
