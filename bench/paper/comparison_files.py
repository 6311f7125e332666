"""A comparison as files: tidy CSV, Markdown, LaTeX (booktabs), and a picture of the table."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures.paper_style import SIZE, SMALL, paper_style, save
from bench.files import write_csv, write_text
from bench.paper.equivalence import SYMBOLS
from bench.paper.table import LINES, Comparison
from bench.tables.markup import (
    latex_bold,
    latex_escape,
    latex_float,
    latex_tabular,
    markdown_bold,
    markdown_escape,
    markdown_table,
)

#: Most rows and columns of one LaTeX table; more go into further ones.
LATEX_ROWS, LATEX_COLUMNS = 13, 6
OURS = "ours"
#: Inches of the picture: height of a line, width of labels, of a column at least, and of a letter.
_LINE, _LABELS, _COLUMN, _LETTER = 0.135, 2.15, 0.72, 0.062
#: Right end of the true dimensions, in inches.
_TRUTH = 1.22
#: Mean width of a letter in running text, in inches.
_PROSE = 0.047


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """Write NAME.csv, .md, .tex, .pdf and .png; returns the paths."""
    stem = folder / comparison.name
    return [
        write_csv(tidy(comparison), stem.with_suffix(".csv")),
        write_text(markdown(comparison), stem.with_suffix(".md")),
        write_text(latex(comparison), stem.with_suffix(".tex")),
        *save(table_figure(comparison), stem),
    ]


def tidy(comparison: Comparison) -> pd.DataFrame:
    """Return a row for each cell of the published table."""
    return pd.DataFrame(
        {
            "row": cell.row,
            "column": cell.column,
            "truth": cell.truth,
            "published": cell.published,
            "ours": cell.ours.mean,
            "half_width_95": cell.ours.half_width,
            "seeds_ok": len(cell.ours.estimates),
            "seeds": cell.ours.planned,
            "n": cell.ours.n,
            "published_n": cell.published_n,
            "verdict": cell.verdict or "",
            "ours_inferred_n": cell.inferred.mean if cell.inferred else math.nan,
            "half_width_95_inferred_n": cell.inferred.half_width if cell.inferred else math.nan,
            "inferred_n": cell.inferred.n if cell.inferred else None,
            "missing": cell.ours.missing,
            "note": cell.note,
        }
        for cell in comparison.cells
    ).astype(dict.fromkeys(("n", "published_n", "inferred_n"), "Int64"))


def markdown(comparison: Comparison) -> str:
    """Return the table with its notes below; the nearest to the truth is bold."""

    def text(row: str, column: str) -> str:
        texts = []
        for line in comparison.lines(row):
            bold = column in comparison.best(row, line)
            shown = markdown_bold(comparison.text(row, column, line), bold)
            texts.append(shown + _marks(comparison, row, column, line))
        return " / ".join(filter(None, texts))

    every = [line for line in LINES if line in comparison.lines()]
    heads = ["", "truth", *map(markdown_escape, comparison.columns)]
    rows = [
        [
            markdown_escape(row),
            comparison.truth(row),
            *(text(row, column) for column in comparison.columns),
        ]
        for row in comparison.rows
    ]
    notes = (f"{note} {_cells_of(comparison, note)}" for note in comparison.notes)
    return "\n".join(
        [
            f"# {comparison.title}\n",
            f"Each cell: {' / '.join(every)}; lines of a row without any number are left out.\n",
            f"{markdown_table(heads, rows)}\n",
            f"{comparison.agreement}\n",
            *(f"- {markdown_escape(remark)}" for remark in comparison.remarks),
            *([""] if comparison.notes else []),
            *(f"{number}. {markdown_escape(note)}" for number, note in enumerate(notes, 1)),
            "",
        ]
    )


def _cells_of(comparison: Comparison, note: str) -> str:
    """Return the cells that have a note: "(A: ball, rod; B: rod)"."""
    rows: dict[str, list[str]] = {}
    for cell in comparison.cells:
        if cell.note == note:
            rows.setdefault(cell.column, []).append(cell.row)
    parts = (f"{column}: {', '.join(own)}" for column, own in rows.items())
    return f"({'; '.join(parts)})"


def _marks(comparison: Comparison, row: str, column: str, line: str, note: str = " [{}]") -> str:
    """Return what follows our number: the symbol of the verdict, and the number of the note."""
    cell = comparison.cell(row, column)
    if line != OURS:
        return ""
    number = note.format(comparison.notes.index(cell.note) + 1) if cell.note else ""
    return (f" {SYMBOLS[cell.verdict]}" if cell.verdict else "") + number


def _notes(comparison: Comparison) -> list[str]:
    """Return what is below a table: agreement, remarks, and numbered notes."""
    notes = (f"[{number}] {note}" for number, note in enumerate(comparison.notes, 1))
    return [comparison.agreement, *comparison.remarks, *notes]


def latex(comparison: Comparison) -> str:
    r"""Return ``table`` environments for ``\input``, a line a number; the nearest is bold.

    They need the packages booktabs and graphicx.
    """
    blocks = [
        (columns, rows)
        for columns in _parts(comparison.columns, LATEX_COLUMNS)
        for rows in _parts(comparison.rows, LATEX_ROWS)
    ]
    tables = []
    for index, (columns, rows) in enumerate(blocks):
        heads = ["", "truth", "", *map(latex_escape, columns)]
        groups = [_latex_lines(comparison, row, columns) for row in rows]
        body = latex_tabular("lrl" + "r" * len(columns), [heads], groups)
        caption = latex_escape(comparison.title) + (" (continued)" if index else "")
        notes = _notes(comparison) if index == len(blocks) - 1 else []
        tables.append(latex_float(caption, "" if index else comparison.name, body, notes))
    return "\n".join([r"% needs \usepackage{booktabs,graphicx}", *tables, ""])


def _parts(names: tuple[str, ...], most: int) -> list[tuple[str, ...]]:
    """Return names in parts of about the same length, of ``most`` at most."""
    count = math.ceil(len(names) / most)
    ends = [k * len(names) // count for k in range(count + 1)]
    return [names[start:end] for start, end in pairwise(ends)]


def _latex_lines(comparison: Comparison, row: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """Yield the lines of a row as cells."""
    heads = [latex_escape(row), latex_escape(comparison.truth(row))]
    for line in comparison.lines(row):
        best = comparison.best(row, line)
        cells = []
        for column in columns:
            text = latex_bold(comparison.text(row, column, line), column in best)
            marks = latex_escape(_marks(comparison, row, column, line, "[{}]"))
            marks = marks.replace("=", "$=$").replace("[", r"\textsuperscript{").replace("]", "}")
            cells.append(text + marks)
        yield [*heads, line, *cells]
        heads = ["", ""]


@paper_style()
def table_figure(comparison: Comparison) -> Figure:
    """Draw the table: the nearest to the truth is bold, marks and notes follow our numbers."""
    widths = [_width(comparison, column) for column in comparison.columns]
    right = [_LABELS + sum(widths[: k + 1]) - 0.05 for k in range(len(widths))]
    width = _LABELS + sum(widths)
    notes = [
        line
        for note in _notes(comparison)
        for line in textwrap.wrap(note, int(width / _PROSE), subsequent_indent="  ")
    ]
    heights = [len(comparison.lines(row)) + 0.5 for row in comparison.rows]
    lines = 4.6 + sum(heights) + len(notes)
    figure = Figure(figsize=(width, _LINE * lines))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(lines, 0))
    axes.text(0.05, 1.0, comparison.title, fontsize=SIZE, weight="bold", va="center")
    _rule(axes, 1.8, width, 0.8)
    for x, column in zip((_TRUTH, *right), ("truth", *comparison.columns), strict=True):
        _write(axes, x, 2.5, column, ha="right")
    _rule(axes, 3.1, width, 0.5)
    top = 3.8
    for row, height in zip(comparison.rows, heights, strict=True):
        _write(axes, 0.05, top, row)
        _write(axes, _TRUTH, top, comparison.truth(row), ha="right")
        for y, line in enumerate(comparison.lines(row)):
            _write(axes, _TRUTH + 0.12, top + y, line, color="0.35")
            best = comparison.best(row, line)
            for x, column in zip(right, comparison.columns, strict=True):
                weight = "bold" if column in best else "normal"
                text = _text(comparison, row, column, line)
                _write(axes, x, top + y, text, ha="right", weight=weight)
        top += height
    _rule(axes, top - 0.6, width, 0.8)
    for y, note in enumerate(notes):
        _write(axes, 0.05, top + 0.4 + y, note)
    return figure


def _text(comparison: Comparison, row: str, column: str, line: str) -> str:
    return comparison.text(row, column, line) + _marks(comparison, row, column, line)


def _width(comparison: Comparison, column: str) -> float:
    """Return the width of a column, in inches: that of its longest text."""
    texts = [column]
    for row in comparison.rows:
        texts += [_text(comparison, row, column, line) for line in comparison.lines(row)]
    return max(_COLUMN, 0.12 + _LETTER * max(map(len, texts)))


def _write(axes: Axes, x: float, y: float, text: str, **options: Any) -> None:
    # A dollar sign would begin a formula.
    axes.text(x, y, text.replace("$", r"\$"), va="center", fontsize=SMALL, **options)


def _rule(axes: Axes, y: float, width: float, weight: float) -> None:
    ends = [0.03, width - 0.03]
    axes.plot(ends, [y, y], color="black", linewidth=weight, solid_capstyle="butt")
