"""A closed curve that is knotted."""

import attrs
import numpy as np

import manifolds


@manifolds.register("torus-knot", source="textbook")
@attrs.frozen(kw_only=True)
class TorusKnot(manifolds.Parametrised):
    """Curve that winds around a torus of radii 2 and 1 in R^3, p times one way and q the other."""

    p: int = 2
    q: int = 3
    dimension = 1

    def latent(self, n, rng):
        return rng.uniform(0, 2 * np.pi, (n, 1))

    def embed(self, t):
        radius = 2 + np.cos(self.q * t)
        return np.hstack(
            [radius * np.cos(self.p * t), radius * np.sin(self.p * t), np.sin(self.q * t)]
        )

    def residual(self, points):
        around = np.arctan2(points[:, 1], points[:, 0])
        radius, height = np.hypot(points[:, 0], points[:, 1]) - 2, points[:, 2]
        through = np.arctan2(height, radius)
        # On the torus, and both angles those of one t.
        return np.maximum(
            np.abs(radius**2 + height**2 - 1),
            np.abs(np.sin((self.q * around - self.p * through) / 2)),
        )
