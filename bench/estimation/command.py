"""The command ``estimate``: read, run, tell."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from bench.estimation.answers import MEANING, answers, as_json
from bench.estimation.caveats import Caveat, caveats, consensus, evidence
from bench.estimation.plan import ALL, HALVES, estimation_job
from bench.execution import missing_cells, records_of, run_cells
from bench.outputs.wording import number
from bench.store import Store
from manifolds.datasets.reading import Found, read_points


def estimate(
    path: Path,
    *,
    array: str | None = None,
    header: bool | None = None,
    halves: int = HALVES,
    out: Path | None = None,
    records: Sequence[Path] = (),
    fresh: bool = False,
    retry: bool = False,
    as_json_text: bool = False,
    console: Console,
    **options: Any,
) -> pd.DataFrame:
    """Every estimator's dimension of the points at ``path``; returns a row an estimator.

    Writes estimate.csv, estimate.json, caveats.txt and a figure into ``out`` (default:
    results/estimate-NAME), of images also what bench/image_report has to say, beside the store
    from which a run that was stopped goes on. ``records`` are folders of runs, whose accuracy
    tables tell of estimators too. ``options`` are those of ``bench.job.prepare``.
    Raises ValueError for what cannot be read, and wrong options.
    """
    found = read_points(path, array, header)
    known = evidence(records)
    out = default_folder(path, array, out)
    if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
        raise ValueError(f"results must not go into the folder of images, but {out} is in {path}")
    job = estimation_job(path, found, array=array, header=header, halves=halves, out=out, **options)
    # With --json the standard output is for programs.
    news = Console(stderr=True) if as_json_text else console
    n, ambient = found.points.shape
    size = " x ".join(map(str, found.shape)) if len(found.shape) > 1 else ""
    what = f"{n} images of {size}" if size else f"{n} points of {ambient} coordinates"
    news.print(f"{path}: {what}", highlight=False, soft_wrap=True, markup=False)
    with Store(out) as store:
        if fresh:
            store.remove(cell.key for cell in job.cells)
        missing = missing_cells(job, store, retry=retry)
        if missing:
            run_cells(job, missing, store, news)
        kept = records_of(job, store)
    rows = answers(kept, out)
    told = caveats(found, rows, known)
    facts = json.dumps(_facts(path, found, rows, told), indent=2)
    files = _write(rows, told, facts, out, f"Dimension of {path.name}: {what}")
    if len(found.shape) == 3:
        from bench.image_report.write import write_image_report

        whole = [cell for cell in job.cells if cell.manifold == ALL]
        files += write_image_report(whole, kept, out)
    if as_json_text:
        print(facts)
    else:
        _print(rows, told, console)
        where = ", ".join(file.name for file in files)
        console.print(f"written to {out}: {where}", highlight=False, soft_wrap=True, markup=False)
    return rows


def default_folder(path: Path, array: str | None, out: Path | None) -> Path:
    """Where results go: ``out``, or a folder of their own below results/."""
    name = "-".join(filter(None, (path.resolve().name, array)))
    return out or Path("results") / f"estimate-{name}"


def _facts(path: Path, found: Found, rows: pd.DataFrame, told: Sequence[Caveat]) -> dict[str, Any]:
    middle = consensus(rows)
    return {
        "path": str(path),
        "n": len(found.points),
        "distinct": len(found.distinct),
        "ambient": found.points.shape[1],
        "shape": list(found.shape),
        "median": None if math.isnan(middle) else middle,
        "intervals": MEANING,
        "estimates": as_json(rows),
        "caveats": [vars(caveat) for caveat in told],
    }


def _write(
    rows: pd.DataFrame, told: Sequence[Caveat], facts: str, out: Path, title: str
) -> list[Path]:
    from bench.estimation.figure import answers_figure
    from bench.outputs.figure_style import FORMATS, save, style
    from bench.outputs.files import write_csv, write_text

    written = [
        write_csv(rows, out / "estimate.csv"),
        write_text("".join(f"{line}\n" for line in _lines(told)), out / "caveats.txt"),
        write_text(facts + "\n", out / "estimate.json"),
    ]
    # A figure of earlier points, say, is none of these.
    for suffix in FORMATS:
        (out / f"estimate{suffix}").unlink(missing_ok=True)
    with style():
        figure = answers_figure(rows, title)
        if figure is not None:
            written += save(figure, out / "estimate")
    return written


def _lines(told: Sequence[Caveat]) -> list[str]:
    return [
        f"{caveat.estimator}: {caveat.text}" if caveat.estimator else caveat.text for caveat in told
    ]


def _print(rows: pd.DataFrame, told: Sequence[Caveat], console: Console) -> None:
    table = Table("estimator", box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for heading in ("dimension", "another sample (95 %)", "from", "on halves", "seconds"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows.to_dict("records"):
        if math.isnan(row["estimate"]):
            table.add_row(row["estimator"], row["status"])
            continue
        interval = (
            "" if math.isnan(row["low"]) else f"{number(row['low'])} to {number(row['high'])}"
        )
        half = "" if math.isnan(row["half_estimate"]) else number(row["half_estimate"])
        seconds = row["seconds"]
        table.add_row(
            row["estimator"],
            number(row["estimate"]),
            interval,
            row["interval"],
            half,
            f"{seconds:.1f}" if seconds is not None and not math.isnan(seconds) else "",
        )
    console.print()
    console.print(table)
    if rows["low"].notna().any():
        console.print(MEANING, highlight=False)
    console.print()
    for row in rows.to_dict("records"):
        reason = str(row["message"]).partition("\n")[0]
        if row["status"] != "ok" or reason.startswith("on a half: "):
            status = "" if row["status"] == "ok" else f" {row['status']}:"
            console.print(f"{row['estimator']}:{status} {reason}", highlight=False, markup=False)
    if told:
        console.print("Caveats:")
    for line in _lines(told):
        console.print(f"- {line}", highlight=False, soft_wrap=False, markup=False)
