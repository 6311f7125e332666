"""Runs in the background, and records that tests of several packages share."""

import os

import psutil
import pytest
from commandline import Marked
from suite_records import make_records, records, with_arrays

__all__ = ["make_records", "records", "with_arrays"]


CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """Give these tests one core, of their own: a command then starts one worker.

    Each worker spends seconds of processor time on imports. Tests of several pass ``--jobs``.
    """
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    own = set(CORES[process % len(CORES) :][:1]) if CORES else set()
    if CORES:
        os.sched_setaffinity(0, own)
    yield own
    if CORES:
        os.sched_setaffinity(0, CORES)


@pytest.fixture
def all_cores(one_core):
    """Give a test all cores of the machine."""
    if CORES:
        os.sched_setaffinity(0, CORES)
    yield
    if CORES:
        os.sched_setaffinity(0, one_core)


@pytest.fixture
def background(all_cores):
    """Start runs in the background, of which nothing is left after the test."""
    runs = []

    def start(*arguments, **more):
        runs.append(Marked(*arguments, **more))
        return runs[-1]

    yield start
    for run in runs:
        run.process.kill()
        run.process.communicate()
        for process in run.processes():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass
