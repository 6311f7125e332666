"""What a run is to do: options are checked and cells planned before any work."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import environment
from bench.cell import Cell
from bench.engine import plan
from bench.limits import MOST_POINTS, MOST_SEEDS, Capacity, check_count, parse_limits
from bench.plugins import load_file
from bench.suites import schema
from bench.suites.schema import Suite
from manifolds.catalogue import registry as manifold_registry
from manifolds.datasets.base import ImageSet, use_data_root
from manifolds.registry import nearest

BACKENDS = ("local", "dask")


@dataclass(frozen=True)
class Job:
    """A run that has been checked and is ready to start.

    With ``calibrated``, fits are timed alone and repeated, beside a calibration kernel.
    """

    cells: list[Cell]
    preset: str
    device: str
    capacity: Capacity
    out: Path
    plugins: tuple[str, ...] = ()
    scheduler: str | None = None
    calibrated: bool = False


def prepare(
    suite_name: str | Suite = "euclidean",
    *,
    preset: str | None = None,
    manifolds: str | Sequence[str] = (),
    estimators: str | Sequence[str] = (),
    seeds: int | None = None,
    n: int | None = None,
    jobs: int | None = None,
    device: str = "auto",
    out: str | os.PathLike[str] | None = None,
    timeout: float | None = None,
    memory: str | int | None = None,
    gpu_jobs: int = 1,
    backend: str = "local",
    scheduler: str | None = None,
    plugins: str | Sequence[str] = (),
    data_root: str | os.PathLike[str] | None = None,
    download: bool = False,
) -> Job:
    """Check every option and plan the cells; ValueError says what is wrong and what is allowed.

    ``timeout`` and ``memory`` become ``Cell.limits``, which ``bench.workers.worker_slot`` enforces.
    ``device`` becomes ``Job.device``, which ``bench.workers.measure`` passes to the estimator.
    ``bench.cell`` derives the seeds of samples and estimators. Data sets are searched in the folder
    ``data_root``, and fetched into it with ``download``.
    """
    for option, value, most in (("seeds", seeds, MOST_SEEDS), ("n", n, MOST_POINTS)):
        if value is not None:
            check_count(option, value, most)
    limits = parse_limits(timeout, memory)
    _check_backend(backend, scheduler)
    manifolds, estimators, plugins = map(_as_list, (manifolds, estimators, plugins))
    device, capacity = device_and_capacity(device, jobs, gpu_jobs, scheduler)
    added: dict[str, list[str]] = {"manifold": [], "estimator": []}
    for plugin in plugins:
        for kind, names in load_file(plugin).items():
            added[kind] += names
    if data_root is not None:
        use_data_root(Path(data_root))
    suite = suite_name if isinstance(suite_name, Suite) else schema.load(suite_name)
    preset = preset or schema.default_preset(device)
    cells = plan.build(
        suite,
        preset,
        manifold_patterns=manifolds,
        estimator_patterns=estimators,
        seeds=seeds,
        n=n,
        added_manifolds=added["manifold"],
        added_estimators=added["estimator"],
        limits=limits,
    )
    if scheduler is None:
        # A cluster's workers have data roots of their own.
        provide_data_sets(cells, download)
    return Job(
        cells=cells,
        preset=preset,
        device=device,
        capacity=capacity,
        out=Path(out) if out is not None else Path("results") / suite.name,
        plugins=tuple(str(Path(plugin).resolve()) for plugin in plugins),
        scheduler=scheduler,
    )


def provide_data_sets(cells: Sequence[Cell], download: bool) -> None:
    """Have the data sets of the cells where they are read; ValueError if one is missing."""
    sets = {}
    for cell in {cell.manifold: cell for cell in cells}.values():
        manifold = manifold_registry.get(cell.manifold_name, **cell.manifold_arguments)
        if isinstance(manifold, ImageSet):
            sets[cell.manifold_name, getattr(manifold, "split", "")] = manifold
    for data_set in sets.values():
        data_set.provide(download)


def device_and_capacity(
    device: str, jobs: int | None, gpu_jobs: int = 1, scheduler: str | None = None
) -> tuple[str, Capacity]:
    """Return device and capacity of this machine, or of the workers of the cluster."""
    for option, value in (("jobs", jobs), ("gpu_jobs", gpu_jobs)):
        if value is not None:
            check_count(option, value, sys.maxsize)
    if scheduler is None or device not in environment.DEVICES:
        cores = environment.cores()
        jobs = min(jobs or cores, cores)
        return environment.choose_device(device), Capacity(jobs, cores, gpu_jobs)
    from bench.engine import cluster

    for option, given in (("jobs", jobs is not None), ("gpu-jobs", gpu_jobs > 1)):
        if given:
            raise ValueError(
                f"--{option} is for this machine; on a cluster, the threads of its workers say how "
                "many cells run at a time"
            )
    device, slots = cluster.device_and_slots(scheduler, device)
    return device, Capacity(slots, slots, gpu_jobs)


def _check_backend(backend: str, scheduler: str | None) -> None:
    if backend not in BACKENDS:
        hint = nearest(backend, BACKENDS)
        raise ValueError(f"unknown backend {backend!r}; {hint}known: {', '.join(BACKENDS)}")
    if backend == "dask" and scheduler is None:
        raise ValueError("backend 'dask' needs --scheduler, such as --scheduler tcp://HOST:8786")
    if backend != "dask" and scheduler is not None:
        raise ValueError(f"--scheduler {scheduler} needs --backend dask")


def _as_list(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
