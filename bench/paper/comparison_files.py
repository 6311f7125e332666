"""A comparison as files: tidy CSV, Markdown, LaTeX (booktabs), and drawn, without LaTeX."""

from __future__ import annotations

import math
import textwrap
from itertools import pairwise
from pathlib import Path

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.figures import paper_style
from bench.files import write_csv, write_text
from bench.paper.equivalence import SYMBOLS
from bench.paper.table import LINES, Comparison, TableCell
from bench.tables.render import latex_escape, markdown_escape

#: Rows and columns that LaTeX sets as one table; more go into further ones.
LATEX_ROWS, LATEX_COLUMNS = 13, 6
OURS = "ours"
#: LaTeX of the symbols of verdicts.
_LATEX = {"=": "$=$", "≠": r"$\neq$", "?": "?"}
#: Inches of the drawn table: height of a line, width of labels and of a column at least.
_LINE, _LABELS, _COLUMN, _LETTER = 0.135, 2.15, 0.72, 0.062
#: Where the true dimensions end, in inches.
_TRUTH = 1.22
#: Inches of a letter in running text, on average.
_PROSE = 0.047


def write_comparison(comparison: Comparison, folder: Path) -> list[Path]:
    """Write NAME.csv, .md, .tex, .pdf and .png; returns the paths."""
    stem = folder / comparison.name
    return [
        write_csv(tidy(comparison), stem.with_suffix(".csv")),
        write_text(markdown(comparison), stem.with_suffix(".md")),
        write_text(latex(comparison), stem.with_suffix(".tex")),
        *paper_style.save(drawn(comparison), stem),
    ]


def tidy(comparison: Comparison) -> pd.DataFrame:
    """A row for each cell of the published table."""
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
    """The table, and below it its notes; what is nearest to the truth is bold."""

    def shown(row: str, column: str) -> str:
        cell = comparison.cell(row, column)
        texts = []
        for line in comparison.lines(row):
            text = markdown_escape(comparison.text(row, column, line))
            text = f"**{text}**" if column in comparison.best(row, line) else text
            texts.append(text + (_marks(comparison, cell) if line == OURS else ""))
        return " / ".join(text for text in texts if text)

    every = [line for line in LINES if line in comparison.lines()]
    lines = [
        f"# {comparison.title}\n",
        f"Each cell: {' / '.join(every)}; lines of a row without any number are left out.\n",
        _line(["", "truth", *map(markdown_escape, comparison.columns)]),
        _line(["---", *["---:"] * (1 + len(comparison.columns))]),
        *(
            _line(
                [
                    markdown_escape(row),
                    comparison.truth(row),
                    *(shown(row, column) for column in comparison.columns),
                ]
            )
            for row in comparison.rows
        ),
        "",
        comparison.agreement,
        "",
    ]
    lines += [f"- {markdown_escape(remark)}" for remark in comparison.remarks]
    lines.append("")
    lines += [
        f"{number}. {markdown_escape(f'{note} {_places(comparison, note)}')}"
        for number, note in enumerate(comparison.notes, 1)
    ]
    return "\n".join(lines).rstrip() + "\n"


def _places(comparison: Comparison, note: str) -> str:
    """The cells that a note speaks of: "(A: ball, rod; B: rod)"."""
    rows: dict[str, list[str]] = {}
    for cell in comparison.cells:
        if cell.note == note:
            rows.setdefault(cell.column, []).append(cell.row)
    told = (f"{column}: {', '.join(here)}" for column, here in rows.items())
    return f"({'; '.join(told)})"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _mark(comparison: Comparison, cell: TableCell) -> str:
    """Number of a cell's note; empty without one."""
    return str(comparison.notes.index(cell.note) + 1) if cell.note else ""


def _marks(comparison: Comparison, cell: TableCell) -> str:
    """What stands after our number: the symbol of the verdict, and the number of the note."""
    mark = f" [{_mark(comparison, cell)}]" if cell.note else ""
    return (f" {SYMBOLS[cell.verdict]}" if cell.verdict else "") + mark


def latex(comparison: Comparison) -> str:
    r"""``table`` environments for ``\input``, a line a number; the nearest to the truth is bold.

    They need the packages booktabs and graphicx.
    """
    blocks = [
        (columns, rows)
        for columns in _parts(comparison.columns, LATEX_COLUMNS)
        for rows in _parts(comparison.rows, LATEX_ROWS)
    ]
    notes = [
        *(comparison.agreement, *comparison.remarks),
        *(f"[{number}] {note}" for number, note in enumerate(comparison.notes, 1)),
    ]
    told = [
        r"\par\smallskip",
        r"\begin{minipage}{\linewidth}\raggedright",
        *(f"{_escape(note)}\\par" for note in notes),
        r"\end{minipage}",
    ]
    tables = []
    for index, (columns, rows) in enumerate(blocks):
        further, label = (
            (" (continued)", "") if index else ("", f"\\label{{tab:{comparison.name}}}")
        )
        tables += [
            r"\begin{table}",
            r"\centering\scriptsize\setlength{\tabcolsep}{4pt}",
            rf"\caption{{{latex_escape(comparison.title)}{further}}}{label}",
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{lrl{'r' * len(columns)}}}",
            r"\toprule",
            " & ".join(["", "truth", "", *map(latex_escape, columns)]) + r" \\",
            r"\midrule",
            "\n\\addlinespace\n".join(_latex_row(comparison, row, columns) for row in rows),
            r"\bottomrule",
            r"\end{tabular}}",
            *(told if index == len(blocks) - 1 else []),
            r"\end{table}",
        ]
    return "\n".join([r"% needs \usepackage{booktabs,graphicx}", *tables, ""])


def _parts(names: tuple[str, ...], most: int) -> list[tuple[str, ...]]:
    """Names in parts of about the same length, of ``most`` at most."""
    count = math.ceil(len(names) / most)
    ends = [k * len(names) // count for k in range(count + 1)]
    return [names[start:end] for start, end in pairwise(ends)]


def _latex_row(comparison: Comparison, row: str, columns: tuple[str, ...]) -> str:
    lines = []
    for index, line in enumerate(comparison.lines(row)):
        best = comparison.best(row, line)
        texts = []
        for column in columns:
            cell = comparison.cell(row, column)
            text = _escape(comparison.text(row, column, line))
            text = rf"\textbf{{{text}}}" if column in best else text
            if line == OURS:
                text += f" {_LATEX[SYMBOLS[cell.verdict]]}" if cell.verdict else ""
                text += rf"\textsuperscript{{{_mark(comparison, cell)}}}" if cell.note else ""
            texts.append(text)
        head = [_escape(row), _escape(comparison.truth(row))] if index == 0 else ["", ""]
        lines.append(" & ".join([*head, line, *texts]) + r" \\")
    return "\n".join(lines)


def _escape(text: str) -> str:
    """Text for LaTeX, with the symbols of verdicts in it."""
    return _LATEX["≠"].join(map(latex_escape, text.split("≠")))


def drawn(comparison: Comparison) -> Figure:
    """The table as a figure: the nearest to the truth is bold, marks and notes are behind ours."""
    with paper_style.paper_style():
        widths = [_width(comparison, column) for column in comparison.columns]
        wide = _LABELS + sum(widths)
        notes = [
            line
            for note in (
                *(comparison.agreement, *comparison.remarks),
                *(f"[{number}] {note}" for number, note in enumerate(comparison.notes, 1)),
            )
            for line in textwrap.wrap(note, int(wide / _PROSE), subsequent_indent="  ")
        ]
        lines = 3.6 + sum(map(_tall, map(comparison.lines, comparison.rows))) + len(notes)
        tall = _LINE * (lines + 1)
        figure = Figure(figsize=(wide, tall))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        axes.set(xlim=(0, wide), ylim=(lines + 1, 0))
        axes.text(
            0.05, 1.0, comparison.title, fontsize=paper_style.SIZE, weight="bold", va="center"
        )
        _rule(axes, 1.8, wide, 0.8)
        right = [_LABELS + sum(widths[: k + 1]) - 0.05 for k in range(len(widths))]
        for x, column in zip((_TRUTH, *right), ("truth", *comparison.columns), strict=True):
            _say(axes, x, 2.5, column, ha="right")
        _rule(axes, 3.1, wide, 0.5)
        top = 3.8
        for row in comparison.rows:
            _say(axes, 0.05, top, row)
            _say(axes, _TRUTH, top, comparison.truth(row), ha="right")
            for index, line in enumerate(comparison.lines(row)):
                _say(axes, _TRUTH + 0.12, top + index, line, color="0.35")
                _draw_line(axes, right, top + index, comparison, row, line)
            top += _tall(comparison.lines(row))
        _rule(axes, top - 0.6, wide, 0.8)
        for index, line in enumerate(notes):
            _say(axes, 0.05, top + 0.4 + index, line)
        return figure


def _tall(lines: tuple[str, ...]) -> float:
    """Lines that a row takes."""
    return len(lines) + 0.5


def _draw_line(
    axes: Axes, right: list[float], y: float, comparison: Comparison, row: str, line: str
) -> None:
    best = comparison.best(row, line)
    for x, column in zip(right, comparison.columns, strict=True):
        text = comparison.text(row, column, line)
        marks = _marks(comparison, comparison.cell(row, column)) if line == OURS else ""
        weight = "bold" if column in best else "normal"
        _say(axes, x, y, text + marks, ha="right", weight=weight)


def _width(comparison: Comparison, column: str) -> float:
    """Inches that a column takes: those of its longest text."""
    texts = [column]
    for row in comparison.rows:
        for line in comparison.lines(row):
            marks = _marks(comparison, comparison.cell(row, column)) if line == OURS else ""
            texts.append(comparison.text(row, column, line) + marks)
    return max(_COLUMN, 0.12 + _LETTER * max(map(len, texts)))


def _say(
    axes: Axes,
    x: float,
    y: float,
    text: str,
    *,
    ha: str = "left",
    weight: str = "normal",
    color: str = "black",
) -> None:
    # A dollar sign would begin a formula.
    shown = text.replace("$", r"\$")
    axes.text(
        x, y, shown, ha=ha, va="center", fontsize=paper_style.SMALL, weight=weight, color=color
    )


def _rule(axes: Axes, y: float, wide: float, width: float) -> None:
    axes.plot([0.03, wide - 0.03], [y, y], color="black", linewidth=width, solid_capstyle="butt")
