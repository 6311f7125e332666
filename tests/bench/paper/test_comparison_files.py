"""A comparison as files: the numbers are in each, LaTeX compiles, and the drawn table is whole."""

import shutil
import subprocess

import pandas as pd
import pytest

from bench.paper.comparison_files import LATEX_ROWS, latex, markdown, write_comparison
from bench.paper.table import Comparison, Ours, TableCell

AWKWARD = "50 % of a_b & c$ [x]"
AGAIN = Ours((9.58, 9.60, 9.62), 3, 400)


def comparison(rows=3):
    names = tuple(f"row_{k}" for k in range(rows))
    cells = []
    for name in names:
        cells += [
            TableCell(name, "score SVD", 10, 11, 0, Ours((10.0,) * 3, 3, 1000), 500, note="Why."),
            TableCell(name, AWKWARD, 10, 9.61, 2, Ours((9.58, 9.60, 9.62), 3, 1000)),
            TableCell(name, "MLE", 10, 9.61, 2, Ours((9.5,), 1, 1000), inferred=AGAIN),
            TableCell(name, "ID-NF", 10, 11, ours=Ours(missing="–")),
        ]
    columns = ("score SVD", AWKWARD, "MLE", "ID-NF")
    return Comparison("table9", f"Table 9, {AWKWARD}", names, columns, tuple(cells), ("R ≠ S",))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    return {path.suffix: path for path in write_comparison(comparison(), folder)}


def test_all_formats_are_written_and_again_with_the_same_bytes(written, tmp_path):
    assert set(written) == {".csv", ".md", ".tex", ".pdf", ".png"}
    for path in write_comparison(comparison(), tmp_path):
        assert path.read_bytes() == written[path.suffix].read_bytes(), path.suffix


def test_csv_has_a_row_a_cell(written):
    table = pd.read_csv(written[".csv"])
    assert len(table) == 12
    first = table.iloc[0]
    assert (first["truth"], first["published"], first["ours"], first["half_width_95"]) == (
        (10, 11, 10, 0)
    )
    assert (first["seeds_ok"], first["n"], first["published_n"]) == (3, 1000, 500)
    assert table["verdict"].fillna("").tolist()[:4] == ["differs", "agrees", "undecided", ""]
    again = table.iloc[2][
        ["ours", "n", "ours_inferred_n", "half_width_95_inferred_n", "inferred_n"]
    ]
    assert again.astype(float).round(2).tolist() == [9.5, 1000, 9.6, 0.05, 400]
    assert first["note"] == "Why."
    assert table["ours"].isna().sum() == 3


def test_markdown_has_the_truth_once_a_row_and_says_what_is_best_agrees_and_differs():
    text = markdown(comparison())
    assert "Each cell: published / ours / ours, n inferred; lines of a row without any" in text
    assert "|  | truth | score SVD |" in text
    assert (
        r"| row\_0 | 10 | 11 / **10 (3 of 3 seeds)** ≠ [1] | **9.61** / 9.60 ± 0.05 = | "
        "**9.61** / 9.50 (1 seed) ? / 9.60 ± 0.05 (n = 400, inferred) | 11 / – |"
    ) in text
    assert "3 of 9 cells agree with the published number; differ: 3; not decided: 3" in text
    assert "\n1. Why. (score SVD: row\\_0, row\\_1, row\\_2)\n" in text


def test_latex_has_a_line_a_number_and_says_what_is_best_agrees_and_differs():
    text = latex(comparison())
    assert r"row\_0 & 10 & published & 11 & \textbf{9.61} & \textbf{9.61} & 11 \\" in text
    assert (
        r" &  & ours & \textbf{10 (3 of 3 seeds)} $\neq$\textsuperscript{1} & "
        r"9.60 $\pm$ 0.05 $=$ & 9.50 (1 seed) ? & -- \\"
    ) in text
    assert r" &  & ours, n inferred &  &  & 9.60 $\pm$ 0.05 (n = 400, inferred) &  \\" in text
    assert r"R $\neq$ S" in text
    for rule in ("toprule", "midrule", "bottomrule"):
        assert text.count(f"\\{rule}") == 1


def test_a_difference_that_is_not_the_best_has_a_mark_and_is_not_bold():
    far = TableCell("x", "A", 10, 11, 0, Ours((14.0, 14.0), 2, 9))
    near = TableCell("x", "B", 10, 10, 0, Ours((10.0, 10.0), 2, 9))
    table = Comparison("t", "T", ("x",), ("A", "B"), (far, near))
    assert "| x | 10 | 11 / 14 (2 of 2 seeds) ≠ | **10** / **10 (2 of 2 seeds)** = |" in markdown(
        table
    )
    from bench.paper.comparison_files import table_figure

    bold = {
        text.get_text() for text in table_figure(table).axes[0].texts if text.get_weight() == "bold"
    }
    assert bold == {"T", "10", "10 (2 of 2 seeds) ="}


def test_many_rows_are_set_as_several_tables_with_the_notes_at_the_last():
    text = latex(comparison(2 * LATEX_ROWS + 1))
    assert text.count(r"\begin{table}") == 3
    assert text.count("(continued)") == 2
    assert text.count("[1] Why.") == 1
    assert text.count("& published &") == 2 * LATEX_ROWS + 1


@pytest.mark.parametrize("rows", [1, 30])
def test_latex_compiles_and_every_table_fits_a_page(rows, tmp_path):
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    (tmp_path / "table.tex").write_text(latex(comparison(rows)))
    (tmp_path / "paper.tex").write_text(
        "\\documentclass{article}\n\\usepackage{booktabs,graphicx}\n"
        "\\begin{document}\n\\input{table}\n\\end{document}\n"
    )
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "Overfull" not in done.stdout
    assert "Float too large" not in done.stdout


def test_the_drawn_table_embeds_its_fonts_and_is_as_large_as_its_text(written):
    pdf = written[".pdf"].read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf


def test_texts_of_the_drawn_table_do_not_run_into_each_other():
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from bench.paper.comparison_files import table_figure

    figure = table_figure(comparison(4))
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    texts = [text for text in figure.axes[0].texts if text.get_text()]
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in texts]
    page = figure.bbox
    for index, box in enumerate(boxes):
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, texts[index].get_text()
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, texts[index].get_text()
        for other, further in zip(texts[index + 1 :], boxes[index + 1 :], strict=True):
            beside = box.x1 <= further.x0 or further.x1 <= box.x0
            # Lines touch: letters that hang below one reach a pixel into the next.
            above = box.y1 - 2 <= further.y0 or further.y1 - 2 <= box.y0
            assert beside or above, (texts[index].get_text(), other.get_text())
