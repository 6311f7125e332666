"""Runs cells on the workers of a dask cluster, through joblib's dask backend.

The workers need this package, and nothing else in common with the coordinator: no file system.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import uuid
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from joblib import Parallel, delayed

from bench import __version__
from bench.cell import Cell
from bench.engine.local import Batch, Event, Finished, Started, Told, collected, divided
from bench.environment import missing_extra
from bench.errors import ClusterLost
from bench.workers import dask_host
from bench.workers.messages import BadMessage
from bench.workers.process import Setup
from bench.workers.worker_slot import CellResult

_CONNECT = 10.0  # seconds to wait for a scheduler
_PATIENCE = 30.0  # seconds to wait for its first worker
_LOOK = 1.0  # seconds between looks at whether the cluster is there
_GPU = "GPU"
# Where it is said that a task of an event loop failed: at its end, or in a callback.
_LOGGERS = ("asyncio", "tornado.application")


def offer(scheduler: str, asked: str) -> tuple[str, int]:
    """What a cluster offers: the device that a run on it uses, and how many cells at a time.

    With the device "auto" that is "cuda" if a worker offers a GPU, which it does when it was
    started with ``--resources GPU=1``. Raises ValueError where the scheduler cannot be reached, or
    "cuda" is asked for and no worker has it.
    """
    with _client(scheduler) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        gpu = any(worker.get("resources", {}).get(_GPU) for worker in workers)
        places = sum(worker["nthreads"] for worker in workers)
    if asked == "cuda" and not gpu:
        raise ValueError(
            "device 'cuda' was asked for, but no worker of the cluster was started with "
            f"--resources {_GPU}=1"
        )
    # Without a worker yet there is nothing to divide by.
    return "cuda" if gpu and asked != "cpu" else "cpu", max(1, places)


def run(
    batches: Sequence[Batch], setup: Setup, scheduler: str, device: str
) -> Generator[list[Event], None, None]:
    """Run batches of cells on a cluster and yield events, as ``runner.run`` does here.

    A batch whose worker dies is run again on another one. Closing the iterator ends what is
    running. Raises ClusterLost where the cluster cannot be used any more.
    """
    name = f"bench-{uuid.uuid4().hex}"
    news = _News({cell.key: cell for batch in batches for cell in batch})
    with _client(scheduler) as client:
        _check_workers(client, scheduler)
        client.subscribe_topic(name, lambda event: news.take(event[1]))
        on_cpu, on_gpu = divided(batches, device)
        groups: list[tuple[list[Batch], str, dict[str, Any]]] = []
        if on_cpu:
            groups.append((on_cpu, "cpu", {}))
        if on_gpu:
            groups.append((on_gpu, "cuda", {"resources": {_GPU: 1}}))
        for group, kind, needs in groups:
            threading.Thread(
                target=_drive, args=(client, group, setup, kind, needs, name, news), daemon=True
            ).start()
        try:
            yield from collected(news.events, len(groups), lambda: _check_alive(client), _LOOK)
        finally:
            with suppress(Exception):
                # Tasks that are running notice that nobody waits for them; this is faster.
                client.run(dask_host.close, name)


class _News:
    """What the cluster says, as events; a cell that ends is told once, however it comes."""

    def __init__(self, cells: dict[str, Cell]) -> None:
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._cells = cells
        self._ended: set[str] = set()
        self._guard = threading.Lock()

    def take(self, news: Any) -> None:
        """One piece of news from a topic; what is none, which anybody can send, is ignored."""
        try:
            cell, what = self._cells[news["key"]], news["what"]
            if what == dask_host.ENDED:
                self.ended(dask_host.unpack_result(cell, news["ended"]))
            elif cell.key not in self._ended:
                told = Told(cell, str(news.get("text", "")))
                self.events.put(Started(cell) if what == dask_host.STARTED else told)
        except (KeyError, TypeError, AttributeError, BadMessage):
            return

    def ended(self, one: CellResult) -> None:
        """A cell has ended, told alone or with its batch, or twice where its worker died."""
        with self._guard:
            if one.record.key in self._ended:
                return
            self._ended.add(one.record.key)
        cell = self._cells[one.record.key]
        self.events.put(Finished(cell, one.record, one.arrays, one.environment))


@contextmanager
def _client(scheduler: str) -> Generator[Any, None, None]:
    try:
        from distributed import Client
    except ImportError:
        raise missing_extra("cluster", "backend 'dask'", "distributed") from None
    try:
        client = Client(scheduler, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TimeoutError, asyncio.TimeoutError) as error:
        raise ValueError(f"there is no dask scheduler at {scheduler}: {error}") from None
    for logger in _LOGGERS:
        logging.getLogger(logger).addFilter(_not_of_closed_connections)
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=2)


def _not_of_closed_connections(record: logging.LogRecord) -> bool:
    """What a closed connection still had to say is nobody's concern."""
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__name__ != "CommClosedError"


def _check_workers(client: Any, scheduler: str) -> None:
    """There are workers, and they have this version of the package."""
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except (TimeoutError, asyncio.TimeoutError):  # not one class before Python 3.11
        raise ClusterLost(f"the scheduler at {scheduler} has no worker") from None
    try:
        versions = client.run(dask_host.version)
    except Exception as error:
        raise ClusterLost(
            f"the workers of {scheduler} cannot import this package; install it there, in version "
            f"{__version__}: {error}"
        ) from None
    wrong = {worker: found for worker, found in versions.items() if found != __version__}
    if wrong:
        worker, found = next(iter(wrong.items()))
        raise ClusterLost(f"worker {worker} has version {found} of this package, not {__version__}")


def _check_alive(client: Any) -> None:
    """Raise ClusterLost where results will never come: joblib would wait for them."""
    if client.status != "running":
        raise ClusterLost("the scheduler of the cluster was lost")
    for state in list(client.futures.values()):
        if state.status == "error" and type(state.exception).__name__ == "KilledWorker":
            raise ClusterLost(f"several workers of the cluster died in turn: {state.exception}")


def _drive(
    client: Any,
    batches: list[Batch],
    setup: Setup,
    device: str,
    needs: dict[str, Any],
    name: str,
    news: _News,
) -> None:
    """Hand batches to the cluster in their order, and pass on what comes back."""
    from joblib._dask import DaskDistributedBackend

    class Cluster(DaskDistributedBackend):  # type: ignore[misc]
        """Joblib's backend, which would run all here if the cluster had one thread."""

        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, super().effective_n_jobs(n_jobs))

    try:
        backend = Cluster(client=client, wait_for_workers_timeout=_PATIENCE, **needs)
        ended = Parallel(
            backend=backend, return_as="generator_unordered", batch_size=1, pre_dispatch="all"
        )(delayed(dask_host.serve)(list(batch), setup, device, name) for batch in batches)
        for batch in ended:
            for one in batch:
                news.ended(one)
    except BaseException as error:
        if type(error).__module__.partition(".")[0] in ("distributed", "asyncio", "concurrent"):
            error = ClusterLost(f"the cluster was lost: {type(error).__name__}: {error}")
        news.events.put(error)
    finally:
        news.events.put(None)
