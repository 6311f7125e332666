"""Each check of a manifold reports a planted fault."""

import random

import attrs
import numpy as np
from faulty_classes import Faults, assert_reported

import manifolds
from bench.testing import check_manifold, manifold_checks
from bench.testing.contract import MANIFOLD_FUNCTIONS

fault = Faults()


@attrs.frozen(kw_only=True)
class Ellipse(manifolds.Parametrised):
    """An ellipse in R^3: passes every check."""

    width: float = 2.0
    dimension = 1

    def latent(self, n, rng):
        return rng.uniform(0, 2 * np.pi, (n, 1))

    def embed(self, t):
        return np.hstack([self.width * np.cos(t), np.sin(t), np.zeros_like(t)])

    def residual(self, points):
        x, y, z = points.T
        return np.hypot((x / self.width) ** 2 + y**2 - 1, z)


@fault(
    "check_parameters", "it gives other points; expected: a manifold that its parameters determine"
)
class Derived(Ellipse):
    def __init__(self, width=2.0):
        self.__attrs_init__(width=2 * width)


Derived.__attrs_init__ = Ellipse.__init__


@fault("check_parameters", "the constructor takes size=1, which is no attribute")
class LacksAnAttribute(Ellipse):
    def __init__(self, size=1):
        Ellipse.__init__(self)


@fault("check_frozen", "its parameter 'width' can be set; expected: a frozen class")
@attrs.define(kw_only=True)
class Changeable(manifolds.Parametrised):
    width: float = 2.0
    dimension = 1
    latent, embed = Ellipse.latent, Ellipse.embed


@fault("check_points", r"60 of 60 points have NaN or infinity")
class Unbounded(Ellipse):
    def embed(self, t):
        return np.hstack([t, np.full_like(t, np.inf)])


@fault("check_points", "ambient is 5, and points have 3 coordinates")
class Narrow(Ellipse):
    ambient = 5


@fault("check_points", r"points have 3 coordinates, the shape of one is \(1, 2, 2\)")
class Misshapen(Ellipse):
    shape = (1, 2, 2)


@fault("check_points", "points are float32; expected: float64")
class Imprecise(Ellipse):
    def sample(self, n, seed):
        sample = super().sample(n, seed)
        return attrs.evolve(Plain(sample), points=sample.points.astype(np.float32))


@attrs.frozen
class Plain:
    """A sample that can be anything."""

    whole: manifolds.Sample
    points: object = attrs.field(default=attrs.Factory(lambda s: s.whole.points, takes_self=True))
    dimension: object = attrs.field(
        default=attrs.Factory(lambda s: s.whole.dimension, takes_self=True)
    )
    shape: object = attrs.field(default=attrs.Factory(lambda s: s.whole.shape, takes_self=True))


@fault("check_dimension", r"dimension of 60 points is 1, a int; expected: whole numbers")
class OneForAll(Ellipse):
    def draw(self, n, rng):
        return super().draw(n, rng)[0], 1


@fault("check_dimension", r"dimension is from 4 to 4 in R\^3; expected: from 1 to 3")
class HigherThanItsSpace(Ellipse):
    dimension = 4


@fault("check_one_point", "it raised ValueError: two at least")
class Pairs(Ellipse):
    def latent(self, n, rng):
        if n < 2:
            raise ValueError("two at least")
        return super().latent(n, rng)


@fault("check_refuses_bad_n", "n = 0 gave a sample; expected: ValueError")
@fault("check_refuses_bad_seed", "seed = -1 gave a sample; expected: ValueError")
class TakesAnything(Ellipse):
    def sample(self, n, seed):
        number = max(n, 1) if type(n) is int else 1
        return super().sample(number, seed if type(seed) is int and seed >= 0 else 0)


@fault("check_same_seed_same_points", "with another global random state, a sample of the same")
class DependsOnTheGlobalState(Ellipse):
    def latent(self, n, rng):
        return super().latent(n, rng) + np.random.get_state()[1][0]  # noqa: NPY002


@fault("check_process_state", "sample changed numpy's global random state")
@fault("check_same_seed_same_points", "drawn again, a sample of the same seed is another one")
class DrawsFromTheGlobalState(Ellipse):
    def latent(self, n, rng):
        return np.random.uniform(0, 2 * np.pi, (n, 1))  # noqa: NPY002


@fault("check_same_seed_same_points", "drawn again, a sample of the same seed is another one")
class GoesOn(Ellipse):
    sizes = []

    def latent(self, n, rng):
        self.sizes.append(n)
        return super().latent(n, rng) + len(self.sizes)


@fault("check_same_points_in_another_process", "in another process, a sample of the same seed is")
class DependsOnHashes(Ellipse):
    def latent(self, n, rng):
        return super().latent(n, rng) + hash("ellipse") % 1_000_003 / 1_000_003


@fault("check_other_seed_other_points", "samples of two seeds have 60 of 60 points in common")
class OneSample(Ellipse):
    def latent(self, n, rng):
        return super().latent(n, np.random.default_rng(0))


@fault("check_process_state", "sample changed the random state of the module random")
class SeedsTheModule(Ellipse):
    def latent(self, n, rng):
        random.seed(0)
        return super().latent(n, rng)


@fault("check_equation", "points have residuals up to ")
class WrongEquation(Ellipse):
    def residual(self, points):
        return np.hypot(points[:, 0] ** 2 + points[:, 1] ** 2 - 1, points[:, 2])


@fault("check_equation_off_the_manifold", "have a median residual of 0; expected: more than")
class EmptyEquation(Ellipse):
    def residual(self, points):
        return np.zeros(len(points))


@fault("check_tangent_space", "dimension is 2, the tangent space has from 1 to 1 dimensions")
class WrongDimension(Ellipse):
    dimension = 2


@fault("check_tangent_space", "dimension is 1, the tangent space has from 2 to 2 dimensions")
class Filled(Ellipse):
    def latent(self, n, rng):
        return rng.uniform(1, 2, (n, 2))

    def embed(self, t):
        return np.hstack([t[:, 1:] * super().embed(t[:, :1])])


def test_a_manifold_without_a_fault_passes_every_check():
    assert {result.outcome for result in check_manifold(Ellipse)} == {"passed"}
    assert len(check_manifold(Ellipse(width=3.0))) == len(MANIFOLD_FUNCTIONS)


@fault.parametrize()
def test_a_fault_is_reported_with_class_and_check(check, message, cls):
    assert_reported(manifold_checks, check, message, cls)


def test_each_check_has_a_fault():
    assert fault.checks() == {function.__name__ for function in MANIFOLD_FUNCTIONS}
