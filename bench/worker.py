"""The worker process: takes cells from a pipe, runs them, sends records back.

Started as ``python -m bench.worker`` by ``bench.lane``, which can kill it at any moment.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
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
        connection.send(measure(cell, device, threads))


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
