"""Estimators for runs that are killed: some time, and an estimate that differs by sample."""

import os
import time

import numpy as np

import estimators


@estimators.register("steady", deterministic=False)
class Steady:
    def __init__(self, seconds: float = 0.15, random_state: int = 0) -> None:
        self.seconds = seconds
        self.random_state = random_state

    def fit(self, X, y=None):
        time.sleep(self.seconds)
        rng = np.random.default_rng(self.random_state)
        self.dimension_ = float(np.abs(X).mean() + rng.random() + np.random.rand())  # noqa: NPY002
        self.details_ = {"drawn": rng.random(100)}


@estimators.register("unending")
class Unending:
    def fit(self, X, y=None):
        while True:
            pass


@estimators.register("dies")
class Dies:
    def fit(self, X, y=None):
        os._exit(7)


@estimators.register("unending-reading", neighbors=True)
class UnendingReading(Unending):
    pass
