"""Families of manifolds that no suite scores, with parametrisations, on which rules are compared.

A plug-in beside ``manifolds_for_tuning.py``. Each states ``latent`` and ``embed``, so that its
dimension is tested as the rank of the tangent. Only ``unitary-9`` has a relative in a suite, the
rotations of ``unseen``: it is there for the rule that restarts a training, since it too lies on a
sphere and in many quadrics.
"""

import numpy as np

import manifolds
from manifolds.base import Parametrised

# Shapes of the fixed maps below; they belong to the manifolds, not to the samples.
SHAPES = np.random.default_rng(16)
HINGES = SHAPES.standard_normal((7, 3))
LINKS = SHAPES.standard_normal((7, 2, 3))
TIMES = np.linspace(0, 1, 100)
TWISTS = [SHAPES.permutation(12)[:3] for _ in range(24)]


def family(name, dimension, ambient, latent):
    """Register own coordinates (n, q) -> (n, p) of ``latent`` (n, rng) -> (n, q), in R^ambient."""

    def decorate(own):
        @manifolds.register(f"tuning-{name}", source="tuning of score-svd")
        class Tuning(Parametrised):
            __doc__ = own.__doc__

            def latent(self, n, rng):
                return latent(n, rng)

            def embed(self, latent):
                points = own(latent)
                return points @ manifolds.isometry(ambient, points.shape[1], seed=5).T

        Tuning.dimension = dimension
        return own

    return decorate


def normal(*shape):
    return lambda n, rng: rng.standard_normal((n, *shape))


def uniform(low, high):
    low, high = np.broadcast_arrays(low, high)
    return lambda n, rng: rng.uniform(low, high, (n, len(low)))


def rotate(axis, angle):
    """Rotations (n, 3, 3) about an axis by angles (n,), by Rodrigues' formula."""
    x, y, z = axis / np.linalg.norm(axis)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    angle = angle[:, None, None]
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


@family("arm-7", 7, 60, uniform(-np.full(7, 1.2), 1.2))
def arm(angles):
    """Positions of two points on each of seven links, which turn on hinges one after the other."""
    frame, joint, points = np.eye(3), np.zeros(3), []
    for hinge, link, angle in zip(HINGES, LINKS, angles.T, strict=True):
        frame = frame @ rotate(hinge, angle)
        points += [joint + frame @ end for end in link]
        joint = points[-1]
    return np.hstack(points)


@family("orbit-6", 6, 80, uniform([0.6, 0.6, 0.9, 0.9, 0.9, 0.9], [1.6, 1.6, 1.5, 1.5, 1.5, 1.5]))
def orbit(start_and_rates):
    """Predators and prey at 30 times, by two initial values and four rates (Lotka-Volterra)."""
    x, y, birth, meeting, death, growth = start_and_rates.T
    state, times = np.log([x, y]), []

    def change(state):
        prey, predators = np.exp(state)
        return np.array([birth - meeting * predators, growth * prey - death])

    for step in range(150):
        first = change(state)
        second = change(state + 0.02 * first)
        third = change(state + 0.02 * second)
        fourth = change(state + 0.04 * third)
        state = state + 0.04 / 6 * (first + 2 * second + 2 * third + fourth)
        if step % 5 == 4:
            times.append(state)
    return np.hstack([part.T for part in times])


@family("low-rank-15", 15, 50, normal(20))
def low_rank(factors):
    """Matrices of four by six, of rank two and norm one."""
    left, right = factors[:, :8].reshape(-1, 4, 2), factors[:, 8:].reshape(-1, 2, 6)
    product = (left @ right).reshape(-1, 24)
    return product / np.linalg.norm(product, axis=1, keepdims=True)


@family("unitary-9", 9, 40, normal(18))
def unitary(numbers):
    """Unitary matrices U(3), uniform."""
    gaussian = (numbers[:, :9] + 1j * numbers[:, 9:]).reshape(-1, 3, 3)
    q, r = np.linalg.qr(gaussian)
    diagonal = np.diagonal(r, axis1=1, axis2=2)
    matrices = (q * (diagonal / np.abs(diagonal))[:, None, :]).reshape(-1, 9)
    return np.hstack([matrices.real, matrices.imag])


@family("roots-6", 6, 30, uniform(np.zeros(6), 2 * np.pi))
def roots(angles):
    """Coefficients of the polynomials with six roots on the unit circle."""
    coefficients = np.ones((len(angles), 1), complex)
    for root in np.exp(1j * angles).T:
        shifted = np.pad(coefficients, [(0, 0), (1, 0)])
        coefficients = np.pad(coefficients, [(0, 0), (0, 1)]) - root[:, None] * shifted
    return np.hstack([coefficients[:, 1:].real, coefficients[:, 1:].imag])


@family("warp-5", 5, 100, uniform(-np.full(5, 0.08), 0.08))
def warp(shifts):
    """A signal in warped time: cubic B-splines with five coefficients shift it."""
    distance = np.abs(TIMES * 6 - np.arange(1, 6)[:, None])
    inner, outer = 2 / 3 - distance**2 + distance**3 / 2, (2 - distance).clip(0) ** 3 / 6
    time = TIMES + shifts @ np.where(distance < 1, inner, outer)
    return np.sin(9 * time) + 0.7 * np.cos(20 * time) + np.exp(-((time - 0.5) ** 2) / 0.01)


@family("curve-surface-3", 3, 30, uniform([0, -1, -2], [2 * np.pi, 1, 2]))
def curve_surface(parameters):
    """Product of a trefoil knot and of a helicoid that is six times smaller."""
    a, s, t = parameters.T
    knot = [np.sin(a) + 2 * np.sin(2 * a), np.cos(a) - 2 * np.cos(2 * a), -np.sin(3 * a)]
    return np.column_stack([*knot, s * np.cos(t) / 3, s * np.sin(t) / 3, t / 6])


@family("geometric-20", 20, 60, normal(20))
def geometric(z):
    """Normal points of a subspace with deviations 0.8^j."""
    return z * 0.8 ** np.arange(20)


@family("thin-10", 10, 40, normal(10))
def thin(z):
    """Normal points of a subspace, five of whose directions have a tenth of the deviation."""
    return z * np.repeat([1.0, 0.1], 5)


class Patch(Parametrised):
    """A cube of some size in R^12, whose pairs of coordinates are turned by others; moved away."""

    def __init__(self, dimension, size, ambient):
        self.dimension, self.size, self.ambient = dimension, size, ambient

    def latent(self, n, rng):
        return rng.uniform(-1, 1, (n, self.dimension))

    def embed(self, latent):
        x = np.pad(latent, [(0, 0), (0, 12 - self.dimension)])
        for first, second, turner in TWISTS:
            cos, sin = np.cos(x[:, turner]), np.sin(x[:, turner])
            x[:, [first, second]] = np.column_stack(
                [cos * x[:, first] - sin * x[:, second], sin * x[:, first] + cos * x[:, second]]
            )
        away = 40 * np.eye(12)[self.dimension]
        return (self.size * x + away) @ manifolds.isometry(self.ambient, 12, seed=5).T


@manifolds.register("tuning-patches", source="tuning of score-svd")
class Patches(manifolds.Manifold):
    """Three twisted cubes far apart: of dimension 3, 7 and 2, and of sizes 0.03, 1 and 10."""

    parts = tuple(Patch(d, size, 40) for d, size in [(3, 0.03), (7, 1.0), (2, 10.0)])

    def draw(self, n, rng):
        which = rng.integers(len(self.parts), size=n)
        points = np.empty((n, 40))
        for index, part in enumerate(self.parts):
            here = which == index
            points[here] = part.embed(part.latent(here.sum(), rng))
        return points, np.array([part.dimension for part in self.parts])[which]
