"""A hundred thousand cells: plan, store and report. Printed, never asserted: ``tox -e bench``.

Limits of the issue: a plan in 5 s and 500 MiB, a report in 10 s.
"""

import contextlib
import dataclasses
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from bench import api
from bench.engine import complete, plan
from bench.engine.job import Job, prepare
from bench.figures.style import style
from bench.limits import Capacity
from bench.plugins import load_file
from bench.record import Record
from bench.store.store import FILE, Store
from bench.suites import schema
from bench.suites.schema import ManifoldChoice, Preset, Presets, Suite
from bench.workers.outcome import empty_record

pytestmark = pytest.mark.benchmark

RECORDS = 100_000
NOOP = str(Path(__file__).parent / "noop.py")

PLANNING = """
import json, re, resource, sys, time
from bench.engine import costs, plan
from bench.suites import schema

def peak():
    # Not by getrusage on Linux: a process inherits that from the one that started it.
    if sys.platform == "linux":
        return int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20

own = schema.load("euclidean")
pairs = len(plan.build(own, "quick", seeds=1))
facts = {"before": peak()}
start = time.perf_counter()

def lap(what):
    global start
    facts[what], start = time.perf_counter() - start, time.perf_counter()

cells = plan.build(own, "quick", seeds=-(-int(sys.argv[1]) // pairs))
lap("build")
predicted = costs.predict(cells, [])
lap("predict")
batches = plan.batches(cells, predicted)
lap("batches")
print(json.dumps({**facts, "peak": peak(), "cells": len(cells), "groups": len(batches)}))
"""


def test_plan(capsys):
    command = [sys.executable, "-c", PLANNING, str(RECORDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    seconds = {what: facts[what] for what in ("build", "predict", "batches")}
    with capsys.disabled():
        print(
            f"\n{facts['cells']} cells planned in {sum(seconds.values()):.2f} s ("
            + ", ".join(f"{what} {value:.2f}" for what, value in seconds.items())
            + f"), {facts['groups']} batches; peak {facts['peak']:.0f} MiB, of which "
            f"{facts['before']:.0f} MiB before"
        )


def large_suite(manifolds: int, seeds: int) -> Suite:
    """Manifolds of many dimensions, every sixth a union, and twenty estimators."""
    choices = {}
    for index in range(manifolds):
        dimension = index + 1
        family = ("sphere", "hypercube", "affine-subspace", "nonuniform-sphere", "sphere", "")[
            index % 6
        ]
        if family:
            parameters = {"dimension": dimension, "ambient": 150 if index % 6 == 4 else 100}
            choice = ManifoldChoice(manifold=family, parameters=parameters)
            choices[f"{family}-{dimension}"] = choice
        else:
            levels = [2 + index // 6, 10 + index]
            parameters = {"dimensions": levels, "ambient": 100}
            choice = ManifoldChoice(manifold="sphere-union", parameters=parameters)
            choices[f"union-{levels[0]}-{levels[1]}"] = choice
    preset = Preset(n=10_000, seeds=seeds)
    return Suite(
        name="large",
        about="for the benchmark",
        manifolds=choices,
        estimators=dict(list(schema.load("euclidean").estimators.items())[:20]),
        presets=Presets(smoke=preset, quick=preset, full=preset),
    )


def made_up(cells) -> list[Record]:
    """Records such as a run leaves: two in a hundred failed, each in one of four ways."""
    rng = np.random.default_rng(0)
    failures = {
        "failed": "ValueError: too few neighbours (angles.py:94)",
        "timeout": "stopped after 60 s",
        "memory": "used 2.10 GiB of memory, more than its limit of 2.00 GiB",
        "crashed": "the worker process ended: killed by SIGSEGV",
    }
    slow = {cell.estimator: rng.uniform(0.2, 60) for cell in cells}
    off = {cell.estimator: rng.normal(0, 0.02) for cell in cells}
    results = []
    for cell in cells:
        parameters = cell.manifold_parameters
        levels = parameters.get("dimensions") or [parameters["dimension"]]
        seconds = slow[cell.estimator] * rng.uniform(0.8, 1.3)
        estimates = [
            d * (1 + off[cell.estimator] * d**0.5 + 0.02 * rng.standard_normal()) for d in levels
        ]
        groups = [
            {"truth": d, "weight": 1 / len(levels), "estimate": e, "low": 0.9 * e, "high": 1.1 * e}
            for d, e in zip(levels, estimates, strict=True)
        ]
        facts = {
            "threads": 1,
            "ambient": parameters["ambient"],
            "points_used": 10_000,
            "truth": sum(levels) / len(levels),
            "sample_seconds": 0.05,
            "peak_memory_mib": 300 + 9 * slow[cell.estimator],
            "finished": "2026-01-01T00:00:00+00:00",
        }
        if rng.random() < 0.02:
            status = list(failures)[rng.integers(len(failures))]
            results.append(empty_record(cell, status=status, message=failures[status], **facts))
            continue
        facts |= {
            "status": "ok",
            "estimate": sum(estimates) / len(levels),
            "error": sum(abs(e - d) for e, d in zip(estimates, levels, strict=True)) / len(levels),
            "groups": json.dumps(groups),
            "fit_seconds": seconds,
            "shared_seconds": 0.8 * seconds,
        }
        if cell.estimator == "score-svd":
            facts |= {"points_read": 24, "arrays": f"arrays/{cell.manifold}.npz"}
        results.append(empty_record(cell, **facts))
    return results


def fill(folder: Path, records: list[Record]) -> None:
    """Put records into a store, all in one transaction, with the spectra of some."""
    with Store(folder):
        pass
    columns = [field.name for field in dataclasses.fields(Record)]
    marks = ", ".join(f":{column}" for column in columns)
    with contextlib.closing(sqlite3.connect(folder / FILE)) as database, database:
        database.executemany(
            f"INSERT OR REPLACE INTO records ({', '.join(columns)}) VALUES ({marks})",
            [vars(record) for record in records],
        )
    rng = np.random.default_rng(0)
    for record in {record.arrays: record for record in records if record.arrays}.values():
        levels = [level["truth"] for level in json.loads(record.groups)]
        truth = np.repeat(levels, 24 // len(levels))
        normal = np.arange(record.ambient) < record.ambient - truth[:, None]
        noise = rng.normal(size=normal.shape)
        values = np.where(normal, 1 + 0.08 * noise, abs(0.12 + 0.06 * noise))
        np.savez_compressed(
            folder / record.arrays,
            singular_values=-np.sort(-values, axis=1),
            dimension=truth.astype(float),
            truth=truth,
            chosen_sigma=np.array(0.2),
        )


def test_report(tmp_path, capsys):
    cells = plan.build(large_suite(manifolds=50, seeds=RECORDS // 1000), "quick")
    fill(tmp_path, made_up(cells))
    job = Job(cells, "quick", "cpu", Capacity(2, 2), tmp_path, ())
    took = []
    for _ in range(2):
        console = Console(file=io.StringIO(), width=160)
        start = time.perf_counter()
        with Store(tmp_path) as store:
            api.run_and_write(job, store, fresh=False, retry=False, console=console, command="")
        took.append(time.perf_counter() - start)
    files = [path for path in tmp_path.iterdir() if path.suffix in (".png", ".svg", ".csv")]
    folder = os.environ.get("BENCH_FIGURES")
    for path in files if folder else []:
        target = Path(folder, "scale-report", path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    with capsys.disabled():
        print(
            f"\n{len(cells)} records reported in {took[0]:.1f} s (tables, figures, terminal), "
            f"again without writing in {took[1]:.1f} s; "
            f"the store has {(tmp_path / FILE).stat().st_size / 2**20:.0f} MiB"
        )


#: Cells that are timed at each number of records, and these numbers.
TIMED = 200
NUMBERS = range(0, RECORDS + 1, RECORDS // 5)


def kept_together(store: Store, records: list[Record], together: int) -> float:
    """Seconds to keep records, so many in a transaction."""
    start = time.perf_counter()
    for first in range(0, len(records), together):
        store.add_all([(record, {}) for record in records[first : first + together]])
    return time.perf_counter() - start


def run_together(store: Store, number: int) -> float:
    """Seconds to run so many no-op cells, with the records that they leave."""
    job = prepare(
        "euclidean", preset="smoke", manifolds="line", estimators="no-op", n=50, seeds=number,
        jobs=2, out=store.folder, plugins=NOOP, device="cpu",
    )  # fmt: skip
    start = time.perf_counter()
    complete.run_cells(job, job.cells, store, Console(file=io.StringIO()))
    took = time.perf_counter() - start
    store.remove(cell.key for cell in job.cells)
    return took


#: What does a cell -> seconds that it takes for the cells of some records, in an open store that
#: has none of them.
WAYS = {
    "run, two at a time": lambda store, records: run_together(store, len(records)),
    "store, one record a transaction": lambda store, records: kept_together(store, records, 1),
    "store, 20 records a transaction": lambda store, records: kept_together(store, records, 20),
}


def rates(folder: Path, records: list[Record]) -> pd.DataFrame:
    """Cells a second of each way, against the number of records that the store has."""
    *there, timed = np.split(np.array(records, dtype=object), [*NUMBERS[1:]])
    rows = []
    for number, more in zip(NUMBERS, [np.array([]), *there], strict=True):
        fill(folder, list(more))
        with Store(folder) as store:
            for what, way in WAYS.items():
                rows.append((number, what, len(timed) / way(store, list(timed))))
                store.remove(record.key for record in timed)
    return pd.DataFrame(rows, columns=["records", "what", "cells a second"])


def draw(table: pd.DataFrame, path: Path) -> None:
    with style():
        figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
        for what, rows in table.groupby("what", sort=False):
            axes.plot(rows["records"], rows["cells a second"], marker="o", label=what)
        axes.set(xlabel="records in the store", ylabel="cells a second", yscale="log")
        axes.set_ylim(bottom=table["cells a second"].min() / 3)
        axes.grid(axis="y", color="0.93")
        axes.legend(frameon=False)
        figure.savefig(path, dpi=150)
        plt.close(figure)


def test_cells_a_second(tmp_path, capsys):
    load_file(NOOP)
    cells = plan.build(large_suite(manifolds=50, seeds=RECORDS // 1000 + 1), "quick")
    records = [dataclasses.replace(record, arrays="") for record in made_up(cells)]
    table = rates(tmp_path / "store", records[: RECORDS + TIMED])
    folder = Path(os.environ.get("BENCH_FIGURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    table.to_csv(folder / "cells_a_second.csv", index=False)
    draw(table, folder / "cells_a_second.png")
    with capsys.disabled():
        print("\ncells a second against records in the store:")
        shown = table.pivot(index="records", columns="what", values="cells a second")
        print(shown.round(0).to_string())
        print(f"in {folder}")
