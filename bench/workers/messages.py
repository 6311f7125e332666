"""Messages over a socket: a length, JSON, and the bytes of arrays; nothing in them is ever run.

The sender may be a faulty estimator, or one of several threads: a ``Sender`` lets one send at a
time, and a ``Receiver`` reads piece by piece, never waits, and checks everything.
"""

from __future__ import annotations

import json
import math
import re
import select
import socket
import struct
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.store.arrays import KINDS, MAX_BYTES

#: Bytes of a message at most, beside its arrays.
LARGEST_TEXT = 2**20
_PREFIX = struct.Struct("!4sIQ")
_MARK = b"\x93IDm"
_DTYPE = re.compile(rf"[<>|][{KINDS}]\d{{1,6}}")
# Bytes of a piece, and the pieces read by one call: limits are checked between calls.
_PIECE, _PIECES = 2**18, 64


class BadMessage(Exception):
    """Bytes that are not a valid message."""


@dataclass(frozen=True)
class Message:
    """The kind of a message, its facts, and its arrays."""

    what: str
    facts: dict[str, Any]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


class Sender:
    """Sends whole messages, of any thread, one after another."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def send(
        self, what: str, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None
    ) -> None:
        """Send a message, and wait until the socket has taken all of it."""
        parts = _parts(what, facts, arrays or {})
        with self._lock:
            for part in parts:
                self._connection.sendall(part)

    def offer(self, what: str, facts: Mapping[str, Any]) -> None:
        """Send a message if the socket can take it now, else drop it: nobody waits for progress."""
        (whole,) = _parts(what, facts, {})
        poll = select.poll()
        poll.register(self._connection, select.POLLOUT)
        with self._lock:
            if poll.poll(0):
                self._connection.sendall(whole)


class Receiver:
    """Receives messages from a socket; ``size`` bytes have come so far."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self._connection = connection
        self._text = bytearray()
        self._arrays: memoryview | None = None
        self._filled = 0
        self.size = 0

    def fileno(self) -> int:
        """Return the file descriptor, to wait for."""
        return self._connection.fileno()

    def close(self) -> None:
        """Receive no more."""
        self._connection.close()

    @property
    def partial(self) -> bool:
        """Return whether a part of a message has come, and the rest has not."""
        return bool(self._text)

    def receive(self) -> Message | None:
        """Return the next message; None where it has not come yet.

        Raises EOFError where no more can come, BadMessage for bytes that are no message.
        """
        for _ in range(_PIECES):
            missing = self._missing()
            if missing == 0:
                return self._message()
            if self._arrays is None:
                into = memoryview(bytearray(min(missing, _PIECE)))
            else:
                into = self._arrays[self._filled :][:_PIECE]
            try:
                count = self._connection.recv_into(into)
            except (BlockingIOError, InterruptedError):
                return None
            except OSError:
                count = 0
            if count == 0:
                raise EOFError
            self.size += count
            if self._arrays is None:
                self._text += into[:count]
            else:
                self._filled += count
        return None

    def _missing(self) -> int:
        """Return the bytes to the end of the present part of the message; 0 where it is whole."""
        missing = _PREFIX.size - len(self._text)
        if missing > 0:
            return missing
        length, size = _lengths(self._text)
        missing = _PREFIX.size + length - len(self._text)
        if missing > 0:
            return missing
        if self._arrays is None:
            self._arrays = memoryview(bytearray(size))
        return size - self._filled

    def _message(self) -> Message:
        assert self._arrays is not None
        text, arrays = bytes(self._text[_PREFIX.size :]), self._arrays
        self._text, self._arrays, self._filled = bytearray(), None, 0
        return _read(text, arrays)


def pack(
    what: str, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]] | None = None
) -> bytes:
    """Return a message as bytes."""
    return b"".join(map(bytes, _parts(what, facts, arrays or {})))


def unpack(data: bytes) -> Message:
    """Return a message from its bytes; BadMessage where they are none."""
    if not isinstance(data, bytes) or len(data) < _PREFIX.size:
        raise BadMessage("too short")
    length, size = _lengths(data)
    if len(data) != _PREFIX.size + length + size:
        raise BadMessage("not of the length that it says")
    text, arrays = data[_PREFIX.size :][:length], bytearray(data[_PREFIX.size + length :])
    return _read(text, memoryview(arrays))


def _parts(
    what: str, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> list[bytes | memoryview]:
    described = [[name, array.dtype.str, array.shape] for name, array in arrays.items()]
    text = json.dumps({"what": what, "facts": facts, "arrays": described}).encode()
    raw = [np.ascontiguousarray(array).reshape(-1).view(np.uint8).data for array in arrays.values()]
    size = sum(part.nbytes for part in raw)
    if len(text) > LARGEST_TEXT or size > MAX_BYTES:
        raise ValueError(f"{len(text)} bytes and {size} of arrays are too much for one message")
    return [_PREFIX.pack(_MARK, len(text), size) + text, *raw]


def _lengths(data: bytes | bytearray) -> tuple[int, int]:
    """Return the bytes of the JSON and of the arrays."""
    mark, length, size = _PREFIX.unpack_from(data)
    if mark != _MARK:
        raise BadMessage(f"it begins with {bytes(data[: _PREFIX.size])!r}")
    if length > LARGEST_TEXT or size > MAX_BYTES:
        raise BadMessage(f"it says that it has {length + size} bytes, which is too much")
    return length, size


def _read(text: bytes, raw: memoryview) -> Message:
    try:
        header = json.loads(text)
        what, facts, described = header["what"], header["facts"], header["arrays"]
        if not isinstance(what, str) or not isinstance(facts, dict):
            raise BadMessage("it does not say what it is")
        arrays, start = {}, 0
        for name, dtype, shape in described:
            size = _size(name, dtype, shape)
            arrays[name] = _array(raw[start : start + size], dtype, shape)
            start += size
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BadMessage(f"{type(error).__name__}: {error}") from None
    if start != len(raw) or len(arrays) != len(described):
        raise BadMessage("its arrays are not what it says")
    return Message(what, facts, arrays)


def _size(name: Any, dtype: Any, shape: Any) -> int:
    """Return the bytes of an array; ValueError where its description is invalid."""
    if not isinstance(name, str) or not _DTYPE.fullmatch(dtype):
        raise ValueError(f"there is no array {name!r} of type {dtype!r}")
    if not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError(f"the array {name!r} cannot have the shape {shape!r}")
    return math.prod(shape) * np.dtype(dtype).itemsize


def _array(raw: memoryview, dtype: str, shape: list[int]) -> NDArray[Any]:
    array = np.frombuffer(raw, dtype).reshape(shape)
    if array.dtype.kind == "U":
        codes = np.frombuffer(raw, array.dtype.byteorder.replace("|", "=") + "u4")
        if codes.max(initial=0) > sys.maxunicode:
            raise ValueError("a text has an invalid character")
    elif array.dtype.kind == "b" and array.view(np.uint8).max(initial=0) > 1:
        raise ValueError("a boolean is neither 0 nor 1")
    return array
