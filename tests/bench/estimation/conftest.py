"""Synthetic records of `bench estimate`."""

import numpy as np
import pandas as pd
import pytest


def _records(whole, halves, estimator="mle", **more):
    """Records of an estimate on all points and of those on halves; None is a failure."""
    rows = [("all", whole), *((f"half-{part:02d}", value) for part, value in enumerate(halves, 1))]
    return pd.DataFrame(
        [
            {
                "manifold": place,
                "estimator": estimator,
                "family": "neighbours",
                "estimate": np.nan if value is None else value,
                "status": "timeout" if value is None else "ok",
                "message": "took 3 s" if value is None else "",
                "fit_seconds": 1.5 + number,
                "arrays": "",
                "ambient": 100,
                **more,
            }
            for number, (place, value) in enumerate(rows)
        ]
    )


@pytest.fixture
def make_records():
    """The function that makes them."""
    return _records
