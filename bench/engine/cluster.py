"""Cells of a run on the workers of a dask cluster, through joblib's dask backend.

The workers need this package, and share nothing else with the coordinator: no file system.
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
from bench.engine.events import CellEnd, CellReport, CellStart, Event
from bench.engine.local import Batch, by_device, receive
from bench.errors import ClusterLost
from bench.workers import dask_host
from bench.workers.messages import BadMessage
from bench.workers.process import Setup
from bench.workers.worker_slot import CellResult
from manifolds.datasets.errors import missing_extra

_CONNECT = 10.0  # seconds to wait for a scheduler
_PATIENCE = 30.0  # seconds to wait for its first worker
_CHECK = 1.0  # seconds between checks whether the cluster is there
_GPU = "GPU"
# Loggers of tasks of an event loop that failed: at their end, in a callback, or while they send.
_LOGGERS = ("asyncio", "tornado.application", "distributed.batched")


def device_and_slots(scheduler: str, device: str) -> tuple[str, int]:
    """Return the device that a run on a cluster uses, and how many cells run at a time.

    With the device "auto" that is "cuda" if a worker offers a GPU, which it does when it was
    started with ``--resources GPU=1``. Raises ValueError if the scheduler cannot be reached, or
    for "cuda" if no worker has it.
    """
    with _client(scheduler) as client:
        workers = client.scheduler_info(n_workers=-1)["workers"].values()
        gpu = any(worker.get("resources", {}).get(_GPU) for worker in workers)
        slots = sum(worker["nthreads"] for worker in workers)
    if device == "cuda" and not gpu:
        raise ValueError(
            "device 'cuda' was asked for, but no worker of the cluster was started with "
            f"--resources {_GPU}=1"
        )
    # Without a worker yet there is nothing to divide by.
    return "cuda" if gpu and device != "cpu" else "cpu", max(1, slots)


def run(
    batches: Sequence[Batch], setup: Setup, scheduler: str, device: str
) -> Generator[list[Event], None, None]:
    """Run batches of cells on a cluster and yield events, as ``bench.engine.local.run`` does here.

    A batch whose worker dies is run again on another one. Closing the iterator ends what is
    running. Raises ClusterLost if the cluster cannot be used any more.
    """
    topic = f"bench-{uuid.uuid4().hex}"
    inbox = _Inbox({cell.key: cell for batch in batches for cell in batch})
    with _client(scheduler) as client:
        _check_workers(client, scheduler)
        client.subscribe_topic(topic, lambda message: inbox.read(message[1]))
        on_cpu, on_gpu = by_device(batches, device)
        groups: list[tuple[list[Batch], str, dict[str, Any]]] = []
        if on_cpu:
            groups.append((on_cpu, "cpu", {}))
        if on_gpu:
            groups.append((on_gpu, "cuda", {"resources": {_GPU: 1}}))
        for group in groups:
            threading.Thread(
                target=_submit, args=(client, *group, setup, topic, inbox), daemon=True
            ).start()
        try:
            yield from receive(inbox.events, len(groups), lambda: _check_alive(client), _CHECK)
        finally:
            with suppress(Exception):
                # Tasks that are running notice that nobody waits for them; this is faster.
                client.run(dask_host.close, topic)


class _Inbox:
    """Messages of the cluster, as events; a cell ends once, whichever way that arrives."""

    def __init__(self, cells: dict[str, Cell]) -> None:
        self.events: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._cells = cells
        self._ended: set[str] = set()
        self._guard = threading.Lock()

    def read(self, message: Any) -> None:
        """Read one message of a topic; invalid ones, which anybody can send, are ignored."""
        try:
            cell, what = self._cells[message["key"]], message["what"]
            if what == dask_host.ENDED:
                self.end(dask_host.unpack_result(cell, message["ended"]))
            elif cell.key not in self._ended:
                report = CellReport(cell, str(message.get("text", "")))
                self.events.put(CellStart(cell) if what == dask_host.STARTED else report)
        except (KeyError, TypeError, AttributeError, BadMessage):
            return

    def end(self, result: CellResult) -> None:
        """Note the end of a cell: alone, with its batch, or twice if a worker died."""
        with self._guard:
            key = result.record.key
            if key in self._ended:
                return
            self._ended.add(key)
        self.events.put(CellEnd(self._cells[key], result))


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
        logging.getLogger(logger).addFilter(_is_not_of_closed_connection)
    try:
        yield client
    finally:
        with suppress(Exception):
            client.close(timeout=2)


def _is_not_of_closed_connection(record: logging.LogRecord) -> bool:
    """Return whether a log record should be shown: not those of connections that were closed."""
    error = record.exc_info[1] if record.exc_info else None
    return type(error).__name__ != "CommClosedError"


def _check_workers(client: Any, scheduler: str) -> None:
    """Raise ClusterLost unless there are workers with this version of the package."""
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
    for worker, version in versions.items():
        if version != __version__:
            raise ClusterLost(
                f"worker {worker} has version {version} of this package, not {__version__}"
            )


def _check_alive(client: Any) -> None:
    """Raise ClusterLost if results will never come: joblib would wait for them."""
    if client.status != "running":
        raise ClusterLost("the scheduler of the cluster was lost")
    for state in list(client.futures.values()):
        if state.status == "error" and type(state.exception).__name__ == "KilledWorker":
            raise ClusterLost(f"several workers of the cluster died in turn: {state.exception}")


def _submit(
    client: Any,
    batches: list[Batch],
    device: str,
    needs: dict[str, Any],
    setup: Setup,
    topic: str,
    inbox: _Inbox,
) -> None:
    """Hand batches to the cluster in their order, and pass on the results."""
    from joblib._dask import DaskDistributedBackend

    class Cluster(DaskDistributedBackend):  # type: ignore[misc]
        """Joblib's backend, which would run all here if the cluster had one thread."""

        def effective_n_jobs(self, n_jobs: int) -> int:
            return max(2, super().effective_n_jobs(n_jobs))

    try:
        backend = Cluster(client=client, wait_for_workers_timeout=_PATIENCE, **needs)
        results = Parallel(
            backend=backend, return_as="generator_unordered", batch_size=1, pre_dispatch="all"
        )(delayed(dask_host.serve)(list(batch), setup, device, topic) for batch in batches)
        for batch in results:
            for result in batch:
                inbox.end(result)
    except BaseException as error:
        if type(error).__module__.partition(".")[0] in ("distributed", "asyncio", "concurrent"):
            error = ClusterLost(f"the cluster was lost: {type(error).__name__}: {error}")
        inbox.events.put(error)
    finally:
        inbox.events.put(None)
