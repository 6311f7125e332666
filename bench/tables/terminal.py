"""Accuracy and runtime tables in a terminal of any width."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bench.format import truth_text
from bench.summary.summarise import summarise
from bench.tables.crosstable import CrossTable, TextCell, accuracy_table, runtime_table

STYLES = {"plain": "", "best": "bold", "failed": "red"}
#: Spaces between two columns.
GAP = 2
#: Replacements for a console without Unicode.
ASCII = str.maketrans({"±": "+-", "−": "-", "–": "-", "×": "x", "½": "1/2", "…": "...", "σ": "s"})


def terminal_tables(
    records: pd.DataFrame,
    console: Console,
    preset: str | None = None,
    summary: pd.DataFrame | None = None,
) -> None:
    """Print the accuracy and the runtime table at the console's width.

    Overall columns come first, then as many manifolds side by side as fit, block below block.
    Where the console is not a terminal there is neither colour nor weight. ``summary`` is that of
    the records, where the caller has it already. Raises ValueError as ``summarise`` does.
    """
    summary = summarise(records) if summary is None else summary
    printed: set[str] = set()
    for table in (accuracy_table(summary, preset), runtime_table(summary, preset)):
        console.print()
        console.print(_text(table.title, console, "bold"))
        for block in _blocks(table, console.width):
            console.print()
            console.print(_grid(block, console))
        console.print()
        for note in (*table.notes, *_legend(table, console)):
            if note not in printed:
                style = "red" if " failed on " in note else "dim"
                indented = Padding(_text(note, console, style), (0, 0, 0, 1), expand=False)
                console.print(indented)
            printed.add(note)


@dataclass(frozen=True)
class _Column:
    """A column: the lines of its heading and its cells."""

    heading: tuple[str, ...]
    cells: tuple[TextCell, ...]

    @property
    def width(self) -> int:
        lines = [line for cell in self.cells for line in _lines(cell)]
        return max(map(len, [*self.heading, *lines]))


def _blocks(table: CrossTable, width: int) -> list[list[_Column]]:
    """Return blocks of columns that fit side by side; each has the estimators first.

    The first block has full labels and the overall columns; any other one has a manifold at least.
    """
    labels = _Column(("estimator",), tuple(TextCell(row.label) for row in table.rows))
    names = _Column(("estimator",), tuple(TextCell(row.estimator) for row in table.rows))
    overall = [
        _Column((heading,), tuple(row.overall[index] for row in table.rows))
        for index, heading in enumerate(table.overall)
    ]
    blocks = [[labels, *overall]]
    for index, (name, levels) in enumerate(table.manifolds.items()):
        cells = tuple(row.cells[index] for row in table.rows)
        widest = max((len(line) for cell in cells for line in _lines(cell)), default=0)
        heading = textwrap.wrap(name, max(widest, 10), break_long_words=False)
        column = _Column((*heading, truth_text(levels)), cells)
        needed = sum(other.width + GAP for other in blocks[-1]) + column.width
        if needed > width and blocks[-1] != [names]:
            blocks.append([names])
        blocks[-1].append(column)
    return blocks


def _lines(cell: TextCell) -> list[str]:
    """Return the lines of a cell; failed seeds have a line of their own."""
    return cell.text.replace(" failed", "\nfailed").split("\n")


def _grid(columns: list[_Column], console: Console) -> Table:
    grid = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False)
    tallest = max(len(column.heading) for column in columns)
    for index, column in enumerate(columns):
        heading = "\n".join([""] * (tallest - len(column.heading)) + list(column.heading))
        if index:
            grid.add_column(_text(heading, console), justify="right", no_wrap=True, overflow="crop")
        else:
            grid.add_column(_text(heading, console), overflow="fold")
    for row in zip(*(column.cells for column in columns), strict=True):
        grid.add_row(*(_text("\n".join(_lines(cell)), console, STYLES[cell.kind]) for cell in row))
    return grid


def _legend(table: CrossTable, console: Console) -> list[str]:
    best = "smallest error" if table.name == "accuracy" else "fastest"
    if console.is_terminal:
        return [f"Bold: {best} on a manifold. Red: failed. –: not run."]
    return ["–: not run."]


def _text(text: str, console: Console, style: str = "") -> Text:
    """Return text without markup, in the console's characters."""
    if console.options.ascii_only:
        text = text.translate(ASCII).encode("ascii", "replace").decode()
    return Text(text, style=style if console.is_terminal else "")
