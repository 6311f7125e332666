"""Manifolds that no suite scores, on which the hyper-parameters of score-svd were fixed.

A plug-in beside ``families_for_tuning.py``; ``estimators/score/RECIPE.md`` has the command that
runs the suite with both.
"""

import numpy as np

import manifolds

# Shapes of the fixed maps below; they belong to the manifolds, not to the samples.
SHAPES = np.random.default_rng(3)
QUADRATIC = 0.15 * SHAPES.standard_normal((6, 6, 6))
WAVES = 2 * SHAPES.standard_normal((5, 10))
FREQUENCIES, PHASES = SHAPES.uniform(1, 60, 64), SHAPES.uniform(0, 2 * np.pi, 64)


def manifold(name, dimension, ambient):
    """Register a function (n, rng) -> own coordinates (n, q), placed in R^ambient."""

    def decorate(points):
        @manifolds.register(f"tuning-{name}", source="tuning of score-svd")
        class Tuning(manifolds.Manifold):
            __doc__ = points.__doc__

            def draw(self, n, rng):
                own = points(n, rng)
                frame = manifolds.isometry(ambient, own.shape[1], seed=5)
                return own @ frame.T, np.full(n, dimension)

        return points

    return decorate


def union(name, dimensions, ambient):
    @manifolds.register(f"tuning-{name}", source="tuning of score-svd")
    class Union(manifolds.Manifold):
        """Unit spheres in separate coordinates."""

        def draw(self, n, rng):
            return (manifolds.get("sphere-union", dimensions=dimensions, ambient=ambient)).draw(
                n, rng
            )


def sphere_points(n, k, rng):
    z = rng.standard_normal((n, k + 1))
    return z / np.linalg.norm(z, axis=1, keepdims=True)


union("union-1-5", [1, 5], 30)
union("union-4-15", [4, 15], 60)
union("union-12-35", [12, 35], 90)


@manifold("sphere-7", 7, 100)
def sphere_7(n, rng):
    """7-sphere."""
    return sphere_points(n, 7, rng)


@manifold("sphere-23", 23, 80)
def sphere_23(n, rng):
    """23-sphere."""
    return sphere_points(n, 23, rng)


@manifold("sphere-40", 40, 70)
def sphere_40(n, rng):
    """40-sphere."""
    return sphere_points(n, 40, rng)


@manifold("ellipsoid-7", 7, 60)
def ellipsoid(n, rng):
    """Surface of an ellipsoid with axes from 1 to 0.3."""
    return sphere_points(n, 7, rng) * np.linspace(1, 0.3, 8)


@manifold("product-8", 8, 50)
def product(n, rng):
    """Product of a 3-sphere and a smaller 5-sphere."""
    return np.hstack([sphere_points(n, 3, rng), 0.7 * sphere_points(n, 5, rng)])


@manifold("quadratic-6", 6, 64)
def quadratic(n, rng):
    """Graph of a quadratic map R^6 -> R^6 over normal points."""
    u = rng.standard_normal((n, 6))
    return np.hstack([u, np.einsum("ni,kij,nj->nk", u, QUADRATIC, u)])


@manifold("sine-graph-5", 5, 64)
def sine_graph(n, rng):
    """Graph of ten sine waves over a cube: strongly curved for its number of points."""
    u = rng.uniform(-1, 1, (n, 5))
    return np.hstack([u, 0.5 * np.sin(u @ WAVES)])


@manifold("sine-curve", 1, 64)
def sine_curve(n, rng):
    """Curve of sines of random frequencies and phases."""
    return np.sin(rng.random((n, 1)) * FREQUENCIES + PHASES)


@manifold("clifford-4", 4, 100)
def clifford(n, rng):
    """Flat torus: a product of four circles."""
    angles = rng.uniform(0, 2 * np.pi, (n, 4))
    return np.hstack([np.cos(angles), np.sin(angles)])


@manifold("moebius", 2, 30)
def moebius(n, rng):
    """Moebius band."""
    a, s = rng.uniform(0, 2 * np.pi, n), rng.uniform(-1, 1, n)
    width = 2 + s * np.cos(a / 2)
    return np.column_stack([width * np.cos(a), width * np.sin(a), s * np.sin(a / 2)])


@manifold("s-curve", 2, 50)
def s_curve(n, rng):
    """S-shaped surface."""
    t = rng.uniform(-1.5 * np.pi, 1.5 * np.pi, n)
    return np.column_stack([np.sin(t), 2 * rng.random(n), np.sign(t) * (np.cos(t) - 1)])


@manifold("spiral-3", 3, 60)
def spiral(n, rng):
    """A spiral of two turns, times a rectangle."""
    t = rng.uniform(np.pi, 5 * np.pi, n)
    return np.column_stack([t * np.cos(t), t * np.sin(t), 10 * rng.random(n), 3 * rng.random(n)])


@manifold("helix", 1, 20)
def helix(n, rng):
    """Helix of three turns."""
    t = rng.uniform(0, 6 * np.pi, n)
    return np.column_stack([np.cos(t), np.sin(t), 0.1 * t])


def nonuniform(n, rng, k, std):
    angles = std * rng.standard_normal((n, k))
    sines = np.cumprod(np.sin(angles), axis=1)
    before = np.hstack([np.ones((n, 1)), sines[:, :-1]])
    return np.hstack([np.cos(angles) * before, sines[:, -1:]])


@manifold("nonuniform-6", 6, 40)
def nonuniform_6(n, rng):
    """6-sphere with normal angles of deviation 0.8."""
    return nonuniform(n, rng, 6, 0.8)


@manifold("nonuniform-8", 8, 80)
def nonuniform_8(n, rng):
    """8-sphere with normal angles of deviation 0.9."""
    return nonuniform(n, rng, 8, 0.9)


@manifold("cube-12", 12, 50)
def cube_12(n, rng):
    """12-dimensional cube."""
    return rng.random((n, 12))


@manifold("cube-28", 28, 90)
def cube_28(n, rng):
    """28-dimensional cube."""
    return rng.random((n, 28))


@manifold("normal-5", 5, 40)
def normal_5(n, rng):
    """Normal points of a subspace with deviations from 0.3 to 2."""
    return rng.standard_normal((n, 5)) * [1, 0.5, 2, 1, 0.3]


@manifold("full-6", 6, 6)
def full_6(n, rng):
    """Normal points that fill their space."""
    return rng.standard_normal((n, 6))
