"""Accuracy and runtime tables as files: tidy CSV and Parquet, cross tables for people."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from bench.files import write_csv, write_parquet, write_text
from bench.format import truth_text
from bench.summary.columns import COLUMNS
from bench.summary.metrics import summarise
from bench.tables.crosstable import Cell, CrossTable, accuracy_table, runtime_table

#: Manifolds side by side in a LaTeX table; more go below, so that the type stays legible.
LATEX_MANIFOLDS = 6

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': "''",
    "±": r"$\pm$",
    "−": r"$-$",
    "×": r"$\times$",
    "½": r"$\frac12$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "σ": r"$\sigma$",
    "–": "--",
    "…": r"\dots{}",
    "\n": " ",
}
_MARKDOWN = str.maketrans(
    {"\\": r"\\", "|": r"\|", "*": r"\*", "_": r"\_", "`": r"\`", "<": "&lt;", "\n": " "}
)


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
    """The table with its title above and its notes below; the best of a column is bold."""

    def cell(found: Cell) -> str:
        text = markdown_escape(found.text)
        return f"**{text}**" if found.kind == "best" else text

    manifolds = [f"{name} ({truth_text(levels)})" for name, levels in table.manifolds.items()]
    heading = [markdown_escape(text) for text in ("estimator", *table.overall, *manifolds)]
    lines = [
        f"# {table.title}\n",
        _markdown_line(heading),
        _markdown_line(["---", *["---:"] * (len(heading) - 1)]),
    ]
    for row in table.rows:
        cells = [cell(found) for found in (*row.overall, *row.cells)]
        lines.append(_markdown_line([markdown_escape(row.label), *cells]))
    lines.append("")
    lines += [f"- {markdown_escape(note)}" for note in table.notes]
    return "\n".join(lines) + "\n"


def _markdown_line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def latex(table: CrossTable) -> str:
    r"""The table as a ``table`` environment for ``\input``; the best of a column is bold.

    It needs the packages booktabs and graphicx. A block of the overall columns comes first, then
    blocks of some manifolds side by side, each shrunk to the line's width where it is wider.
    """
    overall = [[latex_escape(row.label), *map(_latex_cell, row.overall)] for row in table.rows]
    blocks = [_latex_block([["estimator", *map(latex_escape, table.overall)]], overall)]
    names = list(table.manifolds)
    count = math.ceil(len(names) / LATEX_MANIFOLDS)
    for block in range(count):
        shown = range(block * len(names) // count, (block + 1) * len(names) // count)
        truths = [latex_escape(truth_text(table.manifolds[names[index]])) for index in shown]
        headings = [["estimator", *(latex_escape(names[index]) for index in shown)], ["", *truths]]
        cells = [
            [latex_escape(row.estimator), *(_latex_cell(row.cells[index]) for index in shown)]
            for row in table.rows
        ]
        blocks.append(_latex_block(headings, cells))
    notes = "\n".join(f"{latex_escape(note)}\\par" for note in table.notes[1:])
    return "\n".join(
        [
            r"% needs \usepackage{booktabs,graphicx}",
            r"\begin{table}",
            r"\centering\scriptsize\setlength{\tabcolsep}{4pt}\renewcommand{\arraystretch}{0.85}",
            rf"\caption{{{latex_escape(table.title)}. {latex_escape(table.notes[0])}}}",
            rf"\label{{tab:{table.name}}}",
            "\\par\\smallskip\n".join(blocks) + r"\par\smallskip",
            r"\begin{minipage}{\linewidth}\raggedright",
            notes,
            r"\end{minipage}",
            r"\end{table}",
            "",
        ]
    )


def _latex_block(headings: list[list[str]], rows: list[list[str]]) -> str:
    return "\n".join(
        [
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{l{'r' * (len(headings[0]) - 1)}}}",
            r"\toprule",
            *map(_latex_line, headings),
            r"\midrule",
            *map(_latex_line, rows),
            r"\bottomrule",
            r"\end{tabular}}",
        ]
    )


def _latex_line(cells: list[str]) -> str:
    # braces keep a leading square bracket from being read as an argument of the row before
    return " & ".join(f"{{{cell}}}" if cell.startswith("[") else cell for cell in cells) + r" \\"


def _latex_cell(cell: Cell) -> str:
    text = latex_escape(cell.text)
    return rf"\textbf{{{text}}}" if cell.kind == "best" else text


def markdown_escape(text: str) -> str:
    """Text for a cell of a Markdown table."""
    return text.translate(_MARKDOWN)


def latex_escape(text: str) -> str:
    """Text for LaTeX; a character that its default fonts may lack becomes its code point."""
    return "".join(_LATEX.get(letter) or _latex_letter(letter) for letter in text)


def _latex_letter(letter: str) -> str:
    if letter.isascii() and letter.isprintable():
        return letter
    western = "À" <= letter <= "ÿ" and letter.isalpha() and letter not in "ÐðÞþ"
    return letter if western else f"[U+{ord(letter):04X}]"
