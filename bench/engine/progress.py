"""Results as they arrive, and the progress of a run, on a terminal or in a log."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text
from typing_extensions import Self

from bench.cell import Cell
from bench.engine.eta import LongestEta
from bench.format import duration, one_line
from bench.record import OK, Record

_PAUSE = 0.1  # seconds between updates of a terminal
_MINUTE = 60.0  # seconds between lines on trainings, elsewhere
#: Characters of the bar, and at least of the report of one training.
_BAR, _TRAINING = 24, 24
#: Characters at the end of each line that stay free: a terminal echoes ^C behind the last one,
#: and what it wraps into a further line would not be erased.
_FREE = 6
_BETWEEN = " | "


class Display:
    """Live lines on a terminal, plain lines elsewhere: in files, pipes and notebooks.

    ``costs`` are the predicted seconds of the cells to run, by key; each of the ``groups`` is how
    many of its cells run at a time, and its batches, whose cells run one after another. Results
    that are ``silent`` are counted, not printed.
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
        self._eta = LongestEta(costs, groups)
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
        # thread of its own prints together what has come since the last update.
        self._lines: deque[str] = deque()
        self._ended = threading.Event()
        self._printer = threading.Thread(target=self._print_until_end, daemon=True)

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

    def start(self, cell: Cell) -> None:
        """Show that a cell is running."""
        self._training.pop(cell.key, None)
        self._running[cell.key] = cell
        self._eta.of(cell.key).start(cell.key)

    def report(self, cell: Cell, text: str) -> None:
        """Show the report of a cell: while it runs, or in a line a minute of all of them."""
        if cell.key not in self._running:
            return
        self._training[cell.key] = one_line(text)
        self._eta.of(cell.key).report(cell.key, text)
        now = self._clock()
        if self._live is None and now - self._last_training_line >= _MINUTE:
            self._last_training_line = now
            self._lines.append(escape(f"[{self._count()}] running: {'; '.join(self._trainings())}"))
            self._print()

    def finish(self, record: Record) -> None:
        """Print the result of a cell that has ended."""
        self._running.pop(record.key, None)
        self._training.pop(record.key, None)
        self._done += 1
        self._eta.of(record.key).finish(record.key)
        if not self._silent(record):
            self._lines.append(self._line(record))
        if self._live is None:
            self._print()

    def seconds_left(self) -> float | None:
        """Return the predicted seconds until the end; None before the first result."""
        return self._eta.seconds()

    def _print_until_end(self) -> None:
        while not self._ended.wait(_PAUSE):
            self._print()

    def _print(self) -> None:
        lines = [self._lines.popleft() for _ in range(len(self._lines))]
        if lines:
            self._console.print("\n".join(lines), highlight=False, soft_wrap=True)

    def _progress(self) -> Progress:
        seconds = self.seconds_left()
        running = [f"{cell.estimator} on {cell.manifold}" for cell in list(self._running.values())]
        return Progress(
            self._done,
            self._cells,
            "" if seconds is None else f"about {duration(seconds)} left",
            running or ([] if self._done else ["starting workers"]),
            self._trainings(),
        )

    def _trainings(self) -> list[str]:
        """Return the reports of running cells."""
        # Another thread may call this, hence the copies.
        cells = dict(self._running)
        return [
            f"{cells[key].estimator} on {cells[key].manifold}: {text}"
            for key, text in list(self._training.items())
            if key in cells
        ]

    def _count(self) -> str:
        """Return the cells done of all; where there are no live lines, with the time left."""
        seconds = self.seconds_left() if self._live is None else None
        left = "" if seconds is None else f", {duration(seconds)} left"
        return f"{self._done}/{self._cells}{left}"

    def _line(self, record: Record) -> str:
        where = f"[{self._count()}] {record.manifold} (seed {record.seed}) {record.estimator}: "
        if record.status != OK:
            reason = one_line(record.message.partition("\n")[0])
            return f"{escape(where)}[red]{record.status}[/red] {escape(reason)}"
        # A union has an estimate at each of its dimensions.
        levels = json.loads(record.groups)
        estimate = " | ".join(f"{level['estimate']:.4g}" for level in levels)
        truth = "truth " + " | ".join(f"{level['truth']}" for level in levels)
        if not levels:
            estimate, truth = f"{record.estimate:.4g}", "truth unknown"
        return escape(f"{where}{estimate}, {truth}, {duration(record.fit_seconds or 0)}")


@dataclass(frozen=True)
class Progress:
    """Cells that are done, of how many; the time left; running cells, and reports of trainings."""

    done: int
    cells: int
    left: str
    running: Sequence[str]
    training: Sequence[str]


class LiveLines:
    """Renders the progress of this moment in two lines at most, each within the width.

    The bar, the count and the time left are always whole; all else is cut with an ellipsis.
    """

    def __init__(self, progress: Callable[[], Progress]) -> None:
        self._progress = progress

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = self._progress()
        width = max(1, options.max_width - _FREE)
        count = Text(f"{now.done}/{now.cells}", style="progress.download")
        left = Text(now.left)
        needed = count.cell_len + left.cell_len + 4  # with what is between them
        bar = ProgressBar(total=now.cells, completed=now.done)
        bar.width = max(1, min(_BAR, width - needed))
        line = Table.grid(padding=(0, 1, 0, 0))
        line.width = width
        for fixed in (bar.width, count.cell_len, left.cell_len):
            line.add_column(width=fixed, no_wrap=True)
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_row(bar, count, left, Text(", ".join(now.running), style="dim"))
        yield line
        if now.training:
            yield Text(_side_by_side(now.training, width), style="dim", no_wrap=True)


def _side_by_side(texts: Sequence[str], width: int) -> str:
    """Join texts within a width, each with the same share of it where they are long."""
    shown = list(texts[: max(1, width // (_TRAINING + len(_BETWEEN)))])
    more = f"{_BETWEEN}{len(texts) - len(shown)} more" if len(texts) > len(shown) else ""
    free = width - len(more) - len(_BETWEEN) * (len(shown) - 1)
    # The shortest first: what one does not need is the others'.
    for order, place in enumerate(sorted(range(len(shown)), key=lambda k: cell_len(shown[k]))):
        text = Text(shown[place])
        text.truncate(max(1, free // (len(shown) - order)), overflow="ellipsis")
        shown[place] = text.plain
        free -= text.cell_len
    return _BETWEEN.join(shown) + more
