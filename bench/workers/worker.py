"""The worker process: imports what cells need, and forks a child for each, which runs it.

Started by its supervisor as ``bench.workers.worker``. No cell runs in it, so that no cell sees
changes of another. It starts no thread, and never uses a GPU: neither survives a fork. The child of
the next cell (the spare) is forked while one runs, so that no cell waits for that.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import os
import signal
import socket
import sys
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

from bench.cell import Cell
from bench.plugins import REGISTRIES, load_source
from bench.workers import os_control, preload, supervisor
from bench.workers.launch import receive_order, send_order
from bench.workers.messages import Sender

#: Messages: it is ready, a cell begins, the next cell has a process, the process of a cell ended.
READY, BEGUN, SPARE, ENDED = "ready", "begun", "spare", "ended"


def main() -> None:
    """Serve cells until the connection closes; arguments: file descriptor, the supervisor's id."""
    os_control.die_with(int(sys.argv[2]))
    os_control.adopt_orphans()
    os_control.die_first_without_memory()
    # A crash and a time limit print the lines of code at which the cell was.
    faulthandler.enable(all_threads=False)
    faulthandler.register(supervisor.WHERE_SIGNAL, all_threads=False)
    connection = socket.socket(fileno=int(sys.argv[1]))
    order = receive_order(connection)
    if order is not None:
        setup, _ = order
        _register(setup)
        for registry in REGISTRIES.values():
            registry.names()
        # After the plug-ins, which may change what it imports.
        importlib.import_module("bench.workers.child")
        # Of libraries that have threads of their own, which are prepared for a fork.
        warnings.filterwarnings("ignore", r".*fork\(\)", DeprecationWarning)
        _serve(connection, setup)


def _serve(connection: socket.socket, setup: Mapping[str, Any]) -> None:
    sender = Sender(connection)
    sender.send(READY, {"pid": os.getpid()})
    spare: _Child | None = None
    while True:
        order = receive_order(connection)
        if order is None:
            return
        (cell, device, threads, modules), results = order
        if preload.prepare(cell, device, threads, modules) and spare is not None:
            spare.dismiss()
            spare = None
        child = spare or _Child(connection, setup)
        # Before the cell can do anything to this process.
        sender.send(BEGUN, {"pid": child.pid})
        if not child.begin(cell, device, threads, results):
            child = _Child(connection, setup)
            sender.send(BEGUN, {"pid": child.pid})
            child.begin(cell, device, threads, results)
        os.close(results)
        # Without memory for another process the next cell waits for its own.
        spare = None
        with suppress(OSError):
            spare = _Child(connection, setup)
            sender.send(SPARE, {"pid": spare.pid})
        _, status = os.waitpid(child.pid, 0)
        if os_control.descendants(os.getpid()) != ([spare.pid] if spare else []):
            os_control.end_descendants()
            spare = None
        sender.send(ENDED, {"code": os.waitstatus_to_exitcode(status)})


class _Child:
    """A process that is forked from this one, and waits for the cell that it is to run."""

    def __init__(self, connection: socket.socket, setup: Mapping[str, Any]) -> None:
        # The child's garbage collector must not touch shared objects: that would copy them.
        gc.freeze()
        for output in (1, 2):
            # A flag that is shared with the children, who may have changed it.
            os.set_blocking(output, True)
        parent = os.getpid()
        self._orders, child_orders = socket.socketpair()
        self.pid = os.fork()
        if self.pid == 0:
            connection.close()
            self._orders.close()
            _run(child_orders, parent, setup)
        child_orders.close()

    def begin(self, cell: Cell, device: str, threads: int, results: int) -> bool:
        """Have it run a cell; False where an earlier cell must have ended it."""
        try:
            # An earlier cell may have suspended it.
            os.kill(self.pid, signal.SIGCONT)
            send_order(self._orders, (cell, device, threads), results)
        except OSError:
            return False
        finally:
            self._orders.close()
        return True

    def dismiss(self) -> None:
        """End it before it has run anything."""
        self._orders.close()
        with suppress(OSError):
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)


def _run(orders: socket.socket, parent: int, setup: Mapping[str, Any]) -> NoReturn:
    os_control.die_with(parent)
    # A signal that an estimator sends to its own group must not reach the worker.
    os.setpgid(0, 0)
    from bench.workers.child import rehearse, run_cell

    rehearse()
    order = receive_order(orders)
    if order is None:
        os._exit(0)
    orders.close()
    (cell, device, threads), results = order
    run_cell(cell, device, threads, setup, socket.socket(fileno=results))


def _register(setup: Mapping[str, Any]) -> None:
    """Register what the coordinator has registered beyond the packages' own."""
    # Last, so that no file of the user's folder takes the place of a library's module.
    sys.path.extend(path for path in setup["last"] if path not in sys.path)
    for path, source in setup["plugins"]:
        load_source(path, source)
    for module in setup["modules"]:
        importlib.import_module(module)
    import cloudpickle

    for kind, entry in cloudpickle.loads(setup["entries"]):
        REGISTRIES[kind].add(entry)


if __name__ == "__main__":
    main()
