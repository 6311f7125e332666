"""Estimators that write down when they ran, on how many threads, and whether they saw a GPU."""

import json
import os
import time
from pathlib import Path

import estimators


class Watched:
    def __init__(self, random_state: int = 0) -> None:
        self.random_state = random_state

    def fit(self, X, y=None):
        start = time.monotonic()
        time.sleep(0.3)
        facts = {
            "kind": type(self).__name__,
            "start": start,
            "end": time.monotonic(),
            "threads": os.environ["OMP_NUM_THREADS"],
            "hidden": os.environ.get("CUDA_VISIBLE_DEVICES") == "",
            "process": os.getpid(),
            "worker": os.getppid(),
        }
        folder = Path(os.environ["DEVICE_LOG"])
        (folder / f"{time.monotonic_ns()}-{os.getpid()}.json").write_text(json.dumps(facts))
        self.dimension_ = 2.0


@estimators.register("on-gpu", gpu=True)
class OnGpu(Watched):
    pass


@estimators.register("on-cpu")
class OnCpu(Watched):
    pass


@estimators.register("two-threads", threads=2)
class TwoThreads(Watched):
    pass
