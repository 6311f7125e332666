"""Curves."""

from __future__ import annotations

import numpy as np
from attrs import frozen

from manifolds.base import Array, Parametrised
from manifolds.catalogue import register
from manifolds.parameters import whole_number


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
