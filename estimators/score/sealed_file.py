"""Files of tensors (safetensors) with a checksum of all that is in them.

The format is 8 bytes of length, a header in JSON, the tensors' bytes. The checksum is in the header
and is that of all the rest: what passes it is what was written.
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


def header_of(file: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    """Header of a file of so many bytes, and where it ends; ValueError where there is none."""
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
        raise ValueError("its header says nothing of the model")
    return header, 8 + length


def _digest(header: Mapping[str, Any], body: memoryview) -> str:
    digest = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    digest.update(body)
    return digest.hexdigest()


def sealed(data: bytes) -> tuple[bytes, memoryview]:
    """The head and the rest of a file in the format, with the checksum in the head."""
    header, end = header_of(io.BytesIO(data), len(data))
    body = memoryview(data)[end:]
    header["__metadata__"][_CHECKSUM] = _digest(header, body)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text, body


def verified(data: bytes) -> dict[str, str]:
    """The metadata of a file's bytes; ValueError where they are not what was written."""
    header, end = header_of(io.BytesIO(data), len(data))
    metadata: dict[str, str] = header["__metadata__"]
    written = metadata.pop(_CHECKSUM, None)
    if written is None:
        raise ValueError("it has no checksum")
    if written != _digest(header, memoryview(data)[end:]):
        raise ValueError("its checksum is not that of its content")
    return metadata


def metadata_of(path: Path) -> dict[str, str]:
    """The metadata of a file, without reading its tensors."""
    try:
        with open(path, "rb") as file:
            header, _ = header_of(file, os.fstat(file.fileno()).st_size)
    except (OSError, ValueError):
        return {}
    return {k: str(v) for k, v in header["__metadata__"].items() if k != _CHECKSUM}
