"""What a run runs on: device, versions, processor, GPU, revision."""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

DEVICES = ("auto", "cpu", "cuda")
_PACKAGES = (
    "intrinsic-dimension-bench",
    "joblib",
    "numba",
    "numpy",
    "scikit-dimension",
    "scikit-learn",
    "scipy",
    "torch",
)


def choose_device(device: str) -> str:
    """Return the device to use, "cpu" or "cuda"; ValueError for one that is not available."""
    if device not in DEVICES:
        raise ValueError(f"device must be one of {', '.join(DEVICES)}, not {device!r}")
    if device == "cpu":
        return "cpu"
    available = _cuda_available()
    if device == "cuda" and not available:
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


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def describe(device: str) -> tuple[str, dict[str, Any]]:
    """Return an id and the facts; the id is a hash of the facts."""
    facts: dict[str, Any] = {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": cores(),
        "device": device,
        "revision": _revision(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }
    if device == "cuda":
        import torch

        facts["gpu"] = torch.cuda.get_device_name()
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:12], facts


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _revision() -> str | None:
    """Return the git revision of the code, with a + if it was changed; None outside a clone."""
    here = Path(__file__).resolve().parent
    if not (here.parent / ".git").exists():
        return None
    try:
        result = subprocess.run(
            ["git", "-C", str(here), "describe", "--always", "--dirty=+"],
            capture_output=True,
            text=True,
            timeout=5,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return result.stdout.strip()
