"""A baseline: estimates and times of a suite's cells, as a file to compare with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError

from bench.files import replace_file
from bench.record import OK
from estimators.points import Array

FORMAT: Literal[2] = 2


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CellBaseline(_Model):
    """A manifold and an estimator over seeds, which are the samples, and random states.

    ``sample`` is a hash of what the samples are (manifold, its version and parameters, n, the
    suite's seed), and ``method`` of the estimator with its parameters; ``version`` is the
    estimator's. ``truth`` is null where it is unknown, or not one number. The outer lists have an
    element a seed, the inner ones an element a random state (of a deterministic estimator, a
    repetition): ``statuses`` and ``estimates`` of all states, ``times`` of those that were timed,
    in units of the calibration kernel. Estimates and times are null where the status is not "ok".
    Where estimators share a trained model, the times of the one that ``trains`` it are with that.
    """

    manifold: str
    estimator: str
    sample: str
    method: str
    version: int
    deterministic: bool
    trains: bool
    truth: float | None
    statuses: list[list[str]] = Field(min_length=1)
    estimates: list[list[PositiveFloat | None]]
    times: list[list[PositiveFloat | None]]
    message: str = ""

    @property
    def known_estimates(self) -> list[Array]:
        """The estimates that there are, an array a seed."""
        return [
            np.array([value for value in values if value is not None], dtype=np.float64)
            for values in self.estimates
        ]

    @property
    def random(self) -> bool:
        """True where a random state changes an estimate.

        It does not where the estimator is deterministic, or where all states of each sample give
        the same number, and not only whole ones: one that draws from more points than there are,
        say, draws nothing. Whole numbers may be the same by rounding.
        """
        if self.deterministic:
            return False
        several = [values for values in self.known_estimates if len(values) > 1]
        same = all(np.ptp(values) == 0 for values in several)
        whole = all((values == np.round(values)).all() for values in several)
        return not several or not same or whole

    @property
    def first_estimates(self) -> list[float | None]:
        """The estimates at the first random state, one a seed."""
        return [values[0] for values in self.estimates]

    @property
    def mean(self) -> float:
        """Mean over seeds and states; NaN without any estimate."""
        values = np.concatenate(self.known_estimates)
        return float(values.mean()) if len(values) else float("nan")

    @property
    def spread(self) -> float:
        """Standard deviation over random states of the same sample; 0 where none has two."""
        variances = [values.var(ddof=1) for values in self.known_estimates if len(values) > 1]
        return float(np.mean(variances)) ** 0.5 if variances else 0.0

    @property
    def all_times(self) -> list[float | None]:
        """The times of all seeds."""
        return [time for times in self.times for time in times]

    @property
    def fits(self) -> int:
        """The number of fits."""
        return sum(map(len, self.statuses))

    @property
    def failed(self) -> int:
        """The number of fits without an estimate."""
        return sum(status != OK for statuses in self.statuses for status in statuses)


class Baseline(_Model):
    """The cells of a suite at a preset, over the seeds 0, 1, … of each, ``jobs`` at a time.

    ``states`` is the number of random states of each random estimator on a sample.
    """

    format: Literal[2]
    suite: str
    preset: str
    seeds: int = Field(ge=1)
    states: int = Field(ge=1)
    jobs: int = Field(ge=1)
    environment: dict[str, Any]
    cells: list[CellBaseline] = Field(min_length=1)

    def by_name(self) -> dict[tuple[str, str], CellBaseline]:
        """Return the cells by manifold and estimator."""
        return {(cell.manifold, cell.estimator): cell for cell in self.cells}

    def merge(self, new: Baseline) -> Baseline:
        """Return this baseline with the cells of ``new`` in place of its own, others as they are.

        Raises ValueError where the two were not made in the same way.
        """
        # Repetitions of deterministic fits are no random states.
        random = [one for one in (self, new) if not all(cell.deterministic for cell in one.cells)]
        states = ("states",) if len(random) == 2 else ()
        for what in ("suite", "preset", "seeds", "jobs", *states):
            check_same(what, getattr(self, what), getattr(new, what))
        for what in sorted({*self.environment, *new.environment} - {"revision"}):
            there, here = self.environment.get(what), new.environment.get(what)
            if there != here:
                raise ValueError(
                    f"the baseline was made with {what} {there!r}, and this run with {here!r}; "
                    "save a whole new one"
                )
        cells = {**self.by_name(), **new.by_name()}
        of_states = (random or [new])[0].states
        return new.model_copy(update={"cells": list(cells.values()), "states": of_states})


def check_same(what: str, there: object, here: object) -> None:
    """Raise ValueError where a baseline and a run are not of the same suite, preset or number."""
    if there != here:
        raise ValueError(f"the baseline is of {what} {there!r}, and this run of {here!r}")


def save(baseline: Baseline, path: Path) -> None:
    """Write a baseline as JSON, a line a cell, so that a change of one is one line of a diff."""
    content = baseline.model_dump()
    cells = ",\n".join(f"  {json.dumps(cell)}" for cell in content.pop("cells"))
    head = json.dumps(content, indent=1)[:-2]
    with replace_file(path) as part:
        part.write_text(f'{head},\n "cells": [\n{cells}\n ]\n}}\n', encoding="utf-8")


def load(path: Path) -> Baseline:
    """Return the baseline of a file; ValueError says what is wrong with it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ValueError(
            f"there is no baseline {path}; 'python -m bench baseline save' makes one"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"baseline {path} cannot be read: {error}") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is not a valid baseline: {error}") from None
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
        raise ValueError(f"{path} is not a valid baseline: {where}: {fault['msg']}") from None
    for cell in baseline.cells:
        seeds = zip(cell.statuses, cell.estimates, cell.times, strict=False)
        if not (
            len(cell.statuses) == len(cell.estimates) == len(cell.times)
            and all(len(a) == len(b) >= 1 and len(a) >= len(c) for a, b, c in seeds)
        ):
            raise ValueError(
                f"{path} is not a valid baseline: {cell.estimator} on {cell.manifold} has lists of "
                "different lengths"
            )
    return baseline
