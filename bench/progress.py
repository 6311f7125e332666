"""What a person sees while a suite runs: each result as it arrives, and how far it has come."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
)
from rich.text import Text
from typing_extensions import Self

from bench.plan import Cell
from bench.records import Record


class _Left(ProgressColumn):
    """Time left, told anew at each refresh of the bar."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display

    def render(self, task: Task) -> Text:
        left = self._display.seconds_left()
        return Text("" if left is None else f"about {duration(left)} left")


class Display:
    """Live bar on a terminal, plain lines elsewhere.

    ``costs`` are the predicted seconds of the cells to run, by key; the time left is what they
    predict of the rest, corrected by how well they predicted what is done.
    """

    def __init__(self, console: Console, costs: Mapping[str, float], jobs: int) -> None:
        self._console = console
        self._costs = dict(costs)
        self._jobs = jobs
        self._running: dict[str, tuple[Cell, float]] = {}
        self._told: dict[str, str] = {}
        self._done = 0
        self._predicted = 0.0
        self._start = time.monotonic()
        self._bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Left(self),
            TextColumn("[dim]{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("starting workers", total=len(costs))

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def started(self, cell: Cell) -> None:
        """A cell has begun."""
        self._running[cell.key] = (cell, time.monotonic())
        self._refresh()

    def told(self, cell: Cell, text: str) -> None:
        """A cell says how far it is: shown beside it while it runs."""
        self._told[cell.key] = text
        self._refresh()

    def finished(self, record: Record) -> None:
        """A cell has ended: print its result."""
        self._running.pop(record.key, None)
        self._told.pop(record.key, None)
        self._done += 1
        self._predicted += self._costs[record.key]
        self._console.print(self._line(record), highlight=False, soft_wrap=True)
        self._refresh()

    def seconds_left(self) -> float | None:
        """Predicted wall seconds until the end; None before the first result.

        The predictions are scaled by how they have done so far, but not much before a good part
        is done: the first results also waited for the workers to start.
        """
        if not self._done:
            return None
        total = sum(self._costs.values()) / self._jobs
        now = time.monotonic()
        # Of what is running, as much is done as its time says, up to what it was predicted. The
        # bar asks from a thread of its own, hence the copy.
        running = list(self._running.values())
        under_way = sum(min(self._costs[cell.key], now - start) for cell, start in running)
        done = (self._predicted + under_way) / self._jobs
        trust = 0.1 * total + 10
        elapsed = now - self._start
        return max(0.0, total - done) * (elapsed + trust) / (done + trust)

    def _refresh(self) -> None:
        what = ", ".join(
            f"{cell.estimator} on {cell.manifold}"
            + (f" ({self._told[cell.key]})" if cell.key in self._told else "")
            for cell, _ in self._running.values()
        )
        self._bar.update(
            self._task,
            completed=self._done,
            description=escape(what),
        )

    def _line(self, record: Record) -> str:
        count = f"{self._done}/{len(self._costs)}"
        if not self._console.is_terminal:
            left = self.seconds_left()
            count += f", {duration(left)} left" if left is not None else ""
        where = f"[{count}] {record.manifold} (seed {record.seed}) {record.estimator}: "
        if record.status != "ok":
            reason = record.message.partition("\n")[0]
            return f"{escape(where)}[red]{record.status}[/red] {escape(reason)}"
        # A union has an estimate at each of its dimensions.
        levels = json.loads(record.groups)
        estimate = " | ".join(f"{level['estimate']:.4g}" for level in levels)
        truth = "truth " + " | ".join(f"{level['truth']}" for level in levels)
        if not levels:
            estimate, truth = f"{record.estimate:.4g}", "truth unknown"
        return escape(f"{where}{estimate}, {truth}, {duration(record.fit_seconds or 0)}")


def duration(seconds: float) -> str:
    """Seconds as people say them: 0.4 s, 12 s, 3 min 05 s, 2 h 10 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def counted(number: int, what: str) -> str:
    """A number of things: 1 cell, 12 cells."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
