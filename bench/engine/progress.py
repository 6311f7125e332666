"""What a person sees while a suite runs: each result as it arrives, and how far it has come."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from typing_extensions import Self

from bench.cell import Cell
from bench.engine.eta import LongestLeft
from bench.engine.live_lines import LiveLines, Progress
from bench.format import duration, one_line
from bench.record import Record

_PAUSE = 0.1  # seconds between looks at the news, on a terminal
_MINUTE = 60.0  # seconds between lines on trainings, elsewhere


class Display:
    """Live lines on a terminal, plain lines elsewhere: in files, pipes and notebooks.

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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._silent = silent
        self._clock = clock
        self._cells = len(costs)
        self._left = LongestLeft(costs, groups)
        self._running: dict[str, Cell] = {}
        self._training: dict[str, str] = {}
        self._done = 0
        self._last_training_line = clock()
        self._live: Live | None = None
        if console.is_terminal and not console.is_dumb_terminal:
            # Erased at the end, however the run ends: the results above say it all.
            lines = LiveLines(self._progress)
            self._live = Live(lines, console=console, refresh_per_second=10, transient=True)
        # Printing above the live lines draws them anew, which takes longer than many a cell: a
        # thread of its own prints together what came since it last looked.
        self._lines: deque[str] = deque()
        self._ended = threading.Event()
        self._printer = threading.Thread(target=self._keep_printing, daemon=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
            self._printer.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._printer.is_alive():
            self._printer.join()
        self._print()
        if self._live is not None:
            self._live.stop()

    def started(self, cell: Cell) -> None:
        """A cell has begun."""
        self._training.pop(cell.key, None)
        self._running[cell.key] = cell
        self._left.started(cell.key)

    def told(self, cell: Cell, text: str) -> None:
        """A cell says how far it is: shown while it runs, or in a line a minute of all of them."""
        if cell.key not in self._running:
            return
        self._training[cell.key] = one_line(text)
        self._left.told(cell.key, text)
        now = self._clock()
        if self._live is None and now - self._last_training_line >= _MINUTE:
            self._last_training_line = now
            self._lines.append(escape(f"[{self._count()}] running: {'; '.join(self._trainings())}"))
            self._print()

    def finished(self, record: Record) -> None:
        """A cell has ended: print its result."""
        self._running.pop(record.key, None)
        self._training.pop(record.key, None)
        self._done += 1
        self._left.finished(record.key)
        if not self._silent(record):
            self._lines.append(self._line(record))
        if self._live is None:
            self._print()

    def _keep_printing(self) -> None:
        while not self._ended.wait(_PAUSE):
            self._print()

    def _print(self) -> None:
        """Print the lines that came in."""
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines:
            self._console.print("\n".join(lines), highlight=False, soft_wrap=True)

    def _progress(self) -> Progress:
        """How far the run is, for the live lines."""
        left = self._left.seconds()
        running = [f"{cell.estimator} on {cell.manifold}" for cell in list(self._running.values())]
        return Progress(
            self._done,
            self._cells,
            "" if left is None else f"about {duration(left)} left",
            running or ([] if self._done else ["starting workers"]),
            self._trainings(),
        )

    def _trainings(self) -> list[str]:
        """What running cells say of how far they are."""
        # Another thread may ask, hence the copies.
        cells = dict(self._running)
        return [
            f"{cells[key].estimator} on {cells[key].manifold}: {text}"
            for key, text in list(self._training.items())
            if key in cells
        ]

    def _count(self) -> str:
        """Cells done of all; where there are no live lines, with the time left."""
        left = self._left.seconds() if self._live is None else None
        return f"{self._done}/{self._cells}" + (
            f", {duration(left)} left" if left is not None else ""
        )

    def _line(self, record: Record) -> str:
        where = f"[{self._count()}] {record.manifold} (seed {record.seed}) {record.estimator}: "
        if record.status != "ok":
            reason = one_line(record.message.partition("\n")[0])
            return f"{escape(where)}[red]{record.status}[/red] {escape(reason)}"
        # A union has an estimate at each of its dimensions.
        levels = json.loads(record.groups)
        estimate = " | ".join(f"{level['estimate']:.4g}" for level in levels)
        truth = "truth " + " | ".join(f"{level['truth']}" for level in levels)
        if not levels:
            estimate, truth = f"{record.estimate:.4g}", "truth unknown"
        return escape(f"{where}{estimate}, {truth}, {duration(record.fit_seconds or 0)}")
