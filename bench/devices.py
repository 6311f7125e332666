"""Which device a run uses."""

from __future__ import annotations

import ctypes

DEVICES = ("auto", "cpu", "cuda")


def choose(asked: str) -> str:
    """The device to use, "cpu" or "cuda"; ValueError for a device that is not there."""
    if asked not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, not {asked!r}")
    if asked == "cpu":
        return "cpu"
    available = _cuda_available()
    if asked == "cuda" and not available:
        raise ValueError("device 'cuda' was asked for, but PyTorch finds no CUDA device here")
    return "cuda" if available else "cpu"


def _cuda_available() -> bool:
    try:
        # Without the driver there is no device, and no need to import PyTorch to find out.
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    import torch

    return bool(torch.cuda.is_available())
