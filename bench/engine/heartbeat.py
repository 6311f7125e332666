"""The running cells and the ETA of a run, in a small file beside its store, for ``status``."""

from __future__ import annotations

import json
import os
import platform
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Annotated

from pydantic import AfterValidator, Field, TypeAdapter
from typing_extensions import Self

from bench.engine.eta import OVERDUE
from bench.engine.events import CellEnd, CellStart, Event
from bench.files import replace_file
from bench.format import printable

FILE = "running.json"
_PAUSE, _LONG_PAUSE = 1.0, 10.0  # seconds between writings: at least, and without an event
# A file of unknown origin has texts without control characters, and numbers of a usual size.
_Text = Annotated[str, AfterValidator(printable)]
_Integer = Annotated[int, Field(gt=-1e15, lt=1e15)]
_Seconds = Annotated[float, Field(gt=-1e15, lt=1e15)]


@dataclass(frozen=True)
class Running:
    """A running cell: its key, labels, start (Unix seconds) and last report."""

    key: _Text
    manifold: _Text
    estimator: _Text
    seed: _Integer
    start: _Seconds
    report: _Text = ""


@dataclass(frozen=True)
class Facts:
    """Process, host and start (Unix seconds) of a run, and its running cells.

    ``eta`` is how many seconds it would still take when the file was ``written`` (Unix seconds),
    None before the first result.
    """

    process: _Integer
    host: _Text
    start: _Seconds
    running: tuple[Running, ...] = ()
    eta: _Seconds | None = None
    written: _Seconds = 0.0

    def seconds_left(self, now: float) -> float | None:
        """Return the ETA less the time since; a part of it if that is over; None without one."""
        if self.eta is None:
            return None
        # A clock that was set back makes no time longer.
        return max(0.0, OVERDUE * self.eta, self.eta - max(0.0, now - self.written))


_FACTS = TypeAdapter(Facts)


class Heartbeat:
    """Writes the file while a run is going on, and removes it at the end.

    ``seconds_left`` returns the ETA of the run; it is called by a thread.
    """

    def __init__(self, folder: Path, seconds_left: Callable[[], float | None]) -> None:
        self._path = folder / FILE
        self._seconds_left = seconds_left
        self._facts = Facts(os.getpid(), platform.node(), time.time())
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
        """Write every change, but not more often than anybody looks, and the ETA as it changes."""
        while not self._ended.wait(_PAUSE):
            self._changed.wait(_LONG_PAUSE)
            self._changed.clear()
            if not self._ended.is_set():
                self._write()

    def _write(self) -> None:
        facts = replace(
            self._facts,
            running=tuple(self._running.values()),
            eta=self._seconds_left(),
            written=time.time(),
        )
        # A full disk is reported where records are written; here only the heartbeat is lost.
        with suppress(OSError), replace_file(self._path) as part:
            part.write_text(json.dumps(asdict(facts)), encoding="utf-8")


def read(folder: Path) -> Facts | None:
    """Return what the run in a folder last wrote; None if there is no valid file."""
    try:
        return _FACTS.validate_json((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return None
