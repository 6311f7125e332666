"""The cells that a run is running, in a small file beside its store, for ``bench status``."""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from typing_extensions import Self

from bench.engine.local import CellEnd, CellStart, Event
from bench.files import replacing
from bench.format import printable

FILE = "running.json"
_PAUSE = 1.0  # seconds between writings


@dataclass(frozen=True)
class Running:
    """A running cell: its key, labels, start (Unix seconds) and last report."""

    key: str
    manifold: str
    estimator: str
    seed: int
    start: float
    report: str = ""


@dataclass(frozen=True)
class Facts:
    """Process, host and start (Unix seconds) of a run, cells at a time, and the running ones."""

    process: int
    host: str
    start: float
    jobs: int
    running: tuple[Running, ...] = ()


class Heartbeat:
    """Writes the file while a run is going on, and removes it at the end."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._path = folder / FILE
        self._facts = Facts(os.getpid(), platform.node(), time.time(), jobs)
        self._running: dict[str, Running] = {}
        self._changed = threading.Event()
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._write_until_end, daemon=True)

    def __enter__(self) -> Self:
        self._write()
        self._writer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._changed.set()
        self._writer.join()
        self._path.unlink(missing_ok=True)

    def update(self, events: Iterable[Event]) -> None:
        """Follow the events of the run."""
        for event in events:
            cell = event.cell
            if isinstance(event, CellStart):
                self._running[cell.key] = Running(
                    cell.key, cell.manifold, cell.estimator, cell.seed, time.time()
                )
            elif isinstance(event, CellEnd):
                self._running.pop(cell.key, None)
            elif cell.key in self._running:
                self._running[cell.key] = replace(self._running[cell.key], report=event.text)
        self._changed.set()

    def _write_until_end(self) -> None:
        """Write every change, but not more often than anybody looks."""
        while not self._ended.wait(_PAUSE):
            self._changed.wait()
            self._changed.clear()
            if not self._ended.is_set():
                self._write()

    def _write(self) -> None:
        running = [asdict(one) for one in list(self._running.values())]
        # A full disk is reported where records are written; here only the heartbeat is lost.
        with suppress(OSError), replacing(self._path) as part:
            part.write_text(json.dumps({**vars(self._facts), "running": running}), encoding="utf-8")


def read(folder: Path) -> Facts | None:
    """Return what the run in a folder last wrote; None if there is no valid file."""
    try:
        facts: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        running = tuple(_validated(Running(**one)) for one in facts.pop("running"))
        return _validated(Facts(**facts, running=running))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


_FromFile = TypeVar("_FromFile", Running, Facts)


def _validated(one: _FromFile) -> _FromFile:
    """Return it without control characters; TypeError or ValueError for invalid values."""
    kinds: dict[Any, Any] = {"str": str, "int": int, "float": (int, float)}
    values = dict(vars(one))
    for field in fields(one):
        value = values[field.name]
        if field.type in kinds and not isinstance(value, kinds[field.type]):
            raise TypeError(f"{field.name} is {value!r}")
        if isinstance(value, str):
            values[field.name] = printable(value)
        elif isinstance(value, (int, float)) and not abs(value) < 1e15:
            raise ValueError(f"{field.name} is {value!r}")
    return replace(one, **values)
