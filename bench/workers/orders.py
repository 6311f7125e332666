"""Orders to a worker, from its lane and then to the process of a cell: pickles, since both trust.

What comes back is ``messages``, which trust nobody.
"""

from __future__ import annotations

import pickle
import socket
from typing import Any

_LENGTH = 8  # bytes that say how long the pickle is


def send(connection: socket.socket, order: Any, descriptor: int = -1) -> None:
    """Send an order, and a file descriptor with it."""
    data = pickle.dumps(order)
    length = len(data).to_bytes(_LENGTH, "big")
    if descriptor >= 0:
        socket.send_fds(connection, [length], [descriptor])
    else:
        connection.sendall(length)
    connection.sendall(data)


def receive(connection: socket.socket) -> tuple[Any, int] | None:
    """Wait for an order, and its file descriptor (-1 for none); None where no more can come."""
    length, descriptors, _, _ = socket.recv_fds(connection, _LENGTH, 1)
    length += _exactly(connection, _LENGTH - len(length))
    if len(length) < _LENGTH:
        return None
    data = _exactly(connection, int.from_bytes(length, "big"))
    return pickle.loads(data), descriptors[0] if descriptors else -1


def _exactly(connection: socket.socket, size: int) -> bytes:
    """So many bytes; fewer where no more come."""
    data = bytearray()
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            break
        data += more
    return bytes(data)
