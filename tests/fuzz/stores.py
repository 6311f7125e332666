"""Results folders whose store, arrays or waiting rows were damaged: all that reads them."""

import functools
import io
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
from hypothesis import strategies as st
from mutations import damaged, odd_values
from rich.console import Console

from bench.engine.status import report, status_of
from bench.html_report.content import content
from bench.html_report.page import as_json
from bench.html_report.results import gather
from bench.html_report.spectra_panels import spectra
from bench.record import Record
from bench.store.arrays import load_arrays
from bench.store.pending import FILE as WAITING
from bench.store.store import FILE, PlannedCell, Store
from bench.summary.summarise import summarise
from bench.tables.terminal import terminal_tables

_GROUPS = [{"truth": 2, "weight": 1.0, "estimate": 2.0, "low": 1.9, "high": 2.1}]


@functools.cache
def whole():
    """A small store with its arrays, as bytes by path, and the columns of its tables."""
    import tempfile

    with tempfile.TemporaryDirectory() as name, Store(Path(name)) as store:
        folder = Path(name)
        store.set_meta("command", "bench run")
        store.add_environment("here", {"python": "3.11", "packages": {"numpy": "2"}})
        cells = []
        for number in range(6):
            estimator, seed = ("mle", "score-svd", "twonn")[number // 2], number % 2
            record = Record(
                key=f"key{number}", suite="s", manifold="sphere", estimator=estimator,
                manifold_name="sphere", manifold_parameters='{"dimension": 2}',
                estimator_name=estimator, estimator_parameters="{}", family="score", n=60,
                seed=seed, status="ok", ambient=5, points_used=60, points_read=10, estimate=2.0,
                truth=2.0, error=0.0, pointwise_error=0.1, groups=json.dumps(_GROUPS),
                fit_seconds=0.5, shared_seconds=0.4, sample_seconds=0.1, peak_memory_mib=200.0,
                threads=1, environment="here", finished="2026-11-27T05:00:00",
            )  # fmt: skip
            arrays = {}
            if estimator == "score-svd":
                arrays = {
                    "singular_values": np.random.default_rng(seed).random((10, 5)),
                    "dimension": np.full(10, 2.0),
                    "truth": np.full(10, 2),
                    "chosen_sigma": np.array(0.1),
                }
            if number == 5:
                lost = {"status": "failed", "estimate": None, "message": "ValueError: no"}
                record = Record(**{**vars(record), **lost})
            store.add(record, arrays)
            cells.append(PlannedCell(record.key, "sphere", estimator, 60, seed, 1.0))
        store.set_plan([*cells, PlannedCell("left", "sphere", "mle", 60, 2, 1.0)])
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and not path.name.startswith(".")
        }
        with sqlite3.connect(folder / FILE) as database:
            tables = {
                table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
                for table in ("records", "planned", "meta", "environments")
            }
    return files, tables


def cases():
    """Changes of values, columns and tables, or of the bytes of the file."""
    _, tables = whole()
    columns = [(table, column) for table, own in tables.items() for column in own]
    change = st.tuples(
        st.sampled_from(columns),
        st.sampled_from(["one"] * 8 + ["all", "drop column", "drop table"]),
        st.integers(1, 6),
        odd_values() | st.binary(max_size=3),
    )
    values = st.tuples(st.just("values"), st.lists(change, min_size=1, max_size=4))
    whole_bytes = st.tuples(st.just("bytes"), damaged([whole()[0][FILE]]))
    row = json.dumps(["records", vars(Record(*["x"] * 9, 1, 1, "ok"))]).encode() + b"\n"
    waiting = st.tuples(st.just("waiting"), damaged([row * 2]))
    return st.one_of(values, values, values, whole_bytes, waiting)


def array_cases():
    """Damaged files of arrays."""
    files, _ = whole()
    return damaged([data for name, data in files.items() if name.endswith(".npz")])


def _lay_out(folder):
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in whole()[0].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def check(case, folder):
    """Status, report, and what a run does with the records that are there."""
    folder /= "out"
    _lay_out(folder)
    kind, damage = case
    if kind == "values":
        _change(folder / FILE, damage)
    else:
        (folder / {"bytes": FILE, "waiting": WAITING}[kind]).write_bytes(damage)
    refused = []
    for act in (_status, _report, _tables):
        try:
            act(folder)
        except UnicodeError:
            raise
        except (ValueError, sqlite3.Error) as error:
            # The command line prints both in a line.
            refused.append(error)
    if refused:
        raise ValueError(str(refused[0]))


def check_arrays(data, folder):
    """The spectra of a report, which leave out what cannot be read, and the arrays themselves."""
    folder /= "out"
    if not folder.exists():
        _lay_out(folder)
    paths = list((folder / "arrays").glob("*.npz"))
    for path in paths:
        path.write_bytes(data)
    spectra(_records(folder), folder)
    load_arrays(folder, str(paths[0].relative_to(folder)))


@functools.cache
def _records(folder):
    return gather(folder).records


def _change(path, changes):
    database = sqlite3.connect(path)
    for (table, column), how, row, value in changes:
        try:
            if how == "one":
                database.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (value, row))
            elif how == "all":
                database.execute(f"UPDATE {table} SET {column} = ?", (value,))
            elif how == "drop column":
                database.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
            else:
                database.execute(f"DROP TABLE {table}")
        except (sqlite3.Error, OverflowError, UnicodeError):
            pass
    database.commit()
    database.close()


def _console():
    return Console(file=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), width=100)


def _status(folder):
    status = status_of(folder)
    report(status, _console())
    report(status, _console(), as_json=True)


def _report(folder):
    page = as_json(content(gather(folder)).data)
    assert "<" not in page
    page.encode("ascii")


def _tables(folder):
    with Store(folder) as store:
        outcomes = store.outcomes()
        store.timings()
        frame = store.frame(outcomes)
        terminal_tables(frame, _console(), "smoke", summarise(frame))
