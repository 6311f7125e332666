"""Synthetic records of a run of the euclidean suite, with known biases."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

Records = Callable[..., pd.DataFrame]

MANIFOLDS: dict[str, dict[int, float]] = {
    "10-sphere": {10: 1.0},
    "50-sphere": {50: 1.0},
    "nonuniform-1": {10: 1.0},
    "nonuniform-0.75": {10: 1.0},
    "nonuniform-0.5": {10: 1.0},
    "line": {1: 1.0},
    "union-10-30": {10: 0.5, 30: 0.5},
    "affine-10": {10: 1.0},
    "hypercube-20": {20: 1.0},
    "swiss-roll": {2: 1.0},
    "torus": {2: 1.0},
}
# label -> family, seconds, points used, points read, estimate as a function of the dimension
ESTIMATORS: dict[str, tuple[str, float, int | None, int | None, Callable[[float], float]]] = {
    "lpca-global": ("linear", 0.06, None, None, lambda d: d + 1),
    "lpca-local": ("linear", 9.0, None, 500, lambda d: d * 1.05),
    "mle-5": ("neighbours", 1.9, None, None, lambda d: d * (1 - 0.0055 * d)),
    "mle-20": ("neighbours", 2.2, None, None, lambda d: d * (1 - 0.0066 * d)),
    "twonn": ("neighbours", 1.7, None, None, lambda d: d * (1 - 0.007 * d)),
    "mom": ("neighbours", 2.1, None, None, lambda d: d * (1 - 0.008 * d)),
    "tle": ("neighbours", 6.4, None, None, lambda d: d * (1 - 0.006 * d)),
    "knn": ("neighbours", 3.2, None, None, lambda d: d * (1 - 0.009 * d) + 0.4),
    "mada": ("neighbours", 2.4, None, None, lambda d: d * (1 - 0.0075 * d)),
    "mind-ml": ("neighbours", 2.6, None, None, lambda d: d * (1 - 0.006 * d)),
    "corrint": ("neighbours", 2.0, None, None, lambda d: d * (1 - 0.01 * d)),
    "fishers": ("angles", 8.0, None, None, lambda d: d * 0.98 + 0.6),
    "ess": ("angles", 48.0, 1000, None, lambda d: d * 1.02),
    "danco": ("angles", 31.0, 2000, None, lambda d: d * 1.03),
    "gride": ("neighbours", 1.5, None, None, lambda d: d * (1 - 0.0065 * d)),
    "ph": ("topology", 42.0, 1000, None, lambda d: d * (1 - 0.012 * d)),
    "ppca": ("linear", 0.09, None, None, lambda d: d + 1),
    "score-svd": ("score", 95.0, None, 200, lambda d: d),
}
# where linear methods see the ambient curvature
GLOBAL = {("lpca-global", "line"): 32.0, ("ppca", "line"): 98.0}
AMBIENT = 100


def _row(manifold: str, estimator: str, seed: int, n: int) -> dict[str, Any]:
    family, seconds, used, read, centre_of = ESTIMATORS[estimator]
    rng = np.random.default_rng(zlib.crc32(f"{manifold} {estimator} {seed}".encode()))
    groups = []
    for level, weight in MANIFOLDS[manifold].items():
        centre = GLOBAL.get((estimator, manifold), centre_of(level))
        spread = 0.0 if estimator in ("ppca", "lpca-global", "score-svd") else 0.01 * level
        value = float(centre + spread * rng.standard_normal())
        groups.append(
            {
                "truth": level,
                "weight": weight,
                "estimate": value,
                "low": value * 0.9,
                "high": value * 1.1,
            }
        )
    estimate = sum(group["weight"] * group["estimate"] for group in groups)
    return {
        "key": f"{manifold}/{estimator}/{seed}",
        "suite": "euclidean",
        "manifold": manifold,
        "estimator": estimator,
        "manifold_name": manifold.split("-")[-1],
        "manifold_parameters": "{}",
        "estimator_name": estimator.split("-")[0],
        "estimator_parameters": "{}",
        "family": family,
        "n": n,
        "ambient": AMBIENT,
        "points_used": min(used or n, n),
        "points_read": read,
        "seed": seed,
        "status": "ok",
        "estimate": estimate,
        "truth": sum(level * weight for level, weight in MANIFOLDS[manifold].items()),
        "error": sum(g["weight"] * abs(g["estimate"] - g["truth"]) for g in groups),
        "groups": json.dumps(groups),
        "fit_seconds": seconds * float(rng.uniform(0.9, 1.2)) * (1 + len(groups) / 10),
        "sample_seconds": 0.05,
        "peak_memory_mib": 300 + seconds * 9,
        "threads": 1,
        "device": "cpu",
        "message": "",
        "arrays": "",
        "environment": "e0",
    }


def fail(records: pd.DataFrame, estimator: str, manifold: str, status: str, **row: Any) -> None:
    """Turn the cells of an estimator on a manifold, or those of some seeds, into failures."""
    chosen = (records["estimator"] == estimator) & (records["manifold"] == manifold)
    if "seeds" in row:
        chosen &= records["seed"].isin(row["seeds"])
    records.loc[chosen, ["estimate", "error"]] = np.nan
    records.loc[chosen, "groups"] = "[]"
    records.loc[chosen, "status"] = status
    records.loc[chosen, "message"] = row.get("message", "")


@pytest.fixture(scope="session")
def make_records() -> Records:
    """Records of chosen manifolds, estimators and seeds, all of them ok."""

    def make(
        manifolds: tuple[str, ...] = tuple(MANIFOLDS),
        estimators: tuple[str, ...] = tuple(ESTIMATORS),
        seeds: int = 3,
    ) -> pd.DataFrame:
        rows = [
            _row(manifold, estimator, seed, 5000 if manifold == "line" else 10_000)
            for manifold in manifolds
            for estimator in estimators
            for seed in range(1 if estimator in ("ess", "ph", "score-svd") else seeds)
        ]
        return pd.DataFrame(rows).astype({"points_read": "Int64"})

    return make


@pytest.fixture
def records(make_records: Records) -> pd.DataFrame:
    """A whole run with some failures of each kind, and one cell that was not run."""
    frame = make_records()
    fail(frame, "ph", "50-sphere", "timeout", message="took more than 60 s")
    fail(frame, "ph", "union-10-30", "timeout", message="took more than 60 s")
    fail(frame, "danco", "line", "failed", message="ValueError: 100 % of angles | are NaN_")
    fail(frame, "knn", "torus", "failed", seeds=[1], message="LinAlgError: singular matrix")
    fail(frame, "ess", "hypercube-20", "not applicable", message="needs d <= 15")
    not_run = (frame["estimator"] == "fishers") & (frame["manifold"] == "swiss-roll")
    return frame[~not_run].reset_index(drop=True)


def _spectra(levels: list[int], points: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(sum(levels))
    truth = np.repeat(levels, points // len(levels))
    values = np.empty((len(truth), AMBIENT))
    for row, level in zip(values, truth, strict=True):
        normal = rng.normal(1.0, 0.08, AMBIENT - level)
        tangent = np.abs(rng.normal(0.12, 0.06, level))
        row[:] = np.sort(np.concatenate([normal, tangent]))[::-1] * 37.0
    sigmas = np.geomspace(0.01, 1.0, 8)
    return {
        "singular_values": values,
        "sigmas": sigmas,
        "gap": np.exp(-((np.log(sigmas) + 1.6) ** 2)),
        "dimension_by_sigma": np.tile(truth, (len(sigmas), 1)),
        "chosen_sigma": np.array(0.2),
        "dimension": truth.astype(float),
        "truth": truth,
    }


@pytest.fixture
def with_arrays(records: pd.DataFrame, tmp_path: Path) -> tuple[pd.DataFrame, Path]:
    """The whole run with the score estimator's arrays in a store folder, and that folder."""
    (tmp_path / "arrays").mkdir()
    for index in records.index[records["estimator"] == "score-svd"]:
        manifold = str(records.loc[index, "manifold"])
        name = f"arrays/{manifold}.npz"
        np.savez(tmp_path / name, **_spectra(list(MANIFOLDS[manifold]), 40))
        records.loc[index, "arrays"] = name
    return records, tmp_path
