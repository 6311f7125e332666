"""Fixtures of the benchmarks: a timer that takes as many rounds as fit into half a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

#: Seconds of the rounds of a benchmark; the most rounds; the least seconds of a round, which has
#: several calls where one is shorter; the seconds of a call that is repeated once and not twice.
SECONDS, ROUNDS, ROUND, LONG = 0.5, 20, 0.01, 2.0


@pytest.fixture
def timed(benchmark: BenchmarkFixture) -> Callable[..., Any]:
    """Time a call for about ``SECONDS``, and store the given facts, n and D among them.

    A first call, which does not count, shows how long one takes. ``setup`` goes before each call,
    and is not timed.
    """

    def run(task: Callable[[], Any], setup: Callable[[], None] | None = None, **facts: Any) -> Any:
        if setup:
            setup()
        start = time.perf_counter()
        task()
        first = max(time.perf_counter() - start, 1e-9)
        calls = 1 if setup else max(1, round(ROUND / first))
        fewest = 2 if first < LONG else 1
        rounds = min(ROUNDS, max(fewest, int(SECONDS / (first * calls))))
        benchmark.extra_info.update(facts)
        return benchmark.pedantic(task, setup=setup, rounds=rounds, iterations=calls)

    return run
