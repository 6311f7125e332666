"""The benchmark manifolds of scikit-dimension: they are its own, and of the declared dimension."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

import manifolds
from manifolds.benchmark_set import DIMENSIONS


@pytest.fixture(scope="module")
def source():
    """The class of scikit-dimension."""
    with warnings.catch_warnings():
        from skdim.datasets import BenchmarkManifolds
    return BenchmarkManifolds


class Replay:
    """A random state whose draws are given numbers, for any distribution, moved by a step each.

    The output of a generator is then a map, of which the derivative can be taken.
    """

    def __init__(self, values, moves):
        self._values, self._moves, self._next = values, moves, 0

    def rand(self, *shape):
        count = int(np.prod(shape))
        here = slice(self._next, self._next + count)
        self._next += count
        return (self._values[here] + self._moves[here]).reshape(shape)

    def randn(self, *shape):
        return self.rand(*shape)

    def random(self, size):
        return self.rand(*size)

    def exponential(self, scale, size):
        return self.rand(*size)

    def beta(self, a, b, size):
        return self.rand(*size)

    def multivariate_normal(self, mean, cov, size):
        return self.rand(size, len(mean))


def test_all_of_scikit_dimension_are_there_with_its_dimensions(source):
    truth = source(random_state=0)._dict_truth
    assert {which: facts[:2] for which, facts in truth.items()} == DIMENSIONS
    for which, (dimension, ambient) in DIMENSIONS.items():
        manifold = manifolds.get("benchmark-manifold", which=which)
        assert (manifold.dimension, manifold.ambient) == (dimension, ambient)


@pytest.mark.parametrize("which", DIMENSIONS)
def test_a_sample_is_what_scikit_dimension_generates(which, source):
    sample = manifolds.get("benchmark-manifold", which=which).sample(64, seed=3)
    state = np.random.RandomState(np.random.default_rng(3).bit_generator)
    dimension, ambient = DIMENSIONS[which]
    expected = source(random_state=state).generate(which, n=64, dim=ambient, d=dimension)
    np.testing.assert_array_equal(sample.points, expected)


@pytest.mark.parametrize(
    "which",
    [
        # 70 dimensions: as long as all others together.
        pytest.param(which, marks=[pytest.mark.slow] * (which == "M10d_Cubic"))
        for which in DIMENSIONS
    ],
)
def test_the_tangent_space_of_what_is_generated_has_the_declared_dimension(which, source):
    dimension, ambient = DIMENSIONS[which]
    generator = source(random_state=0)
    draws = 2 * (dimension + 1)
    values = np.random.default_rng(1).uniform(0.2, 0.8, 2 * (dimension + 1) * draws)
    step = 1e-5

    def point(moves):
        generator.random_state = Replay(values, moves)
        return generator.dict_gen[which](n=1, dim=ambient, d=dimension)[0]

    moves = step * np.eye(len(values))[:draws]
    jacobian = np.array([point(move) - point(-move) for move in moves]) / (2 * step)
    spectrum = np.linalg.svd(jacobian, compute_uv=False)
    assert (spectrum > 1e-6 * spectrum[0]).sum() == dimension


def test_listing_and_planning_do_not_import_scikit_dimension():
    code = (
        "import sys, manifolds; manifolds.names();"
        "manifold = manifolds.get('benchmark-manifold', which='M10d_Cubic');"
        "assert manifold.ambient == 71; print('skdim' in sys.modules)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == "False"
