"""An estimator whose defaults are of every kind; it fails where one does not reach it as it is."""

import datetime
import enum
from pathlib import Path

import attrs
import numpy as np

import estimators


class Colour(enum.Enum):
    RED = 1


class Plain:
    """An instance whose words hold its address."""


class Named:
    def __repr__(self):
        return "Named()"


def function(points):
    return 1.5


DEFAULTS = {
    "function": function,
    "anonymous": lambda points: 1.5,
    "builtin": len,
    "cls": Plain,
    "plain": Plain(),
    "named": Named(),
    "missing": object(),
    "numpy_integer": np.int64(3),
    "array": np.arange(3.0),
    "numpy_type": np.dtype("float32"),
    "path": Path("some") / "where",
    "pair": (1, (2, 3)),
    "names": {"a", "b", "c", "d"},
    "frozen": frozenset("abcd"),
    "colour": Colour.RED,
    "time": datetime.datetime(2020, 1, 2),
    "nothing": None,
    "infinite": float("-inf"),
    "undefined": float("nan"),
    "by_number": {1: {2: "x"}},
    "by_pair": {(1, 2): [3]},
    "bytes": b"\x00",
    "random": np.random.default_rng(0),
}


@estimators.register("any-default", family="other", source="a test")
class AnyDefault:
    def __init__(
        self,
        function=DEFAULTS["function"],
        anonymous=DEFAULTS["anonymous"],
        builtin=DEFAULTS["builtin"],
        cls=DEFAULTS["cls"],
        plain=DEFAULTS["plain"],
        named=DEFAULTS["named"],
        missing=DEFAULTS["missing"],
        numpy_integer=DEFAULTS["numpy_integer"],
        array=DEFAULTS["array"],
        numpy_type=DEFAULTS["numpy_type"],
        path=DEFAULTS["path"],
        pair=DEFAULTS["pair"],
        names=DEFAULTS["names"],
        frozen=DEFAULTS["frozen"],
        colour=DEFAULTS["colour"],
        time=DEFAULTS["time"],
        nothing=DEFAULTS["nothing"],
        infinite=DEFAULTS["infinite"],
        undefined=DEFAULTS["undefined"],
        by_number=DEFAULTS["by_number"],
        by_pair=DEFAULTS["by_pair"],
        bytes=DEFAULTS["bytes"],
        random=DEFAULTS["random"],
        number=7,
    ):
        self.values = {name: value for name, value in locals().items() if name in DEFAULTS}
        vars(self).update(self.values, number=number)

    def fit(self, points, y=None):
        changed = [name for name, value in self.values.items() if value is not DEFAULTS[name]]
        if changed:
            raise ValueError(f"changed on their way: {changed}")
        # The same of each fit that starts from the default.
        self.dimension_ = self.number + self.random.uniform()
        return self


@estimators.register("collects", family="other", source="a test")
@attrs.define(kw_only=True, slots=False)
class Collects:
    """Its default list is shared by its instances, and grows with each fit."""

    path: Path = attrs.field(default="some/where", converter=Path)
    seen: list = []  # noqa: RUF008 (what is to be noticed)

    def fit(self, points, y=None):
        assert isinstance(self.path, Path)
        self.seen.append(1)
        self.dimension_ = float(len(self.seen))
        return self
