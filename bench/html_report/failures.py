"""Groups of failures whose messages differ in numbers only."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from bench.record import NOT_APPLICABLE, OK

_NUMBER = re.compile(r"\d+(\.\d+)?")
_LONGEST = 4000
_MOST_PLACES = 60


@dataclass(frozen=True)
class FailureGroup:
    """Failed cells of one estimator with one status, and one message but for its numbers.

    ``headline`` is the first line of the first cell's message, ``message`` all of it, with the
    last lines of its output. ``places`` are the manifolds with their seeds, of which ``more`` are
    not named.
    """

    estimator: str
    status: str
    count: int
    headline: str
    message: str
    places: list[str]
    more: int


def failure_groups(records: pd.DataFrame) -> list[FailureGroup]:
    """Return groups of the failures among the records, the largest first."""
    failed = records[~records["status"].isin([OK, NOT_APPLICABLE])]
    failures = []
    texts = failed["message"].fillna("").astype(str)
    kinds = texts.map(lambda text: _NUMBER.sub("#", text))
    groups = failed.assign(message=texts, kind=kinds).groupby(["estimator", "status", "kind"])
    for (estimator, status, _), rows in groups:
        seeds = rows.groupby("manifold", sort=False)["seed"].apply(list)
        places = [
            f"{manifold} (seed{'s' if len(own) > 1 else ''} {', '.join(map(str, own))})"
            for manifold, own in seeds.items()
        ]
        message = str(rows["message"].iloc[0]).strip()
        lines = message.splitlines()
        failures.append(
            FailureGroup(
                estimator=str(estimator),
                status=str(status),
                count=len(rows),
                headline=lines[0][:300] if lines else "no message",
                message=message[:_LONGEST] + (" …" if len(message) > _LONGEST else ""),
                places=places[:_MOST_PLACES],
                more=len(places[_MOST_PLACES:]),
            )
        )
    return sorted(failures, key=lambda group: -group.count)
