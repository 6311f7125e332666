"""Cells run in this process, one after the other, for tests that need no workers."""

from dataclasses import replace

from bench.workers.measure import measure


def run_cells(job, cells, store, console, silent=None):
    """As `bench.engine.complete.run_cells`, without processes, limits and a display."""
    for cell in cells:
        record, arrays = measure(cell, "cpu", 1, calibrated=job.calibrated)
        store.add(replace(record, environment="here"), arrays)
