"""Findings of a check, and its result."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

from bench.regression.baseline import Baseline

Kind = Literal[
    "regressed",
    "changed",
    "failed",
    "gone",
    "slower",
    "improved",
    "recovered",
    "faster",
    "other numbers",
    "still failed",
    "new",
]
ALARMS: frozenset[Kind] = frozenset({"regressed", "changed", "failed", "gone", "slower"})
IMPROVEMENTS: frozenset[Kind] = frozenset({"improved", "recovered", "faster"})


@dataclass(frozen=True)
class Finding:
    """A change of a cell, or ("slower", "faster": no manifold) to an estimator's time.

    ``was`` and ``now`` are means over the samples (of times: in units of the calibration kernel);
    ``standard_errors`` is their distance over its standard error, NaN where there is none; ``p`` is
    the p-value of the test, NaN where there is none.
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
    def is_time(self) -> bool:
        """True where it is about the time of an estimator's fits, on all manifolds."""
        return not self.manifold


@dataclass(frozen=True)
class CheckResult:
    """The findings of a check, and what was compared: cells, and estimators' times.

    ``untimed`` says of which times, and why, none were compared; ``left_out`` are cells that the
    baseline does not have and that were not run. With ``strict``, improvements are alarms too, and
    in the ``same_environment`` other numbers of random estimators, which chance does not explain.
    """

    findings: list[Finding]
    compared: list[tuple[str, str]]
    timed: list[str]
    level: float
    time_level: float
    baseline: Baseline
    current: Baseline
    untimed: list[str] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    strict: bool = False

    def is_alarm(self, finding: Finding) -> bool:
        """Return whether a finding makes the check fail."""
        if finding.kind == "other numbers":
            return self.strict and self.same_environment
        return finding.kind in ALARMS or (self.strict and finding.kind in IMPROVEMENTS)

    @property
    def same_environment(self) -> bool:
        """True where processor, libraries and all else but the code are those of the baseline.

        The same random state gives the same numbers there, if the code is the same.
        """
        old, new = (
            {name: fact for name, fact in one.environment.items() if name != "revision"}
            for one in (self.baseline, self.current)
        )
        return old == new != {}

    @property
    def alarms(self) -> list[Finding]:
        """The findings that make the check fail."""
        return [finding for finding in self.findings if self.is_alarm(finding)]

    @property
    def same(self) -> int:
        """The number of compared cells without a finding."""
        changed = {(finding.manifold, finding.estimator) for finding in self.findings}
        return sum(pair not in changed for pair in self.compared)

    @property
    def same_times(self) -> int:
        """The number of estimators whose times were compared, without a finding."""
        changed = {finding.estimator for finding in self.findings if finding.is_time}
        return sum(name not in changed for name in self.timed)
