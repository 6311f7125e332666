"""The worker process: imports what cells need, and forks a child for each, which runs it.

Started by its keeper as ``bench.workers.worker``. No cell runs in it, so that none finds anything
changed by another. It starts no thread, and never touches a GPU: neither survives a fork.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import os
import pickle
import socket
import sys
import warnings
from typing import Any

from bench.plugins import REGISTRIES, load_source
from bench.workers import keeper, preload, processes
from bench.workers.messages import Sender

#: What it says: it is ready, has begun a cell, a cell's process has ended.
READY, BEGUN, ENDED = "ready", "begun", "ended"
#: What comes before an order: the length of its pickle. The file descriptor comes with it.
PREFIX = 8


def main() -> None:
    """Serve cells until the pipe closes; arguments: file descriptor, the keeper's number."""
    processes.die_with(int(sys.argv[2]))
    processes.adopt_orphans()
    processes.offer_to_die_first()
    # A crash and a time limit leave the lines of code where they found the cell.
    faulthandler.enable(all_threads=False)
    faulthandler.register(keeper.WHERE_SIGNAL, all_threads=False)
    orders = socket.socket(fileno=int(sys.argv[1]))
    sender = Sender(orders)
    order = _received(orders)
    assert order is not None
    setup, _ = order
    _register(setup)

    from bench.workers.child import run_cell

    for registry in REGISTRIES.values():
        registry.names()
    warnings.filterwarnings("ignore", r".*fork\(\)", DeprecationWarning)
    sender.send(READY, {"pid": os.getpid()})
    while True:
        order = _received(orders)
        if order is None:
            return
        (cell, device, threads, modules), results = order
        preload.import_modules(modules)
        preload.warm_up(cell, device)
        # The children's collectors are to leave what they share alone: looking copies it.
        gc.freeze()
        for output in (1, 2):
            # A flag that is shared with the children, who may have changed it.
            os.set_blocking(output, True)
        own = os.getpid()
        child = os.fork()
        if child == 0:
            orders.close()
            processes.die_with(own)
            os.setsid()
            run_cell(cell, device, threads, setup, socket.socket(fileno=results))
        os.close(results)
        sender.send(BEGUN, {"pid": child})
        _, status = os.waitpid(child, 0)
        if processes.has_children():
            processes.end_descendants()
        sender.send(ENDED, {"code": os.waitstatus_to_exitcode(status)})


def _received(orders: socket.socket) -> tuple[Any, int] | None:
    """An order of the lane, which is trusted, and its file descriptor (-1 for none)."""
    prefix, descriptors, _, _ = socket.recv_fds(orders, PREFIX, 1)
    with orders.makefile("rb", buffering=0) as file:
        data = prefix + _exactly(file, PREFIX - len(prefix))
        if len(data) < PREFIX:
            return None
        order = pickle.loads(_exactly(file, int.from_bytes(data, "big")))
    return order, descriptors[0] if descriptors else -1


def _exactly(file: Any, size: int) -> bytes:
    """So many bytes; fewer where no more come."""
    data = bytearray()
    while len(data) < size:
        more = file.read(size - len(data))
        if not more:
            break
        data += more
    return bytes(data)


def _register(setup: dict[str, Any]) -> None:
    """Make known what the coordinator has registered beyond the packages' own."""
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
