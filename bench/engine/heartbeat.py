"""What a run is doing right now, in a small file beside its store, for whoever asks."""

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

from bench.engine.local import Event, Finished, Started
from bench.files import replace_file
from bench.format import printable

FILE = "running.json"
_PAUSE = 1.0  # seconds between writings


@dataclass(frozen=True)
class Running:
    """A cell that is running: its key, labels, start (Unix seconds), and what it last told."""

    key: str
    manifold: str
    estimator: str
    seed: int
    start: float
    told: str = ""


@dataclass(frozen=True)
class Facts:
    """What a run says of itself.

    Process and host, start (Unix seconds), cells at a time, and those that are running.
    """

    process: int
    host: str
    start: float
    jobs: int
    running: tuple[Running, ...] = ()


class Live:
    """Keeps the file while a run is going on; at its end the file goes."""

    def __init__(self, folder: Path, jobs: int) -> None:
        self._path = folder / FILE
        self._facts = Facts(os.getpid(), platform.node(), time.time(), jobs)
        self._running: dict[str, Running] = {}
        self._news = threading.Event()
        self._ended = threading.Event()
        self._writer = threading.Thread(target=self._keep_writing, daemon=True)

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
        self._news.set()
        self._writer.join()
        self._path.unlink(missing_ok=True)

    def note(self, events: Iterable[Event]) -> None:
        """Take in what has happened."""
        for event in events:
            cell = event.cell
            if isinstance(event, Started):
                self._running[cell.key] = Running(
                    cell.key, cell.manifold, cell.estimator, cell.seed, time.time()
                )
            elif isinstance(event, Finished):
                self._running.pop(cell.key, None)
            elif cell.key in self._running:
                self._running[cell.key] = replace(self._running[cell.key], told=event.text)
        self._news.set()

    def _keep_writing(self) -> None:
        """Write the news, but not more often than anybody looks."""
        while not self._ended.wait(_PAUSE):
            self._news.wait()
            self._news.clear()
            if not self._ended.is_set():
                self._write()

    def _write(self) -> None:
        running = [asdict(one) for one in list(self._running.values())]
        # Where the disk is full only the news is lost; that is told where records are written.
        with suppress(OSError), replace_file(self._path) as part:
            part.write_text(json.dumps({**vars(self._facts), "running": running}), encoding="utf-8")


def read(folder: Path) -> Facts | None:
    """What the run in a folder last said; None where it said nothing that makes sense."""
    try:
        told: dict[str, Any] = json.loads((folder / FILE).read_text(encoding="utf-8"))
        running = tuple(_sound(Running(**one)) for one in told.pop("running"))
        return _sound(Facts(**told, running=running))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


_Said = TypeVar("_Said", Running, Facts)


def _sound(said: _Said) -> _Said:
    """What a file of unknown origin says, without control characters; TypeError for wrong types."""
    kinds: dict[Any, Any] = {"str": str, "int": int, "float": (int, float)}
    values = dict(vars(said))
    for field in fields(said):
        value = values[field.name]
        if field.type in kinds and not isinstance(value, kinds[field.type]):
            raise TypeError(f"{field.name} is {value!r}")
        if isinstance(value, str):
            values[field.name] = printable(value)
        elif isinstance(value, (int, float)) and not abs(value) < 1e15:
            raise ValueError(f"{field.name} is {value!r}")
    return replace(said, **values)
