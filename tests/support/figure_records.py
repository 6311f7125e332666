"""Synthetic records and arrays of the cells of the figures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from bench.paper.publication import Material
from bench.record import Record

POINTS = 40
COLUMNS = list(Record.__dataclass_fields__)


def record(
    store: Path,
    manifold: str,
    estimator: str,
    *,
    truths: Sequence[int] = (),
    ambient: int = 100,
    estimates: Sequence[float] | None = None,
    status: str = "ok",
    stored: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """A record; where stored, with spectra that drop below D - the estimate, at 40 points.

    ``estimates`` repeat over the points; without them each is the truth, and without truths
    it is the first 10 dimensions.
    """
    truth = np.repeat(truths or [0], POINTS // max(1, len(truths)))
    read = truth if estimates is None else np.resize(np.asarray(estimates), len(truth))
    row = {
        **dict.fromkeys(COLUMNS, ""),
        "key": f"{manifold} {estimator} {more.get('seed', 0)}",
        "manifold": manifold,
        "estimator": estimator,
        "manifold_name": "sphere",
        "manifold_parameters": "{}",
        "n": 1000,
        "seed": 0,
        "status": status,
        "ambient": ambient,
        "estimate": float(np.median(read)) if status == "ok" else np.nan,
        "truth": float(np.mean(truths)) if truths else np.nan,
        "groups": "[]"
        if len(truths) < 2
        else json.dumps(
            [
                {
                    "truth": d,
                    "weight": 1 / len(truths),
                    "estimate": float(np.median(read[truth == d])),
                }
                for d in truths
            ]
        ),
        **more,
    }
    if stored and status == "ok":
        rng = np.random.default_rng(7)
        values = np.sort(rng.uniform(0.8, 1.0, (len(read), ambient)))[:, ::-1]
        for spectrum, dimension in zip(values, read, strict=True):
            spectrum[ambient - int(dimension) :] *= 0.05
        arrays = {"singular_values": values, "dimension": read.astype(float)}
        if truths:
            arrays["truth"] = truth
        row["arrays"] = f"arrays/{row['key']}.npz"
        (store / "arrays").mkdir(exist_ok=True)
        np.savez(store / str(row["arrays"]), chosen_sigma=np.array(0.2), **arrays)
    return row


def material(rows: list[dict[str, Any]], store: Path, *, running: bool = False) -> Material:
    """Return the context of an item, at the smoke preset; its folder is below the store."""
    records = pd.DataFrame(rows, columns=COLUMNS)
    return Material(
        records=records,
        store_folder=store,
        published=pd.DataFrame(),
        folder=store / "figures",
        preset="smoke",
        running=running,
        console=Console(quiet=True),
    )


def all_records(store: Path) -> list[dict[str, Any]]:
    """Records from which every figure can be drawn, right except for known failures."""
    hundred = "score-svd-100"
    rows = [
        record(store, "10-sphere", hundred, truths=[10]),
        record(store, "50-sphere", hundred, truths=[50], estimates=[50, 50, 50, 51]),
        record(store, "line", hundred, truths=[1]),
        record(store, "union-10-30", hundred, truths=[10, 30]),
        record(store, "nonuniform-1", hundred, truths=[10], estimates=[2, 3, 2]),
        record(store, "nonuniform-0.75", hundred, truths=[10], estimates=[2]),
        record(store, "nonuniform-0.5", hundred, truths=[10], estimates=[1]),
    ]
    for things, name in (("squares", "squares"), ("blobs", "gaussian-blobs")):
        for count in (10, 20):
            more = {"manifold_name": name, "manifold_parameters": json.dumps({things: count})}
            label = f"{things}-{count}"
            rows.append(record(store, label, "score-svd", truths=[count], ambient=1024, **more))
    spheres = [f"10-sphere-n{n}" for n in (10, 100, 250, 500, 1000, 10_000)]
    spheres += [f"noise-{level}" for level in ("0.001", "0.003", "0.01", "0.03", "0.1")]
    for label in spheres:
        for bias, estimator in enumerate(("score-svd", "mle-20", "lpca-local", "ess")):
            for seed in range(1 if estimator == "score-svd" else 3):
                estimate = 10 - bias + 0.1 * seed
                more = {"seed": seed, "estimate": estimate, "stored": False}
                rows.append(record(store, label, estimator, truths=[10], **more))
    for label in ("digits", *(f"digits-{number}" for number in range(10))):
        for level, estimator in enumerate(("score-svd", "mle-20", "lpca-local", "ess", "danco")):
            estimates = [8 + level, 9 + level, 10 + level]
            more = {"ambient": 64, "estimates": estimates, "stored": estimator != "danco", "n": 180}
            rows.append(record(store, label, estimator, **more))
    return rows
