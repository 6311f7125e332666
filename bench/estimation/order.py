"""The order of answers: what the suites' records say of each estimator on points like these."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.estimation.caveats import consensus, like_points

#: Column of the answers with the typical relative error in the suites.
ERROR = "suite_error"
#: What the order is, for those who read it.
MEANING = (
    "Order: by the typical error in the suites on manifolds of similar dimension, D and n, least "
    "first; estimators without such records come last."
)


def by_evidence(shape: tuple[int, int], answers: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Return the answers for points (n, D), those of the best estimators first.

    Their column ``ERROR`` is exp(mean |ln(estimate / truth)|) - 1 over the records ``known`` of
    the estimator on manifolds like the points; NaN where there are none, which come last in the
    order that they had, before those without an answer.
    """
    like = like_points(shape, consensus(answers), known)
    logs = (like["estimate"] / like["truth"]).map(np.log).abs()
    error = np.expm1(logs.groupby(like["estimator"]).mean())
    rows = answers.assign(**{ERROR: answers["estimator"].map(error).astype(float)})
    answered = rows["estimate"].notna()
    order = rows[ERROR].fillna(np.inf).where(answered, np.nan)
    return rows.loc[order.sort_values(kind="stable", na_position="last").index].reset_index(
        drop=True
    )
