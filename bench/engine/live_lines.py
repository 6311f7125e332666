"""The lines at the foot of a terminal while a suite runs: how far it is, and what trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

#: Characters of the bar, and at least of what one training says.
_BAR, _TRAINING = 24, 24
#: Characters at the end of each line that stay free: a terminal echoes ^C behind the last one,
#: and what it wraps into a further line would not be erased.
_FREE = 6
_BETWEEN = " | "


@dataclass(frozen=True)
class Progress:
    """Cells that are done, of how many; what is said of the rest; what runs, and what trains."""

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
            yield Text(_beside(now.training, width), style="dim", no_wrap=True)


def _beside(texts: Sequence[str], width: int) -> str:
    """Texts side by side within a width, each with the same share of it where they are long."""
    shown = list(texts[: max(1, width // (_TRAINING + len(_BETWEEN)))])
    more = f"{_BETWEEN}{len(texts) - len(shown)} more" if len(texts) > len(shown) else ""
    room = width - len(more) - len(_BETWEEN) * (len(shown) - 1)
    # The shortest first: what one does not need is the others'.
    for order, place in enumerate(sorted(range(len(shown)), key=lambda k: cell_len(shown[k]))):
        share = max(1, room // (len(shown) - order))
        text = Text(shown[place])
        text.truncate(share, overflow="ellipsis")
        shown[place] = text.plain
        room -= text.cell_len
    return _BETWEEN.join(shown) + more
