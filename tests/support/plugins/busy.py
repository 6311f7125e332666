"""An estimator that uses every thread it can get, and reports how many it observed."""

import numpy as np

import estimators


@estimators.register("busy-threads")
class BusyThreads:
    def fit(self, X, y=None):
        import time

        import torch

        start_wall, start_cpu = time.perf_counter(), time.process_time()
        a = np.random.default_rng(0).standard_normal((1500, 1500))
        b = torch.from_numpy(a)
        while time.perf_counter() - start_wall < 2:
            a @ a
            b @ b
        # Cores that this process alone uses.
        self.dimension_ = (time.process_time() - start_cpu) / (time.perf_counter() - start_wall)
        return self
