"""The worker process: takes cells from a pipe, runs them, sends records back.

Started as ``python -m bench.worker`` by ``bench.lane``, which can kill it at any moment.
"""

from __future__ import annotations

import ctypes
import importlib
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from bench.plugins import REGISTRIES, load_file


def main() -> None:
    """Serve cells until the pipe closes."""
    _die_with_parent(int(sys.argv[2]))
    connection = Connection(int(sys.argv[1]))
    setup = connection.recv()
    threads: int = setup["threads"]
    _register(setup)

    from bench.cell import measure

    connection.send("ready")
    while True:
        try:
            cell, device = connection.recv()
        except EOFError:
            return
        with _telling(connection):
            outcome = measure(cell, device, threads)
        connection.send(outcome)


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

    def emit(self, record: logging.LogRecord) -> None:
        self._connection.send(record.getMessage())


def _die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent dies, so that none is left behind."""
    if sys.platform == "linux":
        parent_death_signal = 1
        ctypes.CDLL(None).prctl(parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _register(setup: dict[str, Any]) -> None:
    """Make known what the coordinator has registered beyond the packages' own."""
    for plugin in setup["plugins"]:
        load_file(plugin)
    for module in setup["modules"]:
        importlib.import_module(module)
    import cloudpickle

    for kind, entry in cloudpickle.loads(setup["entries"]):
        REGISTRIES[kind].add(entry)


if __name__ == "__main__":
    main()
