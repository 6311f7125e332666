"""Points for tests of estimators, and the estimators that train no model."""

import numpy as np
import pytest

import estimators

every_neighbor_estimator = pytest.mark.parametrize(
    "name", [name for name in estimators.names() if estimators.entry(name).family != "score"]
)


def sphere(dimension, n, seed=0, ambient=None):
    """Points of a unit sphere of a dimension, in a random position of R^ambient."""
    ambient = ambient or dimension + 2
    normal = np.random.default_rng(seed).standard_normal((n, dimension + 1))
    frame, _ = np.linalg.qr(np.random.default_rng(9).standard_normal((ambient, dimension + 1)))
    return normal / np.linalg.norm(normal, axis=1, keepdims=True) @ frame.T
