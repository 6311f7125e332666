"""What a person sees while a suite runs: each result as it arrives, and how far it has come."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
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
from bench.time_left import LongestLeft

_PAUSE = 0.1  # seconds between looks at the news, on a terminal


class _Left(ProgressColumn):
    """Time left, told anew at each refresh of the bar."""

    def __init__(self, left: LongestLeft) -> None:
        super().__init__()
        self._left = left

    def render(self, task: Task) -> Text:
        left = self._left.seconds()
        return Text("" if left is None else f"about {duration(left)} left")


class Display:
    """Live bar on a terminal, plain lines elsewhere.

    ``costs`` are the predicted seconds of the cells to run, by key; each of the ``groups`` is how
    many of its cells run at a time, and its batches, whose cells run one after another. The time
    left is what the predictions say of the rest, corrected by how well they did on what is done.
    Results that are ``silent`` are counted, not printed.
    """

    def __init__(
        self,
        console: Console,
        costs: Mapping[str, float],
        groups: Iterable[tuple[int, Sequence[Sequence[Cell]]]],
        silent: Callable[[Record], bool] = lambda record: False,
    ) -> None:
        self._console = console
        self._silent = silent
        self._cells = len(costs)
        self._left = LongestLeft(costs, groups)
        self._running: dict[str, Cell] = {}
        self._told: dict[str, str] = {}
        self._done = 0
        self._bar = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            _Left(self._left),
            TextColumn("[dim]{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("starting workers", total=self._cells)
        # Printing above the bar draws it anew, which takes longer than many a cell: on a terminal
        # a thread of its own prints together what came since it last looked.
        self._lines: deque[str] = deque()
        self._ended = threading.Event()
        self._teller = threading.Thread(target=self._keep_telling, daemon=True)

    def __enter__(self) -> Self:
        self._bar.start()
        if self._console.is_terminal:
            self._teller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._teller.is_alive():
            self._teller.join()
        self._tell()
        self._bar.stop()

    def started(self, cell: Cell) -> None:
        """A cell has begun."""
        self._running[cell.key] = cell
        self._left.started(cell.key)

    def told(self, cell: Cell, text: str) -> None:
        """A cell says how far it is: shown beside it while it runs."""
        self._told[cell.key] = text
        self._left.told(cell.key, text)

    def finished(self, record: Record) -> None:
        """A cell has ended: print its result."""
        self._running.pop(record.key, None)
        self._told.pop(record.key, None)
        self._done += 1
        self._left.finished(record.key)
        if not self._silent(record):
            self._lines.append(self._line(record))
        if not self._console.is_terminal:
            self._tell()

    def _keep_telling(self) -> None:
        while not self._ended.wait(_PAUSE):
            self._tell()

    def _tell(self) -> None:
        """Print the results that came in, and say on the bar what is running."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines:
            self._console.print("\n".join(lines), highlight=False, soft_wrap=True)
        if not self._bar.disable:
            what = ", ".join(
                f"{cell.estimator} on {cell.manifold}"
                + (f" ({self._told[cell.key]})" if cell.key in self._told else "")
                for cell in list(self._running.values())
            )
            self._bar.update(self._task, completed=self._done, description=escape(what))

    def _line(self, record: Record) -> str:
        count = f"{self._done}/{self._cells}"
        if not self._console.is_terminal:
            left = self._left.seconds()
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
