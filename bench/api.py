"""The commands as functions: run a suite, estimate, check, report."""

from __future__ import annotations

import hashlib
import inspect
import os
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console

from bench import __version__
from bench.engine.complete import complete
from bench.engine.job import Job, prepare
from bench.format import print_lines
from bench.store.store import COMMAND, Store
from manifolds.registry import nearest

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

    from bench.regression.findings import CheckResult

#: Columns that come first in the frame of a run.
_FIRST = ["manifold", "estimator", "truth", "estimate", "error"]
#: Options of ``prepare`` that an estimate takes, and options of it that may be several.
_OF_ESTIMATE = ("estimators", "jobs", "device", "timeout", "memory", "plugins")
_SEVERAL = {"estimators", "columns", "drop", "records"}
_STAMP = "outputs"
_STATE = ["key", "manifold", "estimator", "finished"]


def run(
    suite_name: str = "euclidean",
    *,
    fresh: bool = False,
    retry: bool = False,
    console: Console | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Run a suite; return the records, one row a cell.

    ``options`` are those of ``prepare``. ``fresh`` runs cells again that have a record, ``retry``
    those whose record is a failure. Results and tables are printed to ``console``. Warns if every
    cell failed.
    """
    _check_names(options, _names(prepare))
    job = prepare(suite_name, **options)
    call = ", ".join([repr(suite_name), *(f"{k}={v!r}" for k, v in options.items())])
    with Store(job.out) as store:
        records = run_and_write(
            job,
            store,
            fresh=fresh,
            retry=retry,
            console=console or Console(),
            command=f"bench.run({call})" if isinstance(suite_name, str) else "",
        )
    from bench.summary.wording import all_failed

    if failure := all_failed(records):
        warnings.warn(failure, RuntimeWarning, stacklevel=2)
    return records[_FIRST + [column for column in records if column not in _FIRST]]


def _names(function: Callable[..., Any]) -> list[str]:
    """Return the options of a command: keywords but for where it prints."""
    return [
        name
        for name, facts in inspect.signature(function).parameters.items()
        if facts.kind is inspect.Parameter.KEYWORD_ONLY and name not in ("console", "as_json_text")
    ]


def _check_names(options: Iterable[str], known: Sequence[str]) -> None:
    """Raise ValueError, with the nearest name, for an option that is not known."""
    for option in options:
        if option not in known:
            hint = nearest(option, known)
            raise ValueError(f"unknown option {option!r}; {hint}it takes: {', '.join(known)}")


def estimate(
    points: ArrayLike | str | os.PathLike[str],
    *,
    out: str | os.PathLike[str] | None = None,
    console: Console | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Estimate the dimension of points by every estimator; return a row an estimator.

    ``points`` are (n, D): an array, a data frame, a tensor, or the path of a file or of a folder
    of images. With ``out`` the tables and the figure stay in that folder, and the same call goes
    on where it stopped; without it nothing stays. ``options`` are those of the command, as in
    ``bench.estimate(X, estimators=["twonn", "mle"], halves=0)``. The caveats are in
    ``.attrs["caveats"]``. Raises ValueError for points that cannot be read, and wrong options.
    """
    from bench.estimation.command import estimate as estimate_file

    _check_names(options, ["n", *_names(estimate_file), *_OF_ESTIMATE])
    options = {"rows" if name == "n" else name: value for name, value in options.items()}
    for name in _SEVERAL.intersection(options):
        if isinstance(options[name], (str, os.PathLike)):
            options[name] = [options[name]]
    with tempfile.TemporaryDirectory(prefix="bench-estimate-") as folder:
        if isinstance(points, (str, os.PathLike)):
            path = Path(points)
        else:
            path = _save_points(points, Path(folder if out is None else out))
        return estimate_file(
            path, out=Path(out or folder), console=console or Console(quiet=True), **options
        )


def _save_points(points: Any, folder: Path) -> Path:
    """Write points (n, D), or images, to a file that workers read; names of columns stay."""
    import numpy as np
    import pandas as pd

    from bench.files import replace_file, write_parquet
    from estimators.points import check_points

    images = np.ndim(points) in (3, 4)
    values = np.asarray(points) if images else check_points(points, "bench.estimate")
    if isinstance(points, pd.DataFrame):
        table = pd.DataFrame(values, columns=list(map(str, points.columns)))
        return write_parquet(table, folder / "points.parquet")
    path = folder / "points.npy"
    with replace_file(path) as part, open(part, "wb") as file:
        np.save(file, values)
    return path


def check(
    baseline: str | os.PathLike[str],
    suite_name: str = "ci",
    *,
    out: str | os.PathLike[str] | None = None,
    run: bool = True,
    console: Console | None = None,
    **options: Any,
) -> CheckResult:
    """Compare a suite with a baseline; ``.alarms`` of what is returned are the regressions.

    ``options`` are those of the command, as in ``bench.check("ci.json", "ci", strict=True)``; with
    ``run`` False the records in ``out`` (default: results/check-SUITE) are read. Raises ValueError
    for a wrong option, and a missing or another suite's baseline.
    """
    from bench.regression.command import check as check_suite
    from bench.regression.command import default_folder

    _check_names(options, [*_names(check_suite), *_names(prepare)])
    folder = default_folder(suite_name) if out is None else Path(out)
    return check_suite(
        Path(baseline), suite_name, run=run, out=folder, console=console or Console(), **options
    )


def report(out: str | os.PathLike[str], to: str | os.PathLike[str] | None = None) -> Path:
    """Write the results in a folder as one HTML file, ``to`` or report.html in it; return its path.

    Raises ValueError if there are no results, or the file cannot be written.
    """
    from bench.html_report.page import write_report

    return write_report(Path(out), None if to is None else Path(to))


def run_and_write(
    job: Job, store: Store, *, fresh: bool, retry: bool, console: Console, command: str
) -> pd.DataFrame:
    """Run the cells of a job that have no record yet, then write and print tables and plots.

    ``fresh`` and ``retry`` are those of ``complete``. ``command``, which makes the results again,
    is saved in the store.
    """
    if (store.meta(COMMAND) or "") != command:
        store.set_meta(COMMAND, command)
    records = complete(job, store, fresh=fresh, retry=retry, console=console)
    _write(job, store, records, console)
    return records


def _write(job: Job, store: Store, records: pd.DataFrame, console: Console) -> None:
    """Write tables and plots unless they are there for these records; print the tables."""
    from bench.image_report import SUMMARY
    from bench.summary.summarise import summarise
    from bench.tables.terminal import terminal_tables

    summary = summarise(records)
    columns = [records[name].astype(str).to_list() for name in _STATE]
    rows = ("|".join(row) for row in zip(*columns, strict=True))
    state = hashlib.sha256("\n".join([__version__, job.preset, *rows]).encode()).hexdigest()
    stamp, *names = (store.meta(_STAMP) or "").split("\n")
    if stamp != state or not all((job.out / name).exists() for name in names):
        from bench.figures.run_figures import write_plots
        from bench.image_report.image_files import write_image_report
        from bench.tables.render import write_tables

        files = [
            *write_tables(records, job.out, job.preset, summary),
            *write_plots(records, job.out, job.out, summary),
            *write_image_report(job.cells, records, job.out),
        ]
        names = [str(Path(file).relative_to(job.out)) for file in files]
        store.set_meta(_STAMP, "\n".join([state, *names]))
    terminal_tables(records, console, job.preset, summary)
    if SUMMARY in names:
        text = (job.out / SUMMARY).read_text(encoding="utf-8")
        console.print(f"\nReal images\n\n{text}", highlight=False, markup=False)
    print_lines(console, f"tables and plots are in {job.out}")
