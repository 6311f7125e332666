"""The worker process: takes cells from a pipe, runs them, sends records back.

Started as ``python -m bench.workers.worker`` by its keeper, which ends it when it has to.
"""

from __future__ import annotations

import ctypes
import faulthandler
import functools
import importlib
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

from bench.parameters import changeable_defaults
from bench.plugins import REGISTRIES, load_source
from bench.workers import keeper, processes, state

READY, BEGUN, FITTING, TOLD = "ready", "begun", "fitting", "told"
DONE, FULL = "done", "full"


def main() -> None:
    """Serve cells until the pipe closes; arguments: file descriptor, the keeper's number."""
    processes.die_with(int(sys.argv[2]))
    processes.adopt_orphans()
    processes.offer_to_die_first()
    # A crash and a time limit leave the lines of code where they found the cell.
    faulthandler.enable(all_threads=False)
    faulthandler.register(keeper.WHERE_SIGNAL, all_threads=False)
    connection = Connection(int(sys.argv[1]))
    setup = connection.recv()
    _register(setup)

    from bench.workers.measure import DiskFull, measure

    own = os.getpid()
    connection.send((READY,))
    while True:
        try:
            cell, device, threads = connection.recv()
        except EOFError:
            return
        connection.send((BEGUN,))
        before = _lasting(cell)
        try:
            with _telling(connection):
                fitting = functools.partial(connection.send, (FITTING,))
                record, arrays = measure(
                    cell, device, threads, setup["scratch"], setup["calibrated"], fitting
                )
        except DiskFull as error:
            connection.send((FULL, str(error)))
            continue
        if os.getpid() != own:
            # An estimator forked, and this is the child that came back from its fit.
            os._exit(0)
        _flush()
        reusable = _lasting(cell) == before and not processes.has_children()
        connection.send((DONE, record, arrays, reusable))


def _lasting(cell: Any) -> tuple[object, ...]:
    """What a cell must leave as it was, or the next one gets a process of its own."""
    names = {"manifold": cell.manifold_name, "estimator": cell.estimator_name}
    classes = [
        REGISTRIES[kind].entry(name)
        for kind, name in names.items()
        if name in REGISTRIES[kind].names()
    ]
    return *state.beyond_repair(), changeable_defaults(*classes)


@contextmanager
def _telling(connection: Connection) -> Iterator[None]:
    """Pass on what estimators log while they work, such as how far a training has come."""
    handler = _Teller(connection)
    logger = logging.getLogger("estimators")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


class _Teller(logging.Handler):
    """Sends log records to the coordinator as texts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        if os.getpid() == self._process:
            self._connection.send((TOLD, record.getMessage()))


def _flush() -> None:
    """What was printed is to be with the keeper when the outcome is with the lane."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    ctypes.CDLL(None).fflush(None)


def _register(setup: dict[str, Any]) -> None:
    """Make known what the coordinator has registered beyond the packages' own."""
    for path, source in setup["plugins"]:
        load_source(path, source)
    for module in setup["modules"]:
        importlib.import_module(module)
    import cloudpickle

    for kind, entry in cloudpickle.loads(setup["entries"]):
        REGISTRIES[kind].add(entry)


if __name__ == "__main__":
    main()
