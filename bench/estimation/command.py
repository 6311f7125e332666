"""The command ``estimate``: read, run, tell."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from bench.engine.complete import complete
from bench.estimation.answers import MEANING, answers, as_json
from bench.estimation.caveats import Caveat, caveats, consensus, evidence, lines
from bench.estimation.folder import default_folder, mark
from bench.estimation.order import by_evidence
from bench.estimation.plan import ALL, CLASS, HALF, HALVES, classes_of, estimation_job
from bench.estimation.points_table import FILE as POINTS
from bench.estimation.points_table import points_table
from bench.estimation.terminal import of_halves, print_answers
from bench.store.store import Store
from manifolds.datasets.reading import Found, read_points


def estimate(
    path: Path,
    *,
    array: str | None = None,
    header: bool | None = None,
    columns: Sequence[str] = (),
    drop: Sequence[str] = (),
    rows: int | None = None,
    standardize: bool = False,
    halves: int = HALVES,
    out: Path | None = None,
    records: Sequence[Path] = (),
    fresh: bool = False,
    retry: bool = False,
    dry_run: bool = False,
    as_json_text: bool = False,
    console: Console,
    **options: Any,
) -> pd.DataFrame:
    """Every estimator's dimension of the points at ``path``; returns a row an estimator.

    ``array`` to ``standardize`` are the arguments of ``read_points``. Writes estimate.csv,
    estimate-points.csv, estimate.json, caveats.txt and a figure into ``out`` (default:
    results/estimate-NAME), of images also what bench/image_report has to say, beside the store
    from which a run that was stopped goes on. ``records`` are folders of runs, whose accuracy
    tables tell of estimators too. With ``dry_run`` nothing is run or written, and no row comes
    back. ``options`` are those of ``estimation_job``.
    Raises ValueError for what cannot be read, and wrong options.
    """
    selection: dict[str, Any] = {
        "columns": list(columns),
        "drop": list(drop),
        "rows": rows,
        "standardize": standardize,
    }
    out = default_folder(path, array, out)
    found = read_points(path, array, header, **selection)
    known = evidence(records)
    if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
        raise ValueError(f"results must not go into the folder of images, but {out} is in {path}")
    job = estimation_job(
        path,
        found,
        array=array,
        header=header,
        selection=selection,
        halves=halves,
        out=out,
        **options,
    )
    # With --json the standard output is for programs.
    news = Console(stderr=True) if as_json_text else console
    n, ambient = found.points.shape
    size = " x ".join(map(str, found.shape)) if len(found.shape) > 1 else ""
    what = f"{n} images of {size}" if size else f"{n} points of {ambient} coordinates"
    news.print(f"{path}: {what}", highlight=False, soft_wrap=True, markup=False)
    notes = [note for note in (classes_of(found)[1],) if note]
    if dry_run:
        from bench.engine.status import preview

        for note in (*found.notes, *notes):
            news.print(f"- {note}", highlight=False, soft_wrap=True, markup=False)
        preview(job, console, f"{path.name}, all points and {halves} halves")
        return answers(pd.DataFrame(columns=["estimator", "manifold"]), out)
    with Store(out) as store:
        mark(out, path, array)
        kept = complete(
            job,
            store,
            fresh=fresh,
            retry=retry,
            headline=False,
            silent=lambda record: record.manifold.startswith(HALF),
            console=news,
        )
    if kept.attrs["new"] and (line := of_halves(kept)):
        news.print(line, highlight=False)
    table = by_evidence((len(found.distinct), ambient), answers(kept, out), known)
    told = [*map(_general, notes), *caveats(found, table, known)]
    table.attrs["caveats"] = lines(told)
    facts = json.dumps(_facts(path, found, table, told), indent=2)
    files = _write(table, told, facts, out, f"Dimension of {path.name}: {what}")
    files += _write_points(points_table(found, kept, out), out)
    if len(found.shape) == 3:
        from bench.image_report.write import write_image_report

        images = [cell for cell in job.cells if cell.manifold.startswith((ALL, CLASS))]
        files += write_image_report(images, kept, out)
    if as_json_text:
        print(facts)
    else:
        print_answers(table, told, console)
        where = ", ".join(file.name for file in files)
        console.print(f"written to {out}: {where}", highlight=False, soft_wrap=True, markup=False)
    return table


def _general(note: str) -> Caveat:
    return Caveat("", note)


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
        "caveats": [{"estimator": one.estimator, "text": one.text} for one in told],
    }


def _write(
    rows: pd.DataFrame, told: Sequence[Caveat], facts: str, out: Path, title: str
) -> list[Path]:
    from bench.estimation.figure import answers_figure
    from bench.figures.style import FORMATS, save, style
    from bench.files import write_csv, write_text

    written = [
        write_csv(rows, out / "estimate.csv"),
        write_text("".join(f"{line}\n" for line in lines(told)), out / "caveats.txt"),
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


def _write_points(table: pd.DataFrame | None, out: Path) -> list[Path]:
    """The table of points; one of earlier estimators, say, goes."""
    from bench.files import write_csv

    (out / POINTS).unlink(missing_ok=True)
    return [] if table is None else [write_csv(table, out / POINTS)]
