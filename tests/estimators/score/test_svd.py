import subprocess
import sys

import numpy as np
import pytest
import torch

import estimators
import manifolds

SMALL = {"steps": 700, "batch": 256, "width": 64, "queries": 12, "check_every": 100}


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def fit(points, **parameters):
    return estimators.get("score-svd", **{"device": "cpu", **SMALL, **parameters}).fit(points)


def sphere(dimension=3, ambient=20, n=2000):
    return manifolds.get("sphere", dimension=dimension, ambient=ambient).sample(n, 0).points


def test_reads_a_sphere():
    found = fit(sphere())
    assert found.dimension_ == 3
    assert (found.dimension_pw_ == 3).all()


def test_reads_each_part_of_a_union_at_its_own_points():
    sample = manifolds.get("sphere-union", dimensions=(1, 4), ambient=20).sample(3000, 0)
    found = fit(sample.points, steps=1200)
    truth = sample.dimension[found.query_]
    assert set(truth) == {1, 4}
    assert (found.dimension_pw_ == truth).mean() >= 0.9
    assert found.dimension_ in (1, 4)


def test_details_hold_what_was_read():
    found = fit(sphere(), steps=150, sigmas=(0.1, 0.3))
    details = found.details_
    assert details["singular_values"].shape == (12, 20)
    assert (np.diff(details["singular_values"], axis=1) <= 0).all()
    assert details["sigmas"].shape == details["gap"].shape == (2,)
    assert details["dimension_by_sigma"].shape == (2, 12)
    assert details["chosen_sigma"] == details["sigmas"][details["gap"].argmax()]
    chosen = details["gap"].argmax()
    np.testing.assert_array_equal(details["dimension_by_sigma"][chosen], found.dimension_pw_)
    assert details["loss"].shape == (details["steps"],) == (150,)
    # The sphere has standard deviation 1 / sqrt(k + 1) along each of its axes.
    np.testing.assert_allclose(details["sigmas"], np.array([0.1, 0.3]) / 2, rtol=0.05)


def test_same_random_state_gives_the_same_answer():
    points = sphere(n=300)
    first, again = (fit(points, steps=60, random_state=3).details_ for _ in range(2))
    other = fit(points, steps=60, random_state=4).details_
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
    assert not np.array_equal(first["loss"], other["loss"])


def test_fitting_leaves_the_global_random_state_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    fit(sphere(n=100), steps=20)
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


def test_stops_early_on_an_easy_set_and_else_at_the_budget():
    angle = np.linspace(0, 2 * np.pi, 1001)[:-1, None]
    circle = np.hstack([np.cos(angle), np.sin(angle), np.zeros((1000, 4))])
    found = fit(circle, steps=2000)
    assert found.dimension_ == 1
    assert found.details_["steps"] < 1500
    assert fit(circle, steps=250).details_["steps"] == 250


def test_normal_data_read_their_subspace():
    points = manifolds.get("affine-subspace", dimension=4, ambient=15).sample(1000, 0).points
    assert fit(points, steps=200).dimension_ == 4


def test_data_that_fill_their_space_have_its_dimension():
    points = np.random.default_rng(0).standard_normal((1000, 3))
    assert fit(points, steps=200).dimension_ == 3
    assert fit(points[:, :1], steps=20).dimension_ == 1


def test_answer_does_not_depend_on_place_and_unit():
    points = sphere()
    for moved in (1e6 * points + 1e7, 1e-30 * points):
        assert fit(moved, steps=300).dimension_ == 3


def test_fewer_points_than_queries_are_all_read():
    found = fit(sphere(n=15), steps=20, queries=40)
    np.testing.assert_array_equal(found.query_, np.arange(15))


def test_cuda_that_is_not_there_is_a_value_error(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ValueError, match="device 'cuda'"):
        fit(sphere(n=100), device="cuda")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("steps", 0),
        ("sigmas", ()),
        ("sigmas", (0.1, -1.0)),
        ("scores_per_dimension", 1),
        ("learning_rate", 0.0),
        ("device", "tpu"),
        ("random_state", -1),
        ("queries", 2.5),
    ],
)
def test_parameters_are_checked(parameter, value):
    with pytest.raises(ValueError, match=f"score-svd: '{parameter}' must be"):
        estimators.get("score-svd", **{parameter: value})


def test_too_few_points_are_a_value_error():
    with pytest.raises(ValueError, match="at least 10 distinct points"):
        fit(sphere(n=9))


def test_points_that_are_not_finite_are_a_value_error():
    points = sphere(n=100)
    points[7, 3] = np.nan
    with pytest.raises(ValueError, match="row 7"):
        fit(points)


def test_listing_does_not_import_torch():
    code = "import sys, estimators; assert 'score-svd' in estimators.names(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "torch" not in done.stdout.split()


SCORED = {
    "10-sphere": ("sphere", {"dimension": 10}, 10),
    "50-sphere": ("sphere", {"dimension": 50}, 50),
    "line": ("spaghetti-line", {}, 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCORED)
def test_reads_the_papers_manifolds_exactly(name):
    # Stanczuk et al. 2024, Table 2, has 11, 51 and 1 (n = 50 000, 10 000 for the line).
    manifold, parameters, truth = SCORED[name]
    points = manifolds.get(manifold, **parameters).sample(10_000, seed=0).points
    found = estimators.get("score-svd", device="cpu").fit(points)
    assert found.dimension_ == truth
    assert (found.dimension_pw_ == truth).mean() >= 0.9


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_reads_the_10_sphere_on_a_gpu():
    points = manifolds.get("sphere", dimension=10).sample(50_000, seed=0).points
    found = estimators.get("score-svd", device="cuda").fit(points)
    assert found.dimension_ == 10
