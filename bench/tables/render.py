"""Accuracy and runtime tables as files: tidy CSV and Parquet, cross tables in two markups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from bench.files import write_csv, write_parquet, write_text
from bench.format import truth_text
from bench.summary.columns import COLUMNS
from bench.summary.summarise import summarise
from bench.tables.crosstable import CrossTable, TextCell, accuracy_table, runtime_table
from bench.tables.markup import (
    latex_bold,
    latex_escape,
    latex_float,
    latex_tabular,
    markdown_bold,
    markdown_escape,
    markdown_table,
)

#: Most manifolds side by side in a LaTeX table; more go below, so that the type stays legible.
LATEX_MANIFOLDS = 6


def write_tables(
    records: pd.DataFrame,
    folder: Path,
    preset: str | None = None,
    summary: pd.DataFrame | None = None,
) -> list[Path]:
    """Write accuracy and runtime tables as .csv, .parquet, .md and .tex; returns the paths.

    CSV and Parquet have a row for each manifold and estimator; Markdown and LaTeX cross them.
    Each file is replaced as a whole. ``summary`` is that of the records, where the caller has it
    already. Raises ValueError as ``summarise`` does.
    """
    summary = summarise(records) if summary is None else summary
    runtime = [column.name for column in COLUMNS.values() if column.runtime]
    written = []
    for table, tidy in (
        (accuracy_table(summary, preset), summary),
        (runtime_table(summary, preset), summary[runtime]),
    ):
        written.append(write_csv(tidy, folder / f"{table.name}.csv"))
        written.append(write_parquet(tidy, folder / f"{table.name}.parquet"))
        for suffix, text in ((".md", markdown(table)), (".tex", latex(table))):
            written.append(write_text(text, folder / f"{table.name}{suffix}"))
    return written


def markdown(table: CrossTable) -> str:
    """Return the table with its title above and its notes below; the best of a column is bold."""
    manifolds = [f"{name} ({truth_text(levels)})" for name, levels in table.manifolds.items()]
    heads = [markdown_escape(text) for text in ("estimator", *table.overall, *manifolds)]
    rows = [
        [markdown_escape(row.label), *_cells(markdown_bold, (*row.overall, *row.cells))]
        for row in table.rows
    ]
    notes = "".join(f"- {markdown_escape(note)}\n" for note in table.notes)
    return f"# {table.title}\n\n{markdown_table(heads, rows)}\n\n{notes}"


def latex(table: CrossTable) -> str:
    r"""Return the table as a ``table`` environment for ``\input``; the best of a column is bold.

    It needs the packages booktabs and graphicx. A block of the overall columns comes first, then
    blocks of some manifolds side by side.
    """
    heads = ["estimator", *map(latex_escape, table.overall)]
    rows = [[latex_escape(row.label), *_cells(latex_bold, row.overall)] for row in table.rows]
    blocks = [latex_tabular("l" + "r" * len(table.overall), [heads], [rows])]
    names = list(table.manifolds)
    count = math.ceil(len(names) / LATEX_MANIFOLDS)
    for block in range(count):
        part = slice(block * len(names) // count, (block + 1) * len(names) // count)
        truths = [latex_escape(truth_text(table.manifolds[name])) for name in names[part]]
        two_heads = [["estimator", *map(latex_escape, names[part])], ["", *truths]]
        rows = [
            [latex_escape(row.estimator), *_cells(latex_bold, row.cells[part])]
            for row in table.rows
        ]
        blocks.append(latex_tabular("l" + "r" * len(truths), two_heads, [rows]))
    caption = latex_escape(f"{table.title}. {table.notes[0]}")
    body = "\\par\\smallskip\n".join(blocks)
    text = latex_float(caption, table.name, body, table.notes[1:])
    return "\n".join([r"% needs \usepackage{booktabs,graphicx}", text, ""])


def _cells(bold: Callable[[str, bool], str], cells: Iterable[TextCell]) -> list[str]:
    return [bold(cell.text, cell.kind == "best") for cell in cells]
