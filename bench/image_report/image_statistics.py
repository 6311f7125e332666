"""Statistics of a run on real images: spread, agreement, compression, ranks of classes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from bench.image_report.pointwise import PointwiseEstimates, png_sizes
from bench.record import OK

#: Most images of a sample that are compressed for their size.
COMPRESSED = 2000
#: Most samples with a line of the summary.
MOST_LINES = 6


def spread(records: pd.DataFrame) -> pd.DataFrame:
    """Return the spread of estimates on each sample, of means over seeds."""
    rows = []
    done = records[records["status"] == OK]
    for label, own in done.groupby("manifold", sort=False):
        means = own.groupby("estimator", sort=False)["estimate"].mean()
        low, median, high = means.quantile([0.25, 0.5, 0.75])
        rows.append(
            {
                "manifold": label,
                "estimators": len(means),
                "least": means.min(),
                "lower_quartile": low,
                "median": median,
                "upper_quartile": high,
                "most": means.max(),
                "least_by": means.idxmin(),
                "most_by": means.idxmax(),
            }
        )
    return pd.DataFrame(rows)


def compression(estimates: Sequence[PointwiseEstimates]) -> pd.DataFrame:
    """Return Spearman's correlations of the dimension at an image with the size of its PNG."""
    rows = []
    if estimates:
        # The same images for all estimators, evenly over the sample, where they have enough.
        images = estimates[0].images
        even = np.unique(np.linspace(0, len(images) - 1, COMPRESSED).astype(np.int64))
        even_sizes = png_sizes(images[even])
    for one in estimates:
        few = len(one.query) < len(even)
        chosen, sizes = (one.query, png_sizes(images[one.query])) if few else (even, even_sizes)
        _, left, right = np.intersect1d(one.query, chosen, return_indices=True)
        rows.append(
            {
                "manifold": one.manifold,
                "estimator": one.estimator,
                "images": len(left),
                "spearman": _spearman(one.dimension[left], sizes[right]),
            }
        )
    return pd.DataFrame(rows, columns=["manifold", "estimator", "images", "spearman"])


def agreement(estimates: Sequence[PointwiseEstimates]) -> pd.DataFrame:
    """Return Spearman's correlations between estimators at the same images of a sample."""
    names = [one.estimator for one in estimates]
    table = pd.DataFrame(index=names, columns=names, dtype=float)
    for a, b in itertools.product(estimates, repeat=2):
        rows, left, right = np.intersect1d(a.query, b.query, return_indices=True)
        if len(rows) > 2:
            correlation = _spearman(a.dimension[left], b.dimension[right])
            table.loc[a.estimator, b.estimator] = correlation
    return table


def ranking(records: pd.DataFrame) -> pd.DataFrame:
    """Return classes of each data set by dimension: a row a class and estimator, with its rank.

    Rank 1 is the class of least dimension; ``mean_rank`` is over the estimators with an
    estimate of every class of the set.
    """
    done = records[records["status"] == OK]
    facts = [
        (own := json.loads(parameters), _name_of_set(name, own))
        for parameters, name in zip(done["manifold_parameters"], done["manifold_name"], strict=True)
    ]
    classes = done.assign(
        set=[name for _, name in facts],
        # Numbers of classes stay whole beside sets without classes.
        label=pd.Series([own.get("label") for own, _ in facts], done.index, dtype=object),
    ).dropna(subset="label")
    tables = []
    for name, own in classes.groupby("set", sort=False):
        means = own.pivot_table(index="label", columns="estimator", values="estimate")
        if len(means) < 2:
            continue
        whole = means.dropna(axis=1)
        ranks = whole.rank(axis=0)
        for estimator in whole.columns:
            tables.append(
                pd.DataFrame(
                    {
                        "set": name,
                        "label": whole.index.infer_objects(),
                        "estimator": estimator,
                        "estimate": whole[estimator].to_numpy(),
                        "rank": ranks[estimator].to_numpy(),
                        "mean_rank": ranks.mean(axis=1).to_numpy(),
                    }
                )
            )
    columns = ["set", "label", "estimator", "estimate", "rank", "mean_rank"]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _name_of_set(name: str, parameters: Mapping[str, Any]) -> str:
    """Return the registered name of a set, or that of a folder of the user's."""
    return Path(parameters["path"]).name if parameters.get("path") else name


def concordance(ranks: pd.DataFrame) -> Mapping[str, float]:
    """Return Kendall's W, with ties, of the rankings of each set's classes: 1 if all agree."""
    values: dict[str, float] = {}
    for name, own in ranks.groupby("set", sort=False):
        table = own.pivot(index="label", columns="estimator", values="rank")
        items, judges = table.shape
        if judges > 1:
            sums = table.sum(axis=1)
            deviation = float(((sums - sums.mean()) ** 2).sum())
            # Estimators of whole numbers tie classes.
            ties = sum(
                int(count) ** 3 - int(count)
                for column in table
                for count in table[column].value_counts()
            )
            most = judges**2 * (items**3 - items) - judges * ties
            if most > 0:
                values[str(name)] = 12 * deviation / most
    return values


def summary(
    spread: pd.DataFrame,
    sizes: pd.DataFrame,
    ranks: pd.DataFrame,
    concordance: Mapping[str, float],
) -> list[str]:
    """Return the summary of the tables, in a few lines."""
    lines = []
    for row in spread.head(MOST_LINES).to_dict("records"):
        lines.append(
            f"{row['manifold']}: {row['estimators']} estimates from {row['least']:.3g} "
            f"({row['least_by']}) to {row['most']:.3g} ({row['most_by']}), the middle half "
            f"{row['lower_quartile']:.3g} to {row['upper_quartile']:.3g}, "
            f"median {row['median']:.3g}"
        )
    if len(spread) > MOST_LINES:
        lines.append(f"and {len(spread) - MOST_LINES} more samples in image-spread.csv")
    for name, own in ranks.groupby("set", sort=False):
        order = own.sort_values(["mean_rank", "label"])["label"].unique()
        line = f"classes of {name}, from low to high dimension: {', '.join(map(str, order))}"
        if str(name) in concordance:
            line += f" (Kendall's W of the estimators' rankings: {concordance[str(name)]:.2f})"
        lines.append(line)
    known = sizes.dropna(subset="spearman")
    if len(known):
        median = known["spearman"].median()
        lines.append(
            f"dimension at an image against the size of its PNG: Spearman's correlation "
            f"{known['spearman'].min():.2f} to {known['spearman'].max():.2f}, median {median:.2f}"
        )
    return lines


def _spearman(x: NDArray[Any], y: NDArray[Any]) -> float:
    """Return the correlation of ranks; NaN where one of the two is constant."""
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return np.nan
    result: Any = spearmanr(x, y)
    return float(result.statistic)
