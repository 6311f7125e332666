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

from bench.estimation.answers import answers, as_json
from bench.estimation.caveats import Caveat, caveats, consensus, evidence
from bench.estimation.plan import HALVES, estimation_job
from bench.execution import missing_cells, run_cells
from bench.outputs.wording import number
from bench.store import Store
from manifolds.datasets.reading import read_points


def estimate(
    path: Path,
    *,
    array: str | None = None,
    halves: int = HALVES,
    out: Path | None = None,
    records: Sequence[Path] = (),
    fresh: bool = False,
    as_json_text: bool = False,
    console: Console,
    **options: Any,
) -> pd.DataFrame:
    """Every estimator's dimension of the points at ``path``; returns a row an estimator.

    Writes estimate.csv, estimate.json and a figure into ``out`` (default: results/estimate-NAME),
    beside the store from which a run that was stopped goes on. ``records`` are folders of runs,
    whose accuracy tables tell of estimators too. ``options`` are those of ``bench.job.prepare``.
    Raises ValueError for what cannot be read, and wrong options.
    """
    found = read_points(path, array)
    known = evidence(records)
    out = default_folder(path, out)
    job = estimation_job(path, found, array=array, halves=halves, out=out, **options)
    # With --json the standard output is for programs.
    news = Console(stderr=True) if as_json_text else console
    n, ambient = found.points.shape
    size = " x ".join(map(str, found.shape)) if len(found.shape) > 1 else ""
    what = f"{n} images of {size}" if size else f"{n} points of {ambient} coordinates"
    news.print(f"{path}: {what}", highlight=False, soft_wrap=True, markup=False)
    with Store(out) as store:
        if fresh:
            store.remove(cell.key for cell in job.cells)
        missing = missing_cells(job, store)
        if missing:
            run_cells(job, missing, store, news)
        kept = store.frame([cell.key for cell in job.cells])
    # Labels of this run: a record may come from another.
    for label in ("manifold", "estimator"):
        kept[label] = kept["key"].map({cell.key: getattr(cell, label) for cell in job.cells})
    rows = answers(kept, out)
    told = caveats(found.points, rows, known)
    files = _write(rows, told, out, f"Dimension of {path.name}: {what}")
    if as_json_text:
        print(json.dumps(_facts(path, found.points.shape, found.shape, rows, told), indent=2))
    else:
        _print(rows, told, console)
        where = ", ".join(file.name for file in files)
        console.print(f"written to {out}: {where}", highlight=False, soft_wrap=True, markup=False)
    return rows


def default_folder(path: Path, out: Path | None) -> Path:
    """Where results go: ``out``, or a folder of their own below results/."""
    return out or Path("results") / f"estimate-{path.resolve().stem}"


def _facts(
    path: Path,
    size: tuple[int, ...],
    shape: tuple[int, ...],
    rows: pd.DataFrame,
    told: Sequence[Caveat],
) -> dict[str, Any]:
    middle = consensus(rows)
    return {
        "path": str(path),
        "n": size[0],
        "ambient": size[1],
        "shape": list(shape),
        "median": None if math.isnan(middle) else middle,
        "estimates": as_json(rows),
        "caveats": [vars(caveat) for caveat in told],
    }


def _write(rows: pd.DataFrame, told: Sequence[Caveat], out: Path, title: str) -> list[Path]:
    from bench.estimation.figure import answers_figure
    from bench.outputs.figure_style import save, style
    from bench.outputs.files import replacing

    written = [out / "estimate.csv", out / "caveats.txt"]
    with replacing(written[0]) as part:
        rows.to_csv(part, index=False)
    with replacing(written[1]) as part:
        part.write_text("".join(f"{line}\n" for line in _lines(told)), encoding="utf-8")
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
    for heading in ("dimension", "95 % interval", "of", "on halves", "seconds"):
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
    console.print()
    for row in rows[rows["status"] != "ok"].to_dict("records"):
        reason = str(row["message"]).partition("\n")[0]
        console.print(
            f"{row['estimator']}: {row['status']}: {reason}", highlight=False, markup=False
        )
    if told:
        console.print("Caveats:")
    for line in _lines(told):
        console.print(f"- {line}", highlight=False, soft_wrap=False, markup=False)
