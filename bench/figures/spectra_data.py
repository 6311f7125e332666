"""Singular values of scores around points, read from the arrays of records."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.record import OK
from bench.store.arrays import load_arrays
from bench.summary.statistics import groups_of


@dataclass(frozen=True)
class Spectra:
    """Singular values (m, D) at m points, with the estimated and the true dimension of each (NaN).

    ``estimates`` (by truth level) and ``whole`` are the record's, of the sample. ``by_sigma``
    (S, m) is the dimension at each of the noise levels ``sigmas`` (S,): at the chosen one only
    where the arrays have no others. ``title`` is the manifold, with the estimator where several
    have spectra.
    """

    title: str
    estimator: str
    singular_values: NDArray[np.float64]
    dimension: NDArray[np.float64]
    truth: NDArray[np.float64]
    sigma: float
    estimates: Mapping[float, float]
    whole: float
    sigmas: NDArray[np.float64]
    by_sigma: NDArray[np.float64]

    @property
    def ambient(self) -> int:
        """Dimension D of the space."""
        return self.singular_values.shape[1]

    def estimate(self, level: float) -> float:
        """Return the sample's estimate at a truth level, as in tables."""
        return self.estimates.get(level, self.whole)

    @property
    def relative(self) -> NDArray[np.float64]:
        """Singular values (m, D) over the largest at their point."""
        largest = self.singular_values.max(axis=1, keepdims=True)
        values: NDArray[np.float64] = self.singular_values / np.maximum(
            largest, np.finfo(float).tiny
        )
        return values

    @property
    def groups(self) -> list[tuple[float, NDArray[np.bool_]]]:
        """Each true dimension, descending, with the mask (m,) of its points; NaN if unknown."""
        levels = np.unique(self.truth[~np.isnan(self.truth)])[::-1]
        if not len(levels):
            return [(math.nan, np.ones(len(self.truth), dtype=bool))]
        return [(float(level), self.truth == level) for level in levels]

    @property
    def last(self) -> int:
        """Number of singular values, from the last one back, among which a gap is visible."""
        both = np.concatenate([self.truth, self.dimension])
        far = int(both[np.isfinite(both)].max(initial=0))
        return self.ambient if self.ambient <= 200 else max(60, 3 * far)


def read_spectra(records: pd.DataFrame, store_folder: Path) -> list[Spectra]:
    """Return the spectra of each manifold and estimator that has some, of its first ok seed.

    Arrays that are missing or broken are left out with a warning.
    """
    stored = records[(records["status"] == OK) & (records["arrays"].fillna("") != "")]
    panels = []
    for (manifold, estimator), rows in stored.groupby(["manifold", "estimator"], sort=False):
        first = rows.sort_values("seed").iloc[[0]]
        try:
            arrays = load_arrays(store_folder, str(first["arrays"].iat[0]))
            if "singular_values" not in arrays:
                continue
            dimension = np.asarray(arrays["dimension"], dtype=np.float64)
            sigma = float(arrays["chosen_sigma"].item())
            own = {
                "singular_values": arrays["singular_values"],
                "dimension": dimension,
                "truth": arrays.get("truth", np.full(len(dimension), np.nan)),
                "sigmas": arrays.get("sigmas", [sigma]),
                "by_sigma": arrays.get("dimension_by_sigma", [dimension]),
            }
        except (ValueError, KeyError) as error:
            warnings.warn(f"no spectra of {estimator} on {manifold}: {error}", stacklevel=2)
            continue
        panels.append(
            Spectra(
                title=str(manifold),
                estimator=str(estimator),
                sigma=sigma,
                estimates={group["truth"]: group["estimate"] for group in groups_of(first)[0]},
                whole=float(first["estimate"].to_numpy(dtype=np.float64)[0]),
                **{name: np.asarray(values, dtype=np.float64) for name, values in own.items()},
            )
        )
    if len({panel.estimator for panel in panels}) > 1:
        panels = [replace(one, title=f"{one.title}, {one.estimator}") for one in panels]
    return panels
