"""Every manifold of known dimension: its equation, its tangent space, what a sample promises."""

import hashlib
import subprocess
import sys
from contextlib import suppress
from unittest import SkipTest

import pytest

import manifolds
from bench.testing import manifold_checks
from manifolds.benchmark_set import DIMENSIONS
from manifolds.datasets.base import ImageSet
from manifolds.datasets.user_file import UserFile

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
    ("subspaces", {"dimensions": (3,), "ambient": 9}),
    ("swiss-roll", {"ambient": 3}),
    ("torus", {"ambient": 12, "major": 5.0, "minor": 4.0}),
    ("warped-subspaces", {"dimensions": (3,), "ambient": 9, "frequency": 5.0}),
    ("warped-subspaces", {"dimensions": (2, 4, 8), "ambient": 40}),
]
#: A process takes long to start: one draws all of them.
ALONE = "check_same_points_in_another_process"


def title(case):
    return f"{case[0]} {case[1] or 'default'}"


every_case = pytest.mark.parametrize(("name", "parameters"), CASES, ids=map(title, CASES))


def digests() -> list[str]:
    """A digest of a small sample of each case."""
    samples = [manifolds.get(name, **own).sample(50, seed=7) for name, own in CASES]
    return [
        hashlib.sha256(sample.points.tobytes() + sample.dimension.tobytes()).hexdigest()
        for sample in samples
    ]


@every_case
def test_every_manifold_passes_the_checks_of_its_samples(name, parameters):
    for manifold, check in manifold_checks(manifolds.get(name, **parameters)):
        if check.name != ALONE:
            with suppress(SkipTest):
                check(manifold)


@every_case
def test_a_sample_names_its_manifold_and_has_the_dimensions_of_its_parts(name, parameters):
    manifold = manifolds.get(name, **parameters)
    sample = manifold.sample(101, seed=0)
    assert set(sample.dimension) == {
        part.dimension for part in getattr(manifold, "parts", (manifold,))
    }
    assert sample.manifold == type(manifold).__name__
    assert manifolds.get(name, **sample.parameters) == manifold


def test_a_seed_gives_the_same_bytes_in_a_fresh_process():
    code = (
        f"import sys; sys.path.insert(0, {str(__file__.rpartition('/')[0])!r});"
        "import test_manifold_samples as here; print(*here.digests())"
    )
    fresh = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert fresh.stdout.split() == digests()
