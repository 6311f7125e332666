"""Curves, and classical surfaces of R^3 placed in R^D by a random isometry."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from manifolds.base import Array, Embedded, Parametrised
from manifolds.catalogue import register
from manifolds.parameters import number, whole_number


@register("swiss-roll", source="Hein & Audibert 2005 (M7_Roll of scikit-dimension)")
@frozen(kw_only=True)
class SwissRoll(Embedded):
    """Swiss roll (t cos t, 21 u, t sin t), t = 1.5 pi (1 + 2 v), u and v uniform on (0, 1)."""

    ambient: int = whole_number(100, "ambient dimension D", least=3)
    dimension = 2
    coordinates = 3

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.random((n, 2))

    def intrinsic(self, latent: Array) -> Array:
        t = 1.5 * np.pi * (1 + 2 * latent[:, 0])
        return np.column_stack([t * np.cos(t), 21 * latent[:, 1], t * np.sin(t)])

    def equation(self, x: Array) -> Array:
        t = np.hypot(x[:, 0], x[:, 2])
        roll = np.hypot(x[:, 0] - t * np.cos(t), x[:, 2] - t * np.sin(t))
        return roll + np.clip(np.abs(x[:, 1] - 10.5) - 10.5, 0, None)


@register("torus", source="Bi & Lafaye De Micheaux 2025 (arXiv 2509.15517), area-uniform")
@frozen(kw_only=True)
class Torus(Embedded):
    """Torus of revolution in R^3, uniform in area."""

    ambient: int = whole_number(100, "ambient dimension D", least=3)
    major: float = number(3.0, "radius of the core circle")
    minor: float = number(1.0, "radius of the tube; smaller than 'major'")
    dimension = 2
    coordinates = 3

    def __attrs_post_init__(self) -> None:
        if self.minor >= self.major:
            raise ValueError(f"'minor' must be smaller than 'major', not {self.minor}")
        super().__attrs_post_init__()

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        # Area is proportional to the distance from the axis: rejection on the tube's angle.
        tube = np.empty(0)
        while len(tube) < n:
            angle = 2 * np.pi * rng.random(2 * n)
            keep = rng.random(2 * n) * (self.major + self.minor)
            tube = np.append(tube, angle[keep < self.major + self.minor * np.cos(angle)])
        return np.column_stack([2 * np.pi * rng.random(n), tube[:n]])

    def intrinsic(self, latent: Array) -> Array:
        around, tube = latent.T
        out = self.major + self.minor * np.cos(tube)
        return np.column_stack(
            [out * np.cos(around), out * np.sin(around), self.minor * np.sin(tube)]
        )

    def equation(self, x: Array) -> Array:
        core = np.hypot(x[:, 0], x[:, 1]) - self.major
        return np.hypot(core, x[:, 2]) - self.minor


@register("spaghetti-line", source="Stanczuk et al. 2024, section 5 (spaghetti line)")
@frozen(kw_only=True)
class SpaghettiLine(Parametrised):
    """The curve t -> (sin t, sin 2t, ..., sin Dt) for t uniform on (0, 1)."""

    ambient: int = whole_number(100, "ambient dimension D", least=2)
    dimension = 1

    def latent(self, n: int, rng: np.random.Generator) -> Array:
        return rng.random((n, 1))

    def embed(self, latent: Array) -> Array:
        return np.sin(latent * np.arange(1, self.ambient + 1))

    def residual(self, points: Array) -> Array:
        # sin t is one-to-one on (0, 1), so the first coordinate gives t back.
        t = np.arcsin(np.clip(points[:, :1], -1, 1))
        residual: Array = np.abs(points - self.embed(t)).max(axis=1)
        return residual
