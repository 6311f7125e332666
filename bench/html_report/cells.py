"""Records and summaries by column, as compact JSON: each name once, short numbers."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from typing_extensions import Self

from bench.record import COLUMNS

_DIGITS = 5
_LONGEST_NOTE = 160


@dataclass(frozen=True)
class Indices:
    """Index of each manifold and estimator in the lists of the page."""

    manifolds: dict[str, int]
    estimators: dict[str, int]

    @classmethod
    def of(cls, records: pd.DataFrame) -> Self:
        """Number them in the order of the records."""
        return cls(*(_places(records[name]) for name in ("manifold", "estimator")))


def _places(labels: Iterable[Any]) -> dict[str, int]:
    return {label: place for place, label in enumerate(dict.fromkeys(labels))}


def round_number(value: Any) -> float | int | None:
    """Return a number to five digits, an integer where it is one; None where it is unknown."""
    if value is None or pd.isna(value) or not math.isfinite(value):
        return None
    short = float(f"{value:.{_DIGITS}g}")
    return int(short) if short.is_integer() else short


def cell_columns(
    records: pd.DataFrame, earlier: pd.DataFrame, indices: Indices
) -> dict[str, list[Any]]:
    """Return every record, a list for each column; ``run`` is 1 for those of earlier runs.

    ``numbers`` are the columns of ``Record`` that have a label.
    """
    both = pd.concat([records, earlier]) if len(earlier) else records
    statuses = _places(both["status"])
    notes = [_note(text) for text in both["message"]]
    known = _places(notes)
    return {
        "statuses": list(statuses),
        "notes": list(known),
        "manifold": [indices.manifolds[label] for label in both["manifold"]],
        "estimator": [indices.estimators[label] for label in both["estimator"]],
        "status": [statuses[status] for status in both["status"]],
        "note": [known[note] for note in notes],
        "run": [0] * len(records) + [1] * len(earlier),
        **{
            short: [round_number(value) for value in both[column].tolist()]
            for short, column in (
                ("n", "n"),
                ("seed", "seed"),
                ("truth", "truth"),
                ("estimate", "estimate"),
                ("error", "error"),
            )
        },
        "numbers": [
            {
                "label": column.facts.label,
                "unit": column.facts.unit,
                "values": [round_number(value) for value in both[column.name].tolist()],
            }
            for column in COLUMNS.values()
            if column.facts.label
        ],
    }


def _note(message: Any) -> str:
    text = "" if message is None or pd.isna(message) else str(message)
    return textwrap.shorten(text, _LONGEST_NOTE, placeholder=" …") or text[:_LONGEST_NOTE].strip()


def pair_columns(summary: pd.DataFrame, indices: Indices) -> dict[str, list[Any]]:
    """Every manifold and estimator over its seeds; ``levels`` are truth, estimate, half-width."""
    return {
        "manifold": [indices.manifolds[label] for label in summary["manifold"]],
        "estimator": [indices.estimators[label] for label in summary["estimator"]],
        "status": summary["status"].tolist(),
        "ok": summary["seeds_ok"].tolist(),
        "planned": summary["seeds_planned"].tolist(),
        "error": [round_number(value) for value in summary["mean_relative_error"].tolist()],
        "seconds": [round_number(value) for value in summary["fit_seconds"].tolist()],
        "levels": [
            [
                [round_number(level[name]) for name in ("truth", "estimate", "half_width")]
                for level in json.loads(groups)
            ]
            for groups in summary["groups"]
        ],
    }
