"""A baseline: what a suite's cells gave, as a file to compare with."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

import estimators
from bench.check.law import Array
from bench.job import Job
from bench.outputs.files import replacing
from bench.outputs.metrics import mean_interval
from bench.plan import Cell

if TYPE_CHECKING:
    import pandas as pd

FORMAT: Literal[1] = 1


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CellBaseline(_Table):
    """A manifold and an estimator over seeds.

    ``sample`` is a hash of what the samples are (manifold, its version and parameters, n, the
    suite's seed), and ``method`` of the estimator with its parameters; ``version`` is the
    estimator's. ``truth`` is null where it is unknown, or not one number. The lists have an element
    a seed: ``estimates`` and ``times``, seconds of a fit over those of the calibration kernel, are
    null where ``statuses`` is not "ok".
    """

    manifold: str
    estimator: str
    sample: str
    method: str
    version: int
    deterministic: bool
    truth: float | None
    statuses: list[str] = Field(min_length=1)
    estimates: list[PositiveFloat | None]
    times: list[PositiveFloat | None]
    message: str = ""

    @property
    def known(self) -> Array:
        """The estimates that there are."""
        return np.array([value for value in self.estimates if value is not None], dtype=np.float64)

    @property
    def mean(self) -> float:
        """Mean over seeds; NaN without any."""
        return mean_interval(self.known)[0]

    @property
    def failed(self) -> int:
        """Seeds without an estimate."""
        return sum(status != "ok" for status in self.statuses)


class Baseline(_Table):
    """The cells of a suite at a preset, over the seeds 0, 1, … of each, ``jobs`` at a time."""

    format: Literal[1]
    suite: str
    preset: str
    seeds: int = Field(ge=1)
    jobs: int = Field(ge=1)
    environment: dict[str, Any]
    cells: list[CellBaseline] = Field(min_length=1)

    def by_name(self) -> dict[tuple[str, str], CellBaseline]:
        """The cells by manifold and estimator."""
        return {(cell.manifold, cell.estimator): cell for cell in self.cells}


def gather(job: Job, records: pd.DataFrame, environment: dict[str, Any]) -> Baseline:
    """The records of a job as a baseline; ValueError where some cells have no calibrated one."""
    missing = {cell.key for cell in job.cells} - set(records["key"])
    if missing:
        raise ValueError(
            f"{len(missing)} of {len(job.cells)} fits have no record in {job.out}; run them first "
            "(without --no-run)"
        )
    ok = records["status"] == "ok"
    if (ok & records["kernel_seconds"].isna()).any():
        raise ValueError(
            f"records in {job.out} were made by another command and have no calibrated times; "
            "run them again (without --no-run), or choose another --out"
        )
    rows = {row["key"]: row for row in records.to_dict("records")}
    pairs: dict[tuple[str, str], list[Any]] = {}
    for cell in job.cells:
        pairs.setdefault((cell.manifold, cell.estimator), []).append(cell)
    found = []
    for (manifold, estimator), cells in pairs.items():
        first = cells[0]
        mine = [rows[cell.key] for cell in sorted(cells, key=lambda cell: cell.seed)]
        bad = [row for row in mine if row["status"] != "ok"]
        truths = {_truth(row["groups"]) for row in mine if row["status"] == "ok"}
        found.append(
            CellBaseline(
                manifold=manifold,
                estimator=estimator,
                sample=sample_of(first),
                method=_digest(first.estimator_name, first.estimator_parameters),
                version=first.estimator_version,
                deterministic=estimators.entry(first.estimator_name).deterministic,
                truth=truths.pop() if len(truths) == 1 else None,
                statuses=[row["status"] for row in mine],
                estimates=[_number(row["estimate"]) for row in mine],
                times=[_number(row["fit_seconds"] / row["kernel_seconds"]) for row in mine],
                message=bad[0]["message"] if bad else "",
            )
        )
    return Baseline(
        format=FORMAT,
        suite=job.cells[0].suite,
        preset=job.preset,
        seeds=min(len(cell.statuses) for cell in found),
        jobs=job.room.jobs,
        environment=environment,
        cells=found,
    )


def save(baseline: Baseline, path: Path) -> None:
    """Write a baseline as JSON, a line a cell, so that a change of one is one line of a diff."""
    content = baseline.model_dump()
    cells = ",\n".join(f"  {json.dumps(cell)}" for cell in content.pop("cells"))
    head = json.dumps(content, indent=1)[:-2]
    with replacing(path) as part:
        part.write_text(f'{head},\n "cells": [\n{cells}\n ]\n}}\n', encoding="utf-8")


def load(path: Path) -> Baseline:
    """Read a baseline; ValueError says what is wrong with the file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(
            f"there is no baseline {path}; 'python -m bench baseline save' makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"baseline {path} cannot be read: {error}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no baseline: {error}") from None
    if isinstance(content, dict) and content.get("format", FORMAT) != FORMAT:
        raise ValueError(
            f"{path} is a baseline of format {content['format']!r}, this version reads {FORMAT}; "
            "save a new one"
        )
    try:
        baseline = Baseline.model_validate(content)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        where = ".".join(map(str, fault["loc"])) or "the file"
        raise ValueError(f"{path} is no baseline: {where}: {fault['msg']}") from None
    for cell in baseline.cells:
        if not len(cell.statuses) == len(cell.estimates) == len(cell.times):
            raise ValueError(
                f"{path} is no baseline: {cell.estimator} on {cell.manifold} has lists of "
                "different lengths"
            )
    return baseline


def sample_of(cell: Cell) -> str:
    """What the samples of a cell are, but for their seeds, as a hash."""
    return _digest(
        cell.manifold_name, cell.manifold_version, cell.manifold_parameters, cell.n, cell.entropy
    )


def _truth(groups: str) -> float | None:
    """The dimension of a sample, from a record's groups; None for several, or an unknown one."""
    levels = json.loads(groups or "[]")
    return float(levels[0]["truth"]) if len(levels) == 1 else None


def _digest(*parts: object) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
