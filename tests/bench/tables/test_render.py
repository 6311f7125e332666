from __future__ import annotations

import io
import json
import math
import re
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from rich.console import Console

from bench.summary.summarise import summarise
from bench.summary.wording import estimate_text
from bench.tables.markup import latex_escape, markdown_escape
from bench.tables.render import write_tables
from bench.tables.terminal import terminal_tables


@pytest.fixture
def written(records: pd.DataFrame, tmp_path: Path) -> Path:
    write_tables(records, tmp_path, preset="quick")
    return tmp_path


def markdown_rows(path: Path) -> list[dict[str, str]]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    split = [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines]
    heading, rule, *rows = ([cell.strip() for cell in line] for line in split)
    assert set("".join(rule)) == {"-", ":"}
    return [dict(zip(heading, row, strict=True)) for row in rows]


def printed(records: pd.DataFrame, width: int, terminal: bool = False) -> str:
    file = io.StringIO()
    terminal_tables(records, Console(file=file, width=width, force_terminal=terminal), "quick")
    return file.getvalue()


def test_returns_what_it_wrote(records, tmp_path):
    paths = write_tables(records, tmp_path / "new")
    assert sorted(path.name for path in paths) == sorted(
        f"{name}.{suffix}"
        for name in ("accuracy", "runtime")
        for suffix in ("csv", "md", "tex", "parquet")
    )
    assert sorted(paths) == sorted((tmp_path / "new").iterdir())


def test_csv_has_a_row_a_manifold_and_estimator(written, records):
    table = pd.read_csv(written / "accuracy.csv").set_index(["manifold", "estimator"])
    assert len(table) == 11 * 18 - 1
    row = table.loc["10-sphere", "mle-20"]
    values = records[(records["manifold"] == "10-sphere") & (records["estimator"] == "mle-20")]
    assert row["estimate"] == pytest.approx(values["estimate"].mean())
    assert row["half_width"] == pytest.approx(4.302653 * values["estimate"].std() / math.sqrt(3))
    assert row["mean_absolute_error"] == pytest.approx((values["estimate"] - 10).abs().mean())
    assert math.isnan(table.loc["10-sphere", "score-svd"]["half_width"])
    assert table.loc["50-sphere", "ph"]["failure"] == "timeout: took more than 60 s"
    runtime = pd.read_csv(written / "runtime.csv").set_index(["manifold", "estimator"])
    seconds = runtime.loc["10-sphere", "mle-20"]["fit_seconds"]
    assert seconds == pytest.approx(values["fit_seconds"].median())


def test_parquet_is_the_summary(written, records):
    summary = summarise(records)
    pd.testing.assert_frame_equal(
        pd.read_parquet(written / "accuracy.parquet"), summary, check_dtype=False
    )
    runtime = pd.read_parquet(written / "runtime.parquet")
    pd.testing.assert_frame_equal(runtime, summary[runtime.columns], check_dtype=False)


def test_markdown_crosses_estimators_with_manifolds(written, records):
    rows = markdown_rows(written / "accuracy.md")
    table = {row["estimator"].split(" [")[0]: row for row in rows}
    assert next(iter(table)) == "score-svd"
    assert list(table)[-1] == "ppca"
    values = records[(records["manifold"] == "10-sphere") & (records["estimator"] == "mle-5")]
    half = 4.302653 * values["estimate"].std() / math.sqrt(3)
    expected = f"{values['estimate'].mean():.2f} ±{half:.2f} (3)"
    assert table["mle-5"]["10-sphere (d = 10)"] == expected
    assert table["score-svd"]["10-sphere (d = 10)"] == "**10.00 (1)**"
    assert table["score-svd"][r"union-10-30 (d = 10 \| 30)"] == r"**10.0 \| 30.0 (1)**"
    assert table["danco"]["line (d = 1)"] == "failed"
    assert table["knn"]["torus (d = 2)"].endswith("(2) failed 1/3")
    assert table["ess"]["hypercube-20 (d = 20)"] == "n/a"
    assert table["fishers"]["swiss-roll (d = 2)"] == "–"
    assert table["ph"]["scored"] == "9/11"


def test_subsets_are_reported_in_full(written):
    rows = {row["estimator"] for row in markdown_rows(written / "runtime.md")}
    assert "ess [1000 of 5000 to 10000 points]" in rows
    assert "score-svd [reads 200 of 5000 to 10000 points]" in rows
    assert "mle-5" in rows


def test_notes_say_sizes_seeds_preset_and_failures(written):
    for suffix in ("md", "tex"):
        text = (written / f"accuracy.{suffix}").read_text(encoding="utf-8")
        assert "n = 10000 points a sample (line: 5000); 1 to 3 seeds a cell; preset quick" in text
        assert "ph failed on 50-sphere (1 of 1), union-10-30 (1 of 1): timeout" in text
    assert r"danco failed on line (3 of 3): ValueError: 100 % of angles \| are NaN\_" in (
        written / "accuracy.md"
    ).read_text(encoding="utf-8")


def test_failures_and_seeds_are_in_the_runtime_table(written):
    table = {row["estimator"].split(" [")[0]: row for row in markdown_rows(written / "runtime.md")}
    assert table["danco"]["line (d = 1)"] == "failed"
    assert table["lpca-global"]["core time"].endswith(" s")
    assert "shared" not in table["lpca-global"]


def test_shared_time_is_shown_where_recorded(records, tmp_path):
    write_tables(records.assign(shared_seconds=0.5), tmp_path)
    assert markdown_rows(tmp_path / "runtime.md")[0]["shared"] == "5.5 s"


def test_markdown_escapes_tables_type_links_and_tags():
    assert markdown_escape("a|b *c* _d_ `e` ~~f~~ #1 \\ <b>\ng [5]") == (
        r"a\|b \*c\* \_d\_ \`e\` \~\~f\~\~ \#1 \\ &lt;b> g [5]"
    )
    assert markdown_escape("![x](http://y)") == r"![x]\(http://y)"


def test_latex_escapes():
    assert latex_escape("a_b & 50 % of {x}^2 ~ #1 \\ $y$") == (
        r"a\_b \& 50 \% of \{x\}\textasciicircum{}2 \textasciitilde{} \#1 "
        r"\textbackslash{} \$y\$"
    )
    assert latex_escape("9.5 ±0.1 | –") == r"9.5 $\pm$0.1 \textbar{} --"
    assert latex_escape("é ✓ þ") == "é [U+2713] [U+00FE]"


def test_latex_has_every_row(written):
    text = (written / "accuracy.tex").read_text(encoding="utf-8")
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 3
    assert text.count("danco ") == 4  # three blocks and a note
    assert r"\textbf{10.00 (1)}" in text
    assert r"100 \% of angles \textbar{} are NaN\_" in text


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_latex_compiles(records, tmp_path):
    records["estimator"] = records["estimator"].replace("mle-5", 'a_b%$#{}~^\\&<>"✓é')
    write_tables(records, tmp_path, preset="quick")
    (tmp_path / "all.tex").write_text(
        "\\documentclass{article}\\usepackage{booktabs,graphicx}\\begin{document}"
        "\\input{accuracy.tex}\\input{runtime.tex}\\end{document}",
        encoding="utf-8",
    )
    run = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        errors="replace",
    )
    assert run.returncode == 0, run.stdout[-2000:]
    assert "Overfull" not in run.stdout
    assert "too large" not in run.stdout


@pytest.mark.parametrize("width", [80, 100, 160])
def test_terminal_keeps_to_the_width_and_shows_all(records, width):
    text = printed(records, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for expected in ("50.00 (1)", "10.0 | 30.0 (1)", "failed 1/3", "nonuniform-0.75", "n/a"):
        assert expected in text
    assert "ess [1000 of 5000 to 10000 points]" in text
    assert "danco failed on line (3 of 3)" in text
    assert "\x1b" not in text


def test_terminal_marks_best_and_failed(records):
    text = printed(records, 120, terminal=True)
    assert re.search(r"\x1b\[1m *10\.00 \(1\)", text)
    assert re.search(r"\x1b\[31m *failed", text)
    assert "Bold: smallest error on a manifold. Red: failed." in text


def test_terminal_without_unicode(records):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    terminal_tables(records, Console(file=file, width=80))
    file.flush()
    assert b"9.49 +-" in raw.getvalue()


def test_labels_are_not_markup(records):
    records["estimator"] = records["estimator"].replace("mle-5", "[red]mle[/]")
    assert "[red]mle[/]" in printed(records, 120)


@pytest.mark.parametrize("cells", [0, 1])
def test_few_or_no_records(make_records, tmp_path, cells):
    records = make_records(("10-sphere",), ("mle-5",), seeds=1).iloc[:cells]
    write_tables(records, tmp_path)
    assert len(markdown_rows(tmp_path / "accuracy.md")) == cells
    assert ("9.4" in printed(records, 80)) == bool(cells)
    assert ("No cell has been run." in printed(records, 80)) == (not cells)


def test_unknown_truth_and_total_failure(make_records, tmp_path):
    records = make_records(("torus", "line"), ("mle-5", "ph"))
    records[["truth", "error"]] = float("nan")
    records["groups"] = "[]"
    records.loc[records["estimator"] == "ph", ["estimate", "status"]] = [float("nan"), "crashed"]
    write_tables(records, tmp_path)
    table = {
        row["estimator"].split(" [")[0]: row for row in markdown_rows(tmp_path / "accuracy.md")
    }
    assert table["ph"]["torus (d unknown)"] == "failed"
    assert table["mle-5"]["torus (d unknown)"].endswith("(3)")
    assert table["mle-5"]["scored"] == "0/0"


@pytest.mark.parametrize(
    ("estimates", "text"),
    [
        ([10.0, 10.0, 10.0], "10 (3 of 3 seeds)"),
        ([9.5, 9.5, 9.5], "9.50 (3 of 3 seeds)"),
        ([0.1, 0.1, 0.1], "0.10 (3 of 3 seeds)"),
        ([10.0, 10.0, 11.0], "10.33 ±1.43 (3)"),
        ([10.0, 10.0001, 10.0], "10.00 ±<0.01 (3)"),
        ([1000.0, 1000.2, 1000.0], "1000 ±0.29 (3)"),
        ([10.0], "10.00 (1)"),
        ([10.0, 10.0, None], "10 (2 of 3 seeds) failed 1/3"),
        ([10.0, 12.0, None], "11.00 ±12.71 (2) failed 1/3"),
        ([10.0, None, None], "10.00 (1) failed 2/3"),
        ([None], "failed"),
    ],
)
def test_seeds_with_equal_estimates_are_counted_and_give_no_interval(make_records, estimates, text):
    records = make_records(("10-sphere",), ("ppca",), seeds=len(estimates))
    records["estimate"] = estimates
    records["status"] = ["failed" if estimate is None else "ok" for estimate in estimates]
    records["groups"] = "[]"
    (row,) = summarise(records).to_dict("records")
    assert estimate_text(row) == text


def test_parts_of_a_union_with_equal_estimates_have_their_own_seeds(make_records):
    records = make_records(("union-10-30",), ("ppca",))
    for part, text in (
        (30.0, "10 | 30 (3 of 3 seeds)"), (29.0, "10 (3 of 3 seeds) | 29.7 ±1.4 (3)")
    ):  # fmt: skip
        records["groups"] = [
            json.dumps([{"truth": 10, "weight": 0.5, "estimate": 10.0},
                        {"truth": 30, "weight": 0.5, "estimate": estimate}])
            for estimate in (part, 30.0, 30.0)
        ]  # fmt: skip
        (row,) = summarise(records).to_dict("records")
        assert estimate_text(row) == text
