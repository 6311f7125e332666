"""Start of worker processes: command, import path and environment; orders that they receive.

Orders go from the worker slot to the worker, and on to the process of a cell, as pickles: those
receivers trust their senders. What comes back goes through ``messages``, which trusts nobody.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
import sysconfig
from pathlib import Path
from typing import Any

import bench

_THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    # Else torch.compile keeps a pool of processes.
    "TORCHINDUCTOR_COMPILE_THREADS",
)
#: Environment variable of all processes of a worker, whatever their parent is now.
MARK = "BENCH_WORKER"
_LENGTH = 8  # bytes that hold the length of an order


def command(module: str, *arguments: object, path: list[str] | None = None) -> list[str]:
    """Return the command that runs a module's main function with exactly this import path."""
    code = (
        "import sys; sys.path[:] = sys.argv.pop(1).split(sys.argv.pop(1)); "
        f"import {module} as module; module.main()"
    )
    joined = os.pathsep.join(sys.path if path is None else path)
    return [sys.executable, "-c", code, joined, os.pathsep, *map(str, arguments)]


def search_path() -> tuple[list[str], list[str]]:
    """Return where workers look for modules, and where they look last.

    Python's own modules come first, then these packages, as they are here. The current folder, if
    it is on the path here, comes last: a file of the user's takes the place of no other module.
    """
    here, root = os.path.realpath(os.curdir), str(Path(bench.__file__).resolve().parents[1])
    standard_library = os.path.realpath(sysconfig.get_path("stdlib"))
    python, others, last = [], [], []
    for path in dict.fromkeys(os.path.abspath(path) for path in sys.path):
        real = os.path.realpath(path)
        if real == here:
            last.append(path)
        elif path.endswith(".zip") or (
            real.startswith(standard_library) and "-packages" not in real
        ):
            python.append(path)
        elif real != root:
            others.append(path)
    return [*python, root, *others], last


def environment(path: list[str], device: str, threads: int, mark: str) -> dict[str, str]:
    """Return the environment of a worker; without the device "cuda" it sees no GPU."""
    variables = {
        **os.environ,
        **dict.fromkeys(_THREAD_VARIABLES, str(threads)),
        "PYTHONPATH": os.pathsep.join(path),
        MARK: mark,
        # Else the query for a GPU would break it for processes that are forked later.
        "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    }
    return variables if device == "cuda" else {**variables, "CUDA_VISIBLE_DEVICES": ""}


def send_order(connection: socket.socket, order: Any, descriptor: int = -1) -> None:
    """Send an order, and a file descriptor with it."""
    data = pickle.dumps(order)
    length = len(data).to_bytes(_LENGTH, "big")
    if descriptor >= 0:
        socket.send_fds(connection, [length], [descriptor])
    else:
        connection.sendall(length)
    connection.sendall(data)


def receive_order(connection: socket.socket) -> tuple[Any, int] | None:
    """Wait for an order and its file descriptor (-1: none); None where no more can come."""
    length, descriptors, _, _ = socket.recv_fds(connection, _LENGTH, 1)
    length += _receive_bytes(connection, _LENGTH - len(length))
    if len(length) < _LENGTH:
        return None
    data = _receive_bytes(connection, int.from_bytes(length, "big"))
    return pickle.loads(data), descriptors[0] if descriptors else -1


def _receive_bytes(connection: socket.socket, size: int) -> bytes:
    """Return so many bytes; fewer where no more come."""
    data = bytearray()
    while len(data) < size and (more := connection.recv(size - len(data))):
        data += more
    return bytes(data)
