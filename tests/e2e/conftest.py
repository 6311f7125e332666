"""Runs in the background, and records that tests of several packages share."""

import psutil
import pytest
from commandline import Marked
from suite_records import make_records, records, with_arrays

__all__ = ["make_records", "records", "with_arrays"]


@pytest.fixture
def background():
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
