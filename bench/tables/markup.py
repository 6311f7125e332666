"""Tables of text in Markdown and LaTeX."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

#: Characters of LaTeX; others that its default fonts may lack become their code points.
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
    "≠": r"$\neq$",
    "σ": r"$\sigma$",
    "–": "--",
    "…": r"\dots{}",
    "\n": " ",
}
_MARKDOWN = str.maketrans(
    {**{mark: f"\\{mark}" for mark in "\\|*_`~#"}, "<": "&lt;", "\n": " ", "\r": " "}
)


def markdown_escape(text: str) -> str:
    """Return text that Markdown shows as it is, in a line of a table; links stay text too."""
    return text.translate(_MARKDOWN).replace("](", r"]\(")


def markdown_bold(text: str, bold: bool) -> str:
    """Return escaped text, in bold type where ``bold``."""
    return f"**{markdown_escape(text)}**" if bold else markdown_escape(text)


def markdown_table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], rules: Sequence[str] | None = None
) -> str:
    """Return a table of cells that are Markdown; numbers are right of the first column."""
    rules = rules or ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows))


def latex_escape(text: str) -> str:
    """Return text for LaTeX; a character that its fonts may lack becomes its code point."""
    return "".join(_LATEX.get(letter) or _latex_letter(letter) for letter in text)


def latex_bold(text: str, bold: bool) -> str:
    """Return escaped text, in bold type where ``bold``."""
    return rf"\textbf{{{latex_escape(text)}}}" if bold else latex_escape(text)


def latex_tabular(
    columns: str,
    heads: Iterable[Sequence[str]],
    groups: Iterable[Iterable[Sequence[str]]],
) -> str:
    """Return a tabular of cells that are LaTeX, shrunk to the line's width where it is wider.

    ``groups`` are rows, with some space between the groups.
    """
    return "\n".join(
        [
            r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            *map(_latex_line, heads),
            r"\midrule",
            "\n\\addlinespace\n".join("\n".join(map(_latex_line, rows)) for rows in groups),
            r"\bottomrule",
            r"\end{tabular}}",
        ]
    )


def latex_float(caption: str, label: str, body: str, notes: Iterable[str] = ()) -> str:
    """Return a ``table`` environment with notes below its body; ``caption`` is LaTeX."""
    below = [rf"{latex_escape(note)}\par" for note in notes]
    if below:
        minipage = r"\begin{minipage}{\linewidth}\raggedright"
        below = [r"\par\smallskip", minipage, *below, r"\end{minipage}"]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering\scriptsize\setlength{\tabcolsep}{4pt}\renewcommand{\arraystretch}{0.85}",
            rf"\caption{{{caption}}}" + (rf"\label{{tab:{label}}}" if label else ""),
            *(body, *below),
            r"\end{table}",
        ]
    )


def _latex_line(cells: Sequence[str]) -> str:
    # Braces keep a leading square bracket from being an argument of the row before.
    return " & ".join(f"{{{cell}}}" if cell.startswith("[") else cell for cell in cells) + r" \\"


def _latex_letter(letter: str) -> str:
    if letter.isascii() and letter.isprintable():
        return letter
    western = "À" <= letter <= "ÿ" and letter.isalpha() and letter not in "ÐðÞþ"
    return letter if western else f"[U+{ord(letter):04X}]"
