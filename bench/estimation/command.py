"""The command ``estimate``: read points, run estimators on them, write and print the results."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console

from bench.engine.complete import complete
from bench.estimation.caveats import Caveat, caveat_lines, caveats, load_evidence, median_estimate
from bench.estimation.estimates import (
    INTERVALS,
    as_json,
    estimate_table,
    point_table,
    sort_by_error,
)
from bench.estimation.output import (
    default_folder,
    halves_line,
    mark_folder,
    print_estimates,
    write_estimates,
)
from bench.estimation.plan import ALL, CLASS, HALF, HALVES, estimation_job, image_classes
from bench.format import print_lines
from bench.store.store import Store
from manifolds.datasets.reading import LoadedPoints, read_points


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
    """Estimate the dimension of the points at ``path``; returns a row for each estimator.

    ``array`` to ``standardize`` are the arguments of ``read_points``. Writes estimate.csv,
    estimate-points.csv, estimate.json, caveats.txt and a figure into ``out`` (default:
    results/estimate-NAME), of images also the report of bench/image_report, beside the store from
    which an interrupted run resumes. ``records`` are folders of runs, whose accuracy tables give
    further caveats. With ``dry_run`` nothing is run or written, and no row is returned.
    ``options`` are those of ``estimation_job``. Raises ValueError for files that cannot be read,
    and for wrong options.
    """
    selection: dict[str, Any] = {
        "columns": list(columns),
        "drop": list(drop),
        "rows": rows,
        "standardize": standardize,
    }
    out = default_folder(path, array, out)
    data = read_points(path, array, header, **selection)
    known = load_evidence(records)
    if path.is_dir() and out.resolve().is_relative_to(path.resolve()):
        raise ValueError(f"results must not go into the folder of images, but {out} is in {path}")
    job = estimation_job(
        path,
        data,
        array=array,
        header=header,
        selection=selection,
        halves=halves,
        out=out,
        **options,
    )
    # With --json the standard output is for programs.
    progress = Console(stderr=True) if as_json_text else console
    n, ambient = data.points.shape
    size = " x ".join(map(str, data.shape)) if len(data.shape) > 1 else ""
    what = f"{n} images of {size}" if size else f"{n} points of {ambient} coordinates"
    print_lines(progress, f"{path}: {what}")
    class_notes = [note for note in (image_classes(data)[1],) if note]
    if dry_run:
        from bench.engine.status import preview

        print_lines(progress, *(f"- {note}" for note in (*data.notes, *class_notes)))
        preview(job, console, f"{path.name}, all points and {halves} halves")
        return estimate_table(pd.DataFrame(columns=["estimator", "manifold"]), out)
    with Store(out) as store:
        mark_folder(out, path, array)
        outcomes = complete(
            job,
            store,
            fresh=fresh,
            retry=retry,
            headline=False,
            silent=lambda record: record.manifold.startswith(HALF),
            console=progress,
        )
    if outcomes.attrs["new"] and (line := halves_line(outcomes)):
        progress.print(line, highlight=False)
    table = sort_by_error((len(data.distinct), ambient), estimate_table(outcomes, out), known)
    notes = [*map(Caveat, class_notes), *caveats(data, table, known)]
    table.attrs["caveats"] = caveat_lines(notes)
    facts = json.dumps(_facts(path, data, table, notes), indent=2)
    points = point_table(data, outcomes, out)
    files = write_estimates(table, points, notes, facts, out, f"Dimension of {path.name}: {what}")
    if len(data.shape) == 3:
        from bench.image_report.image_files import write_image_report

        images = [cell for cell in job.cells if cell.manifold.startswith((ALL, CLASS))]
        files += write_image_report(images, outcomes, out)
    if as_json_text:
        print(facts)
    else:
        print_estimates(table, notes, console)
        where = ", ".join(file.name for file in files)
        print_lines(console, f"written to {out}: {where}")
    return table


def _facts(
    path: Path, data: LoadedPoints, rows: pd.DataFrame, notes: Sequence[Caveat]
) -> dict[str, Any]:
    median = median_estimate(rows)
    return {
        "path": str(path),
        "n": len(data.points),
        "distinct": len(data.distinct),
        "ambient": data.points.shape[1],
        "shape": list(data.shape),
        "median": None if math.isnan(median) else median,
        "intervals": INTERVALS,
        "estimates": as_json(rows),
        "caveats": [{"estimator": note.estimator, "text": note.text} for note in notes],
    }
