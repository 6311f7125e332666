"""Files of tensors (safetensors) with a checksum of their content.

The format is 8 bytes of length, a header in JSON, the tensors' bytes. The checksum, in the header,
is that of everything else.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

_CHECKSUM = "sha256"


def read_header(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """Read the header of a file of ``size`` bytes, and where it ends; ValueError without one."""
    if not size:
        raise ValueError("it is empty")
    length = int.from_bytes(file.read(8), "little")
    if length > size - 8:
        raise ValueError("its header is cut off")
    try:
        header = json.loads(file.read(length))
    except (ValueError, RecursionError):
        raise ValueError("its header is not JSON") from None
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__"), dict):
        raise ValueError("its header has no metadata")
    return header, 8 + length


def _digest(header: Mapping[str, Any], body: memoryview) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    digest.update(body)
    return digest.hexdigest()


def add_checksum(data: bytes) -> tuple[bytes, memoryview]:
    """Return the head and the rest of a file in the format, with the checksum in the head."""
    header, end = read_header(io.BytesIO(data), len(data))
    body = memoryview(data)[end:]
    header["__metadata__"][_CHECKSUM] = _digest(header, body)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, body


def verify(data: bytes) -> dict[str, str]:
    """Return the metadata of a file's bytes; raise ValueError where they were changed."""
    header, end = read_header(io.BytesIO(data), len(data))
    metadata: dict[str, str] = header["__metadata__"]
    written = metadata.pop(_CHECKSUM, None)
    if written is None:
        raise ValueError("it has no checksum")
    if written != _digest(header, memoryview(data)[end:]):
        raise ValueError("its checksum is not that of its content")
    return metadata


def read_metadata(path: Path) -> dict[str, str]:
    """Read the metadata of a file, without its tensors; empty where that fails."""
    try:
        with open(path, "rb") as file:
            header, _ = read_header(file, os.fstat(file.fileno()).st_size)
    except (OSError, ValueError):
        return {}
    return {k: str(v) for k, v in header["__metadata__"].items() if k != _CHECKSUM}
