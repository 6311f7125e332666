"""Modules whose mutants are tried, with the tests that run against them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """Modules that are tried together, and their direct tests: no training, no processes.

    ``without`` are tests that take long, or that are of a file rather than of the code.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """Options of pytest."""
        return ["-p", "no:cacheprovider", *(f"--deselect={test}" for test in self.without)]


def _modules(folder: str, names: str) -> tuple[str, ...]:
    return tuple(f"{folder}/{name}.py" for name in names.split())


def _tests(folder: str, names: str) -> tuple[str, ...]:
    return tuple(f"tests/{folder}/test_{name}.py" for name in names.split())


SCORE = "validation reliability selection spectrum svd"
PARTS = {
    "score": Part(_modules("estimators/score", SCORE), _tests("estimators/score", SCORE)),
    "metrics": Part(
        _modules("bench/summary", "summarise statistics"),
        _tests("bench/summary", "summarise summary_by_hand"),
    ),
    "check": Part(
        _modules(
            "bench/regression",
            "baseline command comparison findings gather permutation_test report times",
        ),
        _tests(
            "bench/regression",
            "baseline baseline_command command_in_process comparison gather permutation_test"
            " report times",
        ),
        (
            "tests/bench/regression/test_baseline.py::"
            "test_the_baseline_of_continuous_integration_has_every_cell_of_its_suite",
            "tests/bench/regression/test_permutation_test.py::"
            "test_a_whole_suite_raises_a_false_alarm_in_at_most_one_percent_of_unchanged_reruns",
        ),
    ),
    "estimation": Part(
        _modules("bench/estimation", "caveats command estimates figure output plan"),
        _tests(
            "bench/estimation",
            "answers_figure caveats_of_estimators caveats_of_points command estimates output plan",
        ),
    ),
}
