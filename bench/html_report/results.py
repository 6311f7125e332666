"""Results of a folder, read from its store, which is not trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from bench.store.store import COMMAND, FILE, PlannedCell, Store


@dataclass(frozen=True)
class Results:
    """The records of a folder.

    ``records`` are those of the last run, or, where the store does not say which they are, the
    newest of each manifold, estimator and seed at one size: those that may be ranked together.
    ``earlier`` are all others. ``left`` cells of the last run have no record yet. ``command`` is
    empty where the store does not hold it.
    """

    folder: Path
    records: pd.DataFrame
    earlier: pd.DataFrame
    left: int
    environments: dict[str, dict[str, Any]]
    command: str


def gather(folder: Path) -> Results:
    """Read the store of a results folder, also while a run writes to it.

    Raises ValueError where there is none, or where it cannot be read.
    """
    if not (folder / FILE).exists():
        raise ValueError(f"there are no results in {folder}: it has no {FILE}")
    with Store(folder, writing=False) as store:
        everything = store.frame(store.outcomes())
        planned = [cell for cell, _ in store.progress()]
        environments = store.environments()
        command = store.meta(COMMAND) or ""
    records = _comparable(_last_run(everything, planned))
    return Results(
        folder=folder,
        records=records,
        earlier=everything[~everything["key"].isin(records["key"])].reset_index(drop=True),
        left=len({cell.key for cell in planned} - set(everything["key"])),
        environments=environments,
        command=command,
    )


def _last_run(everything: pd.DataFrame, planned: Sequence[PlannedCell]) -> pd.DataFrame:
    """Return the records of the last run in its order, under its labels; all if it is unknown."""
    if not planned:
        return everything
    known = everything.set_index("key", drop=False)
    chosen = known.loc[[cell.key for cell in planned if cell.key in known.index]].copy()
    labels = {cell.key: (cell.manifold, cell.estimator) for cell in planned}
    for place, column in enumerate(("manifold", "estimator")):
        chosen[column] = [labels[key][place] for key in chosen["key"]]
    return chosen.reset_index(drop=True)


def _comparable(records: pd.DataFrame) -> pd.DataFrame:
    """Return the newest size of each manifold and estimator, and of it the newest of each seed."""
    pair = ["manifold", "estimator"]
    newest = records.sort_values("finished", kind="stable")
    size = newest.groupby(pair, sort=False)["n"].transform("last")
    newest = newest[newest["n"] == size].drop_duplicates([*pair, "seed"], keep="last")
    return newest.sort_index().reset_index(drop=True)
