"""Run one cell in this process: sample, fit, record, whatever the estimator does."""

from __future__ import annotations

import json
import os
import traceback
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import estimators
from bench.cell import RUN_PARAMETERS, Cell
from bench.files import is_full
from bench.format import LONGEST, memory
from bench.limits import MIB
from bench.record import Record
from bench.store.arrays import KINDS, MAX_BYTES, is_name
from bench.store.validation import check_estimate
from bench.workers import preload, samples
from bench.workers.outcome import empty_record
from bench.workers.timing import TIMED_STATES, clock_of, fit_calibrated, fit_timed
from estimators import neighbors


class DiskFull(Exception):
    """There was no space for files that a cell needs; that says nothing about its estimator."""


def measure(
    cell: Cell,
    device: str,
    threads: int,
    scratch: str = "",
    calibrated: bool = False,
    stage: Callable[[str], None] = lambda stage: None,
) -> tuple[Record, dict[str, NDArray[Any]]]:
    """Run a cell; ``device`` is "cpu" or "cuda". Returns its record and the arrays to store.

    An estimator's exception becomes a failed record with its message; its warnings are the message
    of a record. ``scratch`` is the folder of the sample cache. With ``calibrated``, a short fit is
    repeated, each with a neighbour graph of its own, and its least time is recorded beside that of
    a calibration kernel: processor time, on a GPU wall time. Score models are then those of this
    run alone: the first cell that uses one trains it. ``stage`` is called with each of STAGES as
    it begins. Raises DiskFull where there was no space for files. What an estimator changes of its
    process is not restored.
    """
    entry = estimators.entry(cell.estimator_name)
    record = empty_record(cell, threads=threads, device=entry.device_for(device))
    try:
        stage("sample")
        sample = samples.load_or_draw(cell, scratch)
        record = replace(
            record,
            sample_seconds=sample.seconds,
            # A data set may have fewer points than requested.
            n=len(sample.points),
            ambient=sample.points.shape[1],
            points_used=len(sample.points),
            truth=None if sample.dimension is None else float(sample.dimension.mean()),
        )
        stage("estimator")
        estimator = estimators.get(
            cell.estimator_name, **_parameters(cell, entry, device, sample.shape)
        )
        if calibrated and entry.shares_model and "cache" in entry.parameters:
            # A model of this run, not one that earlier code has trained.
            if scratch:
                os.environ["BENCH_CACHE"] = str(samples.folder(scratch, cell) / "models")
            else:
                estimator.set_params(cache=False)
        if cell.estimator_name not in preload.warm and hasattr(estimator, "warm_up"):
            estimator.warm_up()
        # With the sample, so that the graph is removed with it.
        neighbors.share(samples.folder(scratch, cell) if scratch and not calibrated else None)
        stage("fit")
        _reset_peak()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("default")
            if calibrated:
                graph_seconds = 0.0
                once = cell.state >= TIMED_STATES
                seconds, kernel = fit_calibrated(
                    estimator, sample.points, clock_of(record.device), once
                )
                record = replace(record, kernel_seconds=kernel)
            else:
                seconds, graph_seconds = fit_timed(estimator, sample.points)
        estimate = float(np.squeeze(estimator.dimension_))
        check_estimate(estimate)
        record = replace(
            record,
            status="ok",
            estimate=estimate,
            fit_seconds=seconds + graph_seconds + _training_saved(estimator),
            shared_seconds=seconds,
            peak_memory_mib=_peak(),
            message=_storable("; ".join(dict.fromkeys(str(w.message) for w in caught))),
        )
        return _compare(record, estimate, estimator, sample.dimension)
    except BaseException as error:  # SystemExit too: a cell never ends its worker by itself
        if isinstance(error, OSError) and is_full(error):
            raise DiskFull(_describe(error)) from error
        return _failed(record, error), {}


def _failed(record: Record, error: BaseException) -> Record:
    record = replace(
        record,
        status="failed",
        message=_describe(error),
        peak_memory_mib=_peak(),
        estimate=None,
    )
    # PyTorch has an error of its own for the GPU, and none for the processor.
    if type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error):
        return replace(record, status="memory")
    if isinstance(error, MemoryError):
        return replace(record, status="memory", message=_storable(str(error)) or "out of memory")
    return record


def _parameters(cell: Cell, entry: Any, device: str, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return the arguments of the class: the cell's, and those that the runner sets."""
    values = {
        name: value_of(cell, device, shape)
        for name, value_of in RUN_PARAMETERS.items()
        if name in entry.parameters
    }
    values = {name: value for name, value in values.items() if value is not None}
    return {**cell.estimator_arguments, **values}


def _compare(
    record: Record, estimate: float, estimator: Any, truth: NDArray[np.int64] | None
) -> tuple[Record, dict[str, NDArray[Any]]]:
    """Return the record with the errors of the estimate at each level of the truth, and arrays."""
    details: Mapping[str, Any] = getattr(estimator, "details_", None) or {}
    pointwise = getattr(estimator, "dimension_pw_", None)
    query = getattr(estimator, "query_", None)
    if pointwise is not None:
        pointwise = np.asarray(pointwise, dtype=np.float64)
        query = np.arange(len(pointwise)) if query is None else query
        record = replace(record, points_read=len(pointwise))
    if "points_used" in details:
        used = int(details["points_used"])
        if not 0 < used <= (record.points_used or 0):
            raise ValueError(f"details_ has points_used {used} of {record.points_used}")
        record = replace(record, points_used=used)
    if truth is None:
        # Pointwise estimates, of images say, are of interest without a truth.
        return record, _arrays(details, pointwise, {"query": query} if query is not None else {})
    at_query = None if pointwise is None else truth[query]
    groups: list[dict[str, float]] = []
    for level in np.unique(truth):
        of_level = np.array([]) if pointwise is None else pointwise[at_query == level]
        of_level = of_level[np.isfinite(of_level)]
        spread = np.quantile(of_level, [0.25, 0.75]) if len(of_level) else [estimate] * 2
        several = np.ptp(truth) > 0 and len(of_level)
        groups.append(
            {
                "truth": int(level),
                "weight": float(np.mean(truth == level)),
                "estimate": float(np.median(of_level)) if several else estimate,
                "low": float(spread[0]),
                "high": float(spread[1]),
            }
        )
    record = replace(
        record,
        groups=json.dumps(groups),
        error=sum(g["weight"] * abs(g["estimate"] - g["truth"]) for g in groups),
    )
    if pointwise is not None:
        record = replace(record, pointwise_error=float(np.nanmean(np.abs(pointwise - at_query))))
    return record, _arrays(details, pointwise, {} if at_query is None else {"truth": at_query})


def _arrays(
    details: Mapping[str, Any], pointwise: Any, beside: Mapping[str, Any]
) -> dict[str, NDArray[Any]]:
    """Return the arrays to store beside the record: those of the estimator's details.

    With them, or with "query", go the pointwise estimates and the arrays ``beside`` these:
    "truth", or "query", the rows at which they are, where the truth is unknown.
    """
    for name in details:
        if not is_name(name):
            raise ValueError(f"details_ cannot be stored: {name!r} is no name for an array")
    arrays = {name: np.asarray(value) for name, value in details.items() if name != "points_used"}
    arrays = {name: array for name, array in arrays.items() if array.dtype.kind in KINDS}
    if pointwise is not None and (arrays or "query" in beside):
        arrays["dimension"] = pointwise
        arrays.update({name: np.asarray(values) for name, values in beside.items()})
    size = sum(array.nbytes for array in arrays.values())
    if size > MAX_BYTES:
        raise ValueError(
            f"details_ cannot be stored: its arrays take {memory(size / MIB)}, and at most "
            f"{memory(MAX_BYTES / MIB)} are stored of a cell"
        )
    return arrays


def _training_saved(estimator: Any) -> float:
    """Return the seconds of training a score model before the last fit."""
    details: Mapping[str, Any] = getattr(estimator, "details_", None) or {}
    saved = float(details.get("saved_seconds", 0.0))
    if not 0 <= saved < np.inf:
        raise ValueError(f"details_ has saved_seconds {saved}")
    return saved


def _describe(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f" ({Path(frame.filename).name}:{frame.lineno})"
    return _storable(f"{type(error).__name__}: {error}") + _storable(place)


def _storable(text: str) -> str:
    """Return a text that a database can store: file names may hold invalid characters."""
    return text[:LONGEST].encode("utf-8", "replace").decode()


def _reset_peak() -> None:
    """Reset the peak of resident memory, where the system can (Linux)."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _peak() -> float | None:
    """Return the peak resident memory in MiB since the last reset."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return None
