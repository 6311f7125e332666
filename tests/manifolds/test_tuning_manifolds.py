"""The manifolds on which the score family is tuned: their suite, and the rank of their tangents."""

from pathlib import Path

import numpy as np
import pytest
from registries import restored_registries

import manifolds
from bench.plugins import load_file
from bench.suites import schema
from bench.testing.manifold_geometry import check_tangent_space

FOLDER = Path(__file__).parents[1] / "benchmarks" / "tuning"


@pytest.fixture(scope="module")
def families():
    """Names of the parametrised families, with the plug-ins of the suite registered."""
    with restored_registries():
        load_file(str(FOLDER / "manifolds_for_tuning.py"))
        yield load_file(str(FOLDER / "families_for_tuning.py"))["manifold"]


def test_each_family_has_the_dimension_of_its_tangent_space(families):
    for name in families:
        check_tangent_space(manifolds.get(name))


def test_points_have_the_dimension_of_their_part_and_are_drawn_from_it(families):
    for name in families:
        manifold = manifolds.get(name)
        sample = manifold.sample(200, seed=1)
        parts = getattr(manifold, "parts", (manifold,))
        assert set(sample.dimension) == {part.dimension for part in parts}
        for part in parts:
            own = sample.points[sample.dimension == part.dimension]
            again = part.embed(part.latent(2000, np.random.default_rng(2)))
            np.testing.assert_allclose(own.std(0).max(), again.std(0).max(), rtol=0.3)


def test_the_suite_names_all_families_and_no_other_manifold_than_theirs(families):
    suite = schema.load(str(FOLDER / "tuning.toml"))
    named = {choice.manifold for choice in suite.manifolds.values()}
    assert named >= set(families)
    assert named <= set(manifolds.names())
