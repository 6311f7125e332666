"""What a run is to do: every option checked, the cells planned, before any work."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import devices, environment
from bench.cell import Cell
from bench.engine import plan
from bench.engine.capacity import Room
from bench.limits import MOST_POINTS, MOST_SEEDS, asked, checked_count
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
    room: Room
    out: Path
    plugins: tuple[str, ...]
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

    Data sets are looked for in the folder ``data_root``, and fetched into it with ``download``.
    """
    for option, value, most in (
        ("seeds", seeds, MOST_SEEDS),
        ("n", n, MOST_POINTS),
        ("jobs", jobs, sys.maxsize),
        ("gpu_jobs", gpu_jobs, sys.maxsize),
    ):
        if value is not None:
            checked_count(option, value, most)
    limits = asked(timeout, memory)
    _check_backend(backend, scheduler)
    manifolds, estimators, plugins = map(_several, (manifolds, estimators, plugins))
    device, room = _place(device, jobs, gpu_jobs, scheduler)
    added: dict[str, list[str]] = {"manifold": [], "estimator": []}
    for plugin in plugins:
        for kind, names in load_file(plugin).items():
            added[kind] += names
    if data_root is not None:
        use_data_root(Path(data_root))
    own = suite_name if isinstance(suite_name, Suite) else schema.load(suite_name)
    preset = preset or ("full" if device == "cuda" else "quick")
    cells = plan.build(
        own,
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
        _provide(cells, download)
    return Job(
        cells=cells,
        preset=preset,
        device=device,
        room=room,
        out=Path(out) if out is not None else Path("results") / own.name,
        plugins=tuple(str(Path(plugin).resolve()) for plugin in plugins),
        scheduler=scheduler,
    )


def _provide(cells: Sequence[Cell], download: bool) -> None:
    """Have the data sets of the cells where they are read; ValueError where one is missing."""
    sets = {}
    for cell in {cell.manifold: cell for cell in cells}.values():
        made = manifold_registry.get(cell.manifold_name, **cell.manifold_arguments)
        if isinstance(made, ImageSet):
            sets[cell.manifold_name, getattr(made, "split", "")] = made
    for found in sets.values():
        found.provide(download)


def _place(asked: str, jobs: int | None, gpu_jobs: int, scheduler: str | None) -> tuple[str, Room]:
    """Device and room of the run: this machine's, or what the cluster's workers offer."""
    if scheduler is None or asked not in devices.DEVICES:
        cores = environment.cores()
        return devices.choose(asked), Room(min(jobs or cores, cores), cores, gpu_jobs)
    from bench.engine import cluster

    for option, given in (("jobs", jobs), ("gpu-jobs", gpu_jobs if gpu_jobs > 1 else None)):
        if given is not None:
            raise ValueError(
                f"--{option} is for this machine; on a cluster, the threads of its workers say how "
                "many cells run at a time"
            )
    device, places = cluster.offer(scheduler, asked)
    return device, Room(places, places, gpu_jobs)


def _check_backend(backend: str, scheduler: str | None) -> None:
    if backend not in BACKENDS:
        hint = nearest(backend, BACKENDS)
        raise ValueError(f"unknown backend {backend!r}; {hint}known: {', '.join(BACKENDS)}")
    if backend == "dask" and scheduler is None:
        raise ValueError("backend 'dask' needs --scheduler, such as --scheduler tcp://HOST:8786")
    if backend != "dask" and scheduler is not None:
        raise ValueError(f"--scheduler {scheduler} needs --backend dask")


def _several(names: str | Sequence[str]) -> list[str]:
    """A list of names; one may be given as it is."""
    return [names] if isinstance(names, str) else list(names)
