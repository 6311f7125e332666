"""What is kept of a cell: one record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: The statuses that tables tell apart from failures.
OK, NOT_APPLICABLE = "ok", "not applicable"
Status = Literal["ok", "failed", "timeout", "memory", "crashed", "not applicable"]


@dataclass(frozen=True)
class Record:
    """The outcome of one cell.

    ``error`` is the absolute error: over the levels of the true dimension (one, but for unions)
    the mean of \\|estimate - truth\\|, weighted by their share of the points. ``groups`` is JSON, a
    list with truth, weight, estimate, low and high (quartiles over points) of each level.
    ``fit_seconds`` is the time of the estimator alone, ``shared_seconds`` what it took where
    another cell had already built the neighbour graph or trained the score model;
    ``kernel_seconds`` is the time of the calibration kernel beside the fit, where it was asked for:
    both are then seconds of the processor, but on a GPU.
    ``arrays`` is a path beside the store. ``timeout`` (seconds) and ``memory_limit_mib`` are the
    limits that were in force.
    """

    key: str
    suite: str
    manifold: str
    estimator: str
    manifold_name: str
    manifold_parameters: str
    estimator_name: str
    estimator_parameters: str
    family: str
    n: int
    seed: int
    status: Status
    ambient: int | None = None
    points_used: int | None = None
    points_read: int | None = None
    estimate: float | None = None
    truth: float | None = None
    error: float | None = None
    pointwise_error: float | None = None
    groups: str = "[]"
    fit_seconds: float | None = None
    shared_seconds: float | None = None
    kernel_seconds: float | None = None
    sample_seconds: float | None = None
    peak_memory_mib: float | None = None
    threads: int | None = None
    device: str = "cpu"
    message: str = ""
    arrays: str = ""
    timeout: float | None = None
    memory_limit_mib: float | None = None
    environment: str = ""
    finished: str = ""


@dataclass(frozen=True)
class Timing:
    """Mean seconds of ``count`` finished fits of one estimator at one n and D.

    ``estimator_parameters`` is JSON with sorted keys; ``ambient`` is D.
    """

    estimator_name: str
    estimator_parameters: str
    n: int
    ambient: int
    seconds: float
    count: int
