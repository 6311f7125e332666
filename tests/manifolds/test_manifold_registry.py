"""Manifolds by name: what is refused, with which words, and how one's own join."""

import inspect
import re

import numpy as np
import pytest

import manifolds
from manifolds.registry import Entry, Registry, nearest


@pytest.fixture
def registry():
    """A registry of its own, so that nothing stays behind."""
    own = Registry("manifold", "manifolds", "sample", Entry)
    own._discovered = True
    return own


def test_the_manifolds_of_the_package_are_listed_in_order():
    names = manifolds.names()
    assert names == sorted(names)
    assert {
        "affine-subspace",
        "benchmark-manifold",
        "circles",
        "hypercube",
        "nonuniform-sphere",
        "quadratic-graph",
        "spaghetti-line",
        "special-orthogonal",
        "sphere",
        "sphere-union",
        "subspaces",
        "swiss-roll",
        "torus",
        "warped-subspaces",
    } <= set(names)


@pytest.mark.parametrize("name", manifolds.names())
def test_a_manifold_says_what_it_is_where_it_is_from_and_what_each_parameter_means(name):
    entry = manifolds.entry(name)
    assert entry.about.endswith(".")
    assert entry.source
    about = {a.name: a.metadata.get("about") for a in entry.cls.__attrs_attrs__}
    assert set(about) == set(entry.parameters)
    assert all(about.values())


def test_an_unknown_name_is_answered_with_the_nearest_and_all_names():
    with pytest.raises(ValueError, match=r"unknown manifold 'spere'; did you mean 'sphere'\?"):
        manifolds.get("spere")
    with pytest.raises(ValueError, match=r"known: affine-subspace, .*torus"):
        manifolds.get("no such thing")


def test_an_unknown_parameter_is_answered_with_the_nearest_and_all_parameters():
    with pytest.raises(
        ValueError, match=r"torus: unknown parameter 'minr'; did you mean 'minor'\?.*major"
    ):
        manifolds.get("torus", minr=1.0)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("sphere", {"dimension": 0}, "'dimension' must be a whole number of at least 1, not 0"),
        ("sphere", {"dimension": 2.0}, "'dimension' must be a whole number"),
        ("sphere", {"dimension": "ten"}, "not 'ten'"),
        ("sphere", {"dimension": True}, "not True"),
        ("sphere", {"dimension": None}, "not None"),
        ("sphere", {"ambient": 10}, "'ambient' must be at least 11, not 10"),
        ("sphere", {"ambient": 12, "first": 2}, "'ambient' must be at least 13, not 12"),
        ("sphere", {"first": -1}, "'first' must be a whole number of at least 0 or None"),
        ("sphere", {"radius": 0.0}, "'radius' must be a number above 0"),
        ("sphere", {"radius": float("nan")}, "'radius' must be a number above 0"),
        ("sphere", {"radius": float("inf")}, "'radius' must be a number above 0"),
        ("nonuniform-sphere", {"angle_std": -0.5}, "'angle_std' must be a number above 0"),
        ("nonuniform-sphere", {"ambient": 4}, "'ambient' must be at least 11"),
        ("affine-subspace", {"ambient": 9}, "'ambient' must be at least 10, not 9"),
        ("hypercube", {"dimension": 30, "ambient": 29}, "'ambient' must be at least 30, not 29"),
        ("circles", {"count": 51}, "'ambient' must be at least 102, not 100"),
        ("circles", {"count": 0}, "'count' must be a whole number of at least 1, not 0"),
        ("quadratic-graph", {"ambient": 29}, "'ambient' must be at least 30, not 29"),
        ("quadratic-graph", {"codimension": 0}, "'codimension' must be a whole number"),
        ("special-orthogonal", {"order": 1}, "'order' must be a whole number of at least 2"),
        ("special-orthogonal", {"ambient": 24}, "'ambient' must be at least 25, not 24"),
        ("spaghetti-line", {"ambient": 1}, "'ambient' must be a whole number of at least 2"),
        ("swiss-roll", {"ambient": 2}, "'ambient' must be a whole number of at least 3"),
        ("torus", {"minor": 3.0}, "'minor' must be smaller than 'major', not 3.0"),
        ("torus", {"minor": "thin"}, "'minor' must be a number above 0"),
        ("benchmark-manifold", {"which": "M0"}, "'which' must be one of 'M1_Sphere'"),
        ("sphere-union", {"dimensions": (10,)}, "two or more whole numbers"),
        ("sphere-union", {"dimensions": (10, 2.5)}, "two or more whole numbers"),
        ("sphere-union", {"dimensions": (10, 0)}, "two or more whole numbers"),
        ("sphere-union", {"dimensions": 10}, "two or more whole numbers"),
        ("sphere-union", {"dimensions": "10"}, "two or more whole numbers"),
        ("sphere-union", {"ambient": 41}, "'ambient' must be at least 42, not 41"),
        ("subspaces", {"ambient": 49}, "'ambient' must be at least 50, not 49"),
        ("subspaces", {"dimensions": ()}, "'dimensions' must be whole numbers of at least 1"),
    ],
)
def test_a_parameter_that_is_not_allowed_is_refused_by_name_with_what_is(name, parameters, message):
    with pytest.raises(ValueError, match=rf"^{name}: .*{re.escape(message)}"):
        manifolds.get(name, **parameters)


def test_a_list_from_a_suite_file_is_as_good_as_a_tuple():
    assert manifolds.get("sphere-union", dimensions=[2, 3]) == manifolds.get(
        "sphere-union", dimensions=(2, 3)
    )


def test_help_of_a_class_lists_its_parameters():
    text = inspect.getdoc(manifolds.entry("sphere").cls)
    assert "Parameters\n----------\n" in text
    assert "radius : float, default 1.0\n    radius" in text
    # What is shown as the description leaves them out.
    assert "Parameters" not in manifolds.entry("sphere").text


def test_a_fact_that_no_entry_has_is_answered_with_the_nearest():
    with pytest.raises(ValueError, match=r"unknown fact 'sorce'; did you mean 'source'\? "):
        manifolds.register("mine", sorce="a book")


def test_a_sample_is_shown_in_one_line():
    sample = manifolds.get("sphere", dimension=3, ambient=7).sample(20, 0)
    assert repr(sample) == "Sample(Sphere: 20 points in R^7, dimension 3)"


def test_a_taken_name_is_refused_and_a_class_defined_anew_replaces_itself(registry):
    def define(qualname):
        return type(qualname, (), {"sample": lambda self, n, seed: None})

    registry.register("knot")(define("Knot"))
    again = registry.register("knot")(define("Knot"))
    assert registry.entry("knot").cls is again
    with pytest.raises(ValueError, match="manifold name 'knot' is taken by Knot"):
        registry.register("knot")(define("Trefoil"))


def test_a_class_without_the_method_of_its_kind_is_refused(registry):
    with pytest.raises(ValueError, match="manifold 'knot': Knot has no sample method"):
        registry.register("knot")(type("Knot", (), {}))
    assert registry.names() == []


def test_an_error_of_a_class_s_own_is_given_the_manifold_s_name(registry):
    @registry.register("picky")
    class Picky:
        def __init__(self, size=1):
            raise ValueError("never right")

        def sample(self, n, seed): ...

    with pytest.raises(ValueError, match=r"^picky: never right"):
        registry.get("picky", size=2)


def test_a_hint_is_given_only_where_a_name_is_near():
    assert nearest("tours", ["torus", "sphere"]) == "did you mean 'torus'? "
    assert nearest("xyz", ["torus", "sphere"]) == ""


def test_a_manifold_without_attrs_can_be_sampled():
    class Plain(manifolds.Parametrised):
        dimension = 2

        def latent(self, n, rng):
            return rng.random((n, 2))

        def embed(self, latent):
            return latent.astype(np.float32) @ np.ones((2, 5))

    sample = Plain().sample(4, seed=0)
    assert sample.points.dtype == np.float64
    assert sample.points.shape == (4, 5)
    assert sample.parameters == {}


@pytest.mark.parametrize(
    "name",
    ["../up", "a/b", "[/red]", "=cmd", "a,b", "a b", "new\nline", "", "x" * 81, "é", "$x_{$",
     "a\x00", "\x1b[31m", "sur\udce9", "-n", ".hidden", "a\n", 7, None],
)  # fmt: skip
def test_a_name_that_cannot_be_a_label_is_refused(name):
    with pytest.raises(ValueError, match=r"manifold name .* is not allowed: it must be letters"):
        manifolds.register(name)(manifolds.catalogue.registry.entry("sphere").cls)


@pytest.mark.parametrize("parameter", ["name", "self"])
def test_a_parameter_called_as_an_argument_of_get_is_unknown_like_any_other(parameter):
    with pytest.raises(ValueError, match=f"unknown parameter '{parameter}'"):
        manifolds.get("sphere", **{parameter: 3})
