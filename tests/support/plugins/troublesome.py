"""Estimators that do what real ones do on a bad day."""

import os
import time

import estimators


class Plain:
    def __init__(self, value: float = 3.0) -> None:
        self.value = value

    def fit(self, X, y=None):
        self.dimension_ = self.value
        return self


estimators.register("constant", source="tests")(Plain)


@estimators.register("raises")
class Raises(Plain):
    def fit(self, X, y=None):
        raise RuntimeError("no [good] neighbours & 5 % left")


@estimators.register("says-disk-full")
class SaysDiskFull(Plain):
    def fit(self, X, y=None):
        raise OSError(28, "No space left on device")


@estimators.register("sleeps")
class Sleeps(Plain):
    def fit(self, X, y=None):
        time.sleep(40)


@estimators.register("exits")
class Exits(Plain):
    def fit(self, X, y=None):
        print("last words", flush=True)
        os._exit(7)


@estimators.register("not-finite")
class NotFinite(Plain):
    def fit(self, X, y=None):
        self.dimension_ = float("nan")
        return self


@estimators.register("slow-constant")
class SlowConstant(Plain):
    def fit(self, X, y=None):
        time.sleep(0.5)
        self.dimension_ = self.value
        return self
