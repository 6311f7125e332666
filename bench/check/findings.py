"""What a check finds, and all that it found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from bench.check.baseline import Baseline

Kind = Literal[
    "regressed",
    "failed",
    "gone",
    "slower",
    "improved",
    "mended",
    "faster",
    "other numbers",
    "still failed",
    "new",
]
ALARMS: frozenset[Kind] = frozenset({"regressed", "failed", "gone", "slower"})
IMPROVEMENTS: frozenset[Kind] = frozenset({"improved", "mended", "faster"})


@dataclass(frozen=True)
class Finding:
    """What happened to a cell, or ("slower", "faster": no manifold) to an estimator's time.

    ``was`` and ``now`` are means over seeds (of times: in units of the calibration kernel);
    ``standard_errors`` is their distance over its standard error from the spread over seeds, NaN
    where there is none; ``p`` is the p-value of the test, NaN where there is none.
    """

    kind: Kind
    manifold: str
    estimator: str
    was: float = math.nan
    now: float = math.nan
    standard_errors: float = math.nan
    p: float = math.nan
    why: str = ""

    @property
    def alarm(self) -> bool:
        """Whether it makes the check fail."""
        return self.kind in ALARMS


@dataclass(frozen=True)
class Outcome:
    """All findings of a check, and what was compared: cells, and estimators' times.

    ``untimed`` says why no times were compared.
    """

    findings: list[Finding]
    compared: list[tuple[str, str]]
    timed: list[str]
    same: int
    level: float
    time_level: float
    baseline: Baseline
    current: Baseline
    untimed: str = ""

    @property
    def alarms(self) -> list[Finding]:
        """The findings that make the check fail."""
        return [finding for finding in self.findings if finding.alarm]
