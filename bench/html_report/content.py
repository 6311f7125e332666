"""Content of a report, as plain texts and numbers."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bench.format import duration, truth_text
from bench.html_report.cells import Indices, cell_columns, pair_columns, rounded
from bench.html_report.failures import FailureGroup, failure_groups
from bench.html_report.reproduce import commands_of
from bench.html_report.results import Results
from bench.html_report.spectra_panels import spectra
from bench.record import OK
from bench.summary.columns import RANKING, RankingColumn
from bench.summary.ranking import rank
from bench.summary.summarise import summarise, truth_levels
from bench.summary.wording import seeds_text, sizes_text


@dataclass(frozen=True)
class StandingCell:
    """Text of a cell of the leaderboard, and its number for sorting (None where unknown)."""

    kind: str
    text: str
    value: float | None
    bad: bool


@dataclass(frozen=True)
class LeaderboardRow:
    """An estimator of the leaderboard; ``index`` is its own in the page's data."""

    index: int
    rank: int
    estimator: str
    cells: list[StandingCell]


@dataclass(frozen=True)
class Content:
    """Values of the template, and ``data`` of the scripts, which write the rest."""

    title: str
    when: str
    sizes: str
    tiles: list[tuple[str, str, str]]
    notices: list[str]
    headings: list[tuple[str, str]]
    standings: list[LeaderboardRow]
    families: list[str]
    manifolds: int
    failures: list[FailureGroup]
    failures_left_out: int
    environments: list[tuple[str, int, list[tuple[str, str]]]]
    commands: list[str]
    typed: bool
    data: dict[str, Any]


def content(results: Results) -> Content:
    """Return the content of a report. Raises ValueError where a record is damaged."""
    records = results.records
    try:
        summary = summarise(records)
        ranking = rank(summary)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a record in {results.folder} is damaged: {error!r}") from None
    everything = pd.concat([records, results.earlier]) if len(results.earlier) else records
    indices = Indices.of(everything)
    failures = failure_groups(records)
    suites = list(dict.fromkeys(map(str, records["suite"])))
    panels = spectra(records, results.folder)
    return Content(
        title=", ".join(suites) or "no results",
        when=_when(records),
        sizes=f"{sizes_text(summary)}, {seeds_text(summary)}" if len(summary) else "",
        tiles=_tiles(results, ranking),
        notices=_notices(results),
        headings=[(column.heading, column.kind) for column in _LEADERBOARD],
        standings=_standings(ranking, indices),
        families=sorted(set(map(str, ranking["family"]))),
        manifolds=len([levels for levels in truth_levels(summary).values() if levels]),
        failures=failures[:_MOST_FAILURES],
        failures_left_out=len(failures[_MOST_FAILURES:]),
        environments=_environments(results),
        commands=[results.command]
        if results.command
        else commands_of(records, str(results.folder)),
        typed=bool(results.command),
        data={
            "estimators": _estimators(everything, ranking, indices),
            "manifolds": _manifolds(everything, summary, indices),
            "cells": cell_columns(records, results.earlier, indices),
            "pairs": pair_columns(summary, indices),
            "spectra": panels,
        },
    )


_LEADERBOARD = [column for column in RANKING.values() if column.heading]
_MOST_FAILURES = 100
_DATED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


def _when(records: pd.DataFrame) -> str:
    """Return when the records finished, in UTC to the minute."""
    times = sorted(
        str(time)[:16].replace("T", " ") for time in records["finished"] if _DATED.match(str(time))
    )
    if not times:
        return ""
    (first, begun), (last, done) = times[0].split(" ", 1), times[-1].split(" ", 1)
    if first != last:
        return f"{first} {begun} to {last} {done} UTC"
    return f"{first}, {begun} UTC" if begun == done else f"{first}, {begun} to {done} UTC"


def _tiles(results: Results, ranking: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Return the key figures: number, name, and a remark."""
    records = results.records
    statuses = Counter(map(str, records["status"]))
    not_applicable = statuses.pop("not applicable", 0)
    failed = sum(statuses.values()) - statuses[OK]
    kinds = ", ".join(
        f"{count} {status}" for status, count in sorted(statuses.items()) if status != OK
    )
    core = math.nan if ranking.empty else float(ranking["core_seconds"].sum())
    tiles = [
        (str(records["estimator"].nunique()), "estimators", ""),
        (str(records["manifold"].nunique()), "manifolds", ""),
        (str(statuses[OK]), "cells finished", f"of {len(records) + results.left}"),
        (str(failed), "cells failed", kinds),
        (duration(core), "of core time", ""),
    ]
    if not_applicable:
        tiles.insert(4, (str(not_applicable), "not applicable", ""))
    if results.left:
        tiles.insert(3, (str(results.left), "cells left", "the run has not finished"))
    return tiles


def _notices(results: Results) -> list[str]:
    notices = []
    if results.left:
        notices.append(
            f"The last run has {results.left} cells without a record: this report is of the others."
        )
    if len(results.earlier):
        notices.append(
            f"{len(results.earlier)} records of earlier runs into the same folder are listed "
            "under Cells; the leaderboard and the sections of manifolds and estimators leave them "
            "out."
        )
    return notices


def _standings(ranking: pd.DataFrame, indices: Indices) -> list[LeaderboardRow]:
    return [
        LeaderboardRow(
            indices.estimators[row["estimator"]],
            place,
            row["estimator"],
            [_standing_cell(column, row[column.name]) for column in _LEADERBOARD],
        )
        for place, row in enumerate(ranking.to_dict("records"), start=1)
    ]


def _standing_cell(column: RankingColumn, value: Any) -> StandingCell:
    number = None if column.kind == "text" else rounded(float(value))
    bad = column.name == "failed" and value > 0
    return StandingCell(column.kind, column.text(value), number, bad)


def _estimators(
    records: pd.DataFrame, ranking: pd.DataFrame, indices: Indices
) -> list[dict[str, Any]]:
    """Return facts and rank of each estimator, in the order of the indices."""
    import estimators

    known = set(estimators.names())
    standings = {row["estimator"]: row for row in ranking.to_dict("records")}
    ranks = {label: place for place, label in enumerate(standings, start=1)}
    first = records.drop_duplicates("estimator").set_index("estimator")
    facts = []
    for label in indices.estimators:
        row, standing = first.loc[label], standings.get(label, {})
        name = str(row["estimator_name"])
        entry = estimators.entry(name) if name in known else None
        facts.append(
            {
                "label": label,
                "name": name,
                "family": str(row["family"]),
                "parameters": _parameters(row["estimator_parameters"]),
                "source": entry.source if entry else "",
                "about": entry.about if entry else "",
                "weakness": entry.weakness if entry else "",
                "rank": ranks.get(label),
                "error": rounded(standing.get("ranking_error")),
                "seconds": rounded(standing.get("fit_seconds")),
            }
        )
    return facts


def _manifolds(
    records: pd.DataFrame, summary: pd.DataFrame, indices: Indices
) -> list[dict[str, Any]]:
    """Return facts of each manifold, in the order of the indices."""
    levels = truth_levels(summary)
    first = records.drop_duplicates("manifold").set_index("manifold")
    ambient = records.groupby("manifold")["ambient"].max()
    facts = []
    for label in indices.manifolds:
        row = first.loc[label]
        truths = levels.get(label, ())
        facts.append(
            {
                "label": label,
                "name": str(row["manifold_name"]),
                "parameters": _parameters(row["manifold_parameters"]),
                "truth": truth_text(truths),
                "truths": list(truths),
                "ambient": None if pd.isna(ambient[label]) else int(ambient[label]),
                "n": None if pd.isna(row["n"]) else int(row["n"]),
            }
        )
    return facts


def _parameters(text: Any) -> str:
    """Return JSON of a record's parameters as in a call; the text itself if it is not JSON."""
    try:
        values = json.loads(text)
    except (TypeError, ValueError):
        return str(text)
    if not isinstance(values, Mapping):
        return str(text)
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def _environments(results: Results) -> list[tuple[str, int, list[tuple[str, str]]]]:
    """Return identity, number of records and facts of each environment of the records."""
    counts = Counter(map(str, results.records["environment"]))
    environments = []
    for identity, facts in results.environments.items():
        if not counts[identity]:
            continue
        # The page refers to the revision, also where it is not known.
        flat: list[tuple[str, str]] = []
        packages: list[tuple[str, str]] = []
        for name, value in {"revision": None, **facts}.items():
            if isinstance(value, Mapping):
                packages += [(str(key), str(of or "not installed")) for key, of in value.items()]
            else:
                flat.append((str(name), "not known" if value is None else str(value)))
        environments.append((identity, counts[identity], flat + packages))
    return environments
