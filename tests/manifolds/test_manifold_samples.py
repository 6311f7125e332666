"""Every manifold of known dimension: its equation, its tangent space, what a sample promises."""

import hashlib
import math
import subprocess
import sys

import numpy as np
import pytest

import manifolds
from manifolds.benchmark_set import DIMENSIONS
from manifolds.datasets.base import ImageSet
from manifolds.datasets.user_file import UserFile
from manifolds.spheres import SphereUnion

KNOWN = [
    name
    for name in manifolds.names()
    if not issubclass(manifolds.entry(name).cls, (ImageSet, UserFile))
]
# Beside every manifold at its defaults, some with other parameters.
CASES = [(name, {}) for name in KNOWN] + [
    ("affine-subspace", {"dimension": 3, "ambient": 3}),
    *(("benchmark-manifold", {"which": which}) for which in DIMENSIONS if which != "M1_Sphere"),
    ("circles", {"count": 1, "ambient": 2}),
    ("gaussian-blobs", {"blobs": 20, "size": 16, "channels": 3, "places": 1}),
    ("gaussian-blobs", {"blobs": 100}),
    ("gratings", {"size": 9, "channels": 2}),
    ("hypercube", {"dimension": 1, "ambient": 2}),
    ("moving-blobs", {"blobs": 1, "size": 11, "channels": 3}),
    ("moving-blobs", {"blobs": 4}),
    ("moving-shapes", {"shapes": 1, "size": 13}),
    ("moving-shapes", {"shapes": 3, "size": 24, "channels": 3}),
    ("noisy-sphere", {"dimension": 3, "ambient": 9, "noise": 0.2}),
    ("nonuniform-sphere", {"dimension": 3, "ambient": 7, "angle_std": 0.5, "radius": 4.0}),
    ("nonuniform-sphere", {"dimension": 2, "ambient": 9, "first": 4}),
    ("quadratic-graph", {"dimension": 1, "codimension": 2, "ambient": 3}),
    ("quadratic-graph", {"dimension": 6, "codimension": 1, "ambient": 20}),
    ("spaghetti-line", {"ambient": 2}),
    ("special-orthogonal", {"order": 2, "ambient": 4}),
    ("special-orthogonal", {"order": 3, "ambient": 12}),
    ("sphere", {"dimension": 1, "ambient": 2, "radius": 1e-3}),
    ("sphere", {"dimension": 50, "radius": 30.0}),
    ("sphere", {"dimension": 4, "ambient": 8, "first": 3}),
    ("sphere-union", {"dimensions": (1, 2, 5), "ambient": 11}),
    ("squares", {"squares": 20, "size": 16, "channels": 3}),
    ("squares", {"squares": 100}),
    ("swiss-roll", {"ambient": 3}),
    ("torus", {"ambient": 12, "major": 5.0, "minor": 4.0}),
]
# Those without a parametrisation have tests of their own (test_benchmark_set.py).
EMBEDDED = [
    case
    for case in CASES
    if issubclass(manifolds.entry(case[0]).cls, (manifolds.Parametrised, SphereUnion))
]
SOLVED = [
    case
    for case in CASES
    if manifolds.entry(case[0]).cls.residual is not manifolds.Manifold.residual
]


def title(case):
    return f"{case[0]} {case[1] or 'default'}"


every_case = pytest.mark.parametrize(("name", "parameters"), CASES, ids=map(title, CASES))
every_parametrisation = pytest.mark.parametrize(
    ("name", "parameters"), EMBEDDED, ids=map(title, EMBEDDED)
)
every_equation = pytest.mark.parametrize(("name", "parameters"), SOLVED, ids=map(title, SOLVED))


def digests() -> list[str]:
    """A digest of a small sample of each case."""
    samples = [manifolds.get(name, **own).sample(50, seed=7) for name, own in CASES]
    return [
        hashlib.sha256(sample.points.tobytes() + sample.dimension.tobytes()).hexdigest()
        for sample in samples
    ]


def jacobian(embed, latent, step=1e-5):
    """Central differences of ``embed`` at one parameter (q,): (q, D)."""
    moves = step * np.eye(len(latent))
    return (embed(latent + moves) - embed(latent - moves)) / (2 * step)


@every_equation
def test_points_satisfy_the_manifold_s_equation(name, parameters):
    manifold = manifolds.get(name, **parameters)
    points = manifold.sample(400, seed=1).points
    scale = np.linalg.norm(points - points.mean(axis=0), axis=1).max()
    assert manifold.residual(points).shape == (400,)
    assert manifold.residual(points).max() <= 1e-9 * scale


@every_equation
def test_points_moved_off_the_manifold_do_not_satisfy_its_equation(name, parameters):
    manifold = manifolds.get(name, **parameters)
    sample = manifold.sample(400, seed=1)
    n, ambient = sample.points.shape
    if sample.dimension.max() == ambient:
        pytest.skip("the manifold fills its space")
    scale = np.linalg.norm(sample.points - sample.points.mean(axis=0), axis=1).max()
    moved = sample.points + 0.1 * scale * np.random.default_rng(0).standard_normal((n, ambient))
    assert np.median(manifold.residual(moved)) > 1e-3 * scale


@every_parametrisation
def test_the_tangent_space_has_the_declared_dimension(name, parameters):
    manifold = manifolds.get(name, **parameters)
    for part in getattr(manifold, "parts", (manifold,)):
        latent = part.latent(10 if part.dimension > 30 else 40, np.random.default_rng(3))
        ranks = []
        for own in latent:
            spectrum = np.linalg.svd(jacobian(part.embed, own), compute_uv=False)
            ranks.append(int((spectrum > 1e-6 * spectrum[0]).sum()))
        # Never above; below only where the parametrisation (not the manifold) degenerates,
        # as hyperspherical angles do near a pole.
        assert max(ranks) == part.dimension
        assert np.mean(np.array(ranks) == part.dimension) >= 0.5


@every_case
def test_a_sample_is_a_contiguous_float64_array_with_a_dimension_at_each_point(name, parameters):
    manifold = manifolds.get(name, **parameters)
    sample = manifold.sample(101, seed=0)
    assert sample.points.dtype == np.float64
    assert sample.points.flags.c_contiguous
    assert np.isfinite(sample.points).all()
    assert sample.points.shape == (101, math.prod(sample.shape))
    assert math.prod(sample.shape) == getattr(manifold, "ambient", sample.shape[0])
    assert sample.dimension.shape == (101,)
    assert np.issubdtype(sample.dimension.dtype, np.integer)
    allowed = {part.dimension for part in getattr(manifold, "parts", (manifold,))}
    assert set(sample.dimension) == allowed
    assert sample.manifold == type(manifold).__name__
    assert manifolds.get(name, **sample.parameters) == manifold


@every_case
def test_a_seed_gives_the_same_sample_and_another_seed_another(name, parameters):
    manifold = manifolds.get(name, **parameters)
    first, again, other = (manifold.sample(60, seed=seed).points for seed in (5, 5, 6))
    assert first.tobytes() == again.tobytes()
    assert not np.isin(first, other).all(axis=1).any()


def test_a_seed_gives_the_same_bytes_in_a_fresh_process():
    code = (
        f"import sys; sys.path.insert(0, {str(__file__.rpartition('/')[0])!r});"
        "import test_manifold_samples as here; print(*here.digests())"
    )
    fresh = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert fresh.stdout.split() == digests()


@every_case
def test_a_sample_leaves_numpy_s_global_random_state_alone(name, parameters):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    manifolds.get(name, **parameters).sample(20, seed=0)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@every_case
def test_one_point_can_be_drawn_and_none_cannot(name, parameters):
    manifold = manifolds.get(name, **parameters)
    assert len(manifold.sample(1, seed=0).points) == 1
    with pytest.raises(ValueError, match="at least 1 point, not 0"):
        manifold.sample(0, seed=0)
    with pytest.raises(ValueError, match="seed must be a whole number of at least 0, not -1"):
        manifold.sample(5, seed=-1)
