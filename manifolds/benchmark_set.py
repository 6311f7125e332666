"""The benchmark manifolds of Hein & Audibert and of Campadelli et al. in scikit-dimension."""

from __future__ import annotations

import warnings

import numpy as np
from attrs import frozen

from manifolds.base import Array, Dimensions, Manifold
from manifolds.catalogue import register
from manifolds.parameters import choice

#: Intrinsic and ambient dimension, repeated here: importing scikit-dimension takes seconds.
DIMENSIONS = {
    "M1_Sphere": (10, 11),
    "M2_Affine_3to5": (3, 5),
    "M3_Nonlinear_4to6": (4, 6),
    "M4_Nonlinear": (4, 8),
    "M5a_Helix1d": (1, 3),
    "M5b_Helix2d": (2, 3),
    "M6_Nonlinear": (6, 36),
    "M7_Roll": (2, 3),
    "M8_Nonlinear": (12, 72),
    "M9_Affine": (20, 20),
    "M10a_Cubic": (10, 11),
    "M10b_Cubic": (17, 18),
    "M10c_Cubic": (24, 25),
    "M10d_Cubic": (70, 71),
    "M11_Moebius": (2, 3),
    "M12_Norm": (20, 20),
    "M13a_Scurve": (2, 3),
    "M13b_Spiral": (1, 13),
    "Mbeta": (10, 40),
    "Mn1_Nonlinear": (18, 72),
    "Mn2_Nonlinear": (24, 96),
    "Mp1_Paraboloid": (3, 12),
    "Mp2_Paraboloid": (6, 21),
    "Mp3_Paraboloid": (9, 30),
}


@register(
    "benchmark-manifold",
    source="Hein & Audibert 2005, Campadelli et al. 2015; skdim.datasets.BenchmarkManifolds",
)
@frozen(kw_only=True)
class BenchmarkManifold(Manifold):
    """One of the 24 manifolds that scikit-dimension generates, without noise."""

    which: str = choice("M1_Sphere", "name in scikit-dimension", tuple(DIMENSIONS))

    @property
    def dimension(self) -> int:
        """Intrinsic dimension."""
        return DIMENSIONS[self.which][0]

    @property
    def ambient(self) -> int:
        """Ambient dimension."""
        return DIMENSIONS[self.which][1]

    def draw(self, n: int, rng: np.random.Generator) -> tuple[Array, Dimensions]:
        with warnings.catch_warnings():
            # Importing it sets a filter that would hide every later warning.
            from skdim.datasets import BenchmarkManifolds

        source = BenchmarkManifolds(random_state=np.random.RandomState(rng.bit_generator))
        # Without both dimensions it fails on some of them (M8_Nonlinear, M10d_Cubic).
        points = source.generate(self.which, n=n, dim=self.ambient, d=self.dimension)
        return points, np.full(n, self.dimension)
