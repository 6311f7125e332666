import numpy as np
import pytest
import torch

import estimators
import manifolds

SMALL = {"steps": 600, "batch": 256, "width": 64, "queries": 12, "check_every": 100}
SCORE_ESTIMATORS = ("score-svd", "flipd", "dsm", "lhsd")
UNTRAINED = {"steps": 0, "width": 8, "blocks": 1}


pytestmark = pytest.mark.usefixtures("one_thread", "shared_models")


def fit(points, name="score-svd", **parameters):
    return estimators.get(name, **{"device": "cpu", **SMALL, **parameters}).fit(points)


def sphere(dimension=3, ambient=20, n=2000):
    return manifolds.get("sphere", dimension=dimension, ambient=ambient).sample(n, 0).points


def test_a_sphere_has_its_dimension():
    fitted = fit(sphere())
    assert fitted.dimension_ == 3
    assert (fitted.dimension_pw_ == 3).all()
    assert (fitted.details_["confidence"] > 0.8).all()


@pytest.mark.parametrize("name", SCORE_ESTIMATORS[1:])
def test_other_estimators_of_the_same_model_are_near(name):
    fitted = fit(sphere(), name)
    assert fitted.dimension_ == pytest.approx(3, rel=0.05)
    assert np.median(np.abs(fitted.dimension_pw_ - 3)) < 0.15


def test_estimators_of_one_sample_share_its_model():
    points = sphere(n=500)
    first = fit(points, steps=30)
    assert not first.details_["cached"]
    for name in SCORE_ESTIMATORS[1:]:
        other = fit(points, name, steps=30).details_
        assert other["cached"]
        np.testing.assert_array_equal(other["loss"], first.details_["loss"])
        assert other["train_seconds"] == first.details_["train_seconds"]
    assert not fit(points, steps=30, random_state=1).details_["cached"]
    assert not fit(points, steps=31).details_["cached"]
    assert not fit(points, steps=30, cache=False).details_["cached"]


@pytest.mark.slow
def test_each_part_of_a_union_has_its_dimension_at_its_points():
    sample = manifolds.get("sphere-union", dimensions=(1, 4), ambient=20).sample(3000, 0)
    fitted = fit(sample.points, steps=1200)
    truth = sample.dimension[fitted.query_]
    assert set(truth) == {1, 4}
    assert (fitted.dimension_pw_ == truth).mean() >= 0.9
    assert fitted.dimension_ in (1, 4)


@pytest.mark.slow
def test_a_product_whose_radii_the_linear_denoiser_does_not_know_has_its_dimension():
    # Two circles of unequal radii: their span has four directions, two of which are normal.
    generator = np.random.default_rng(0)
    angles = generator.uniform(0, 2 * np.pi, (2000, 2))
    frame = np.linalg.qr(generator.standard_normal((12, 4)))[0]
    circles = np.hstack([np.cos(angles), np.sin(angles)]) * [1.0, 0.6, 1.0, 0.6]
    points = circles @ frame.T
    fitted = fit(points)
    assert (fitted.dimension_pw_ == 2).mean() > 0.9
    assert np.median(fitted.details_["confidence"]) > 0.6
    with pytest.warns(UserWarning, match="low confidence at 12 of 12 points"):
        assert fit(points, **UNTRAINED).dimension_ == 4


def test_details_have_spectra_and_levels():
    fitted = fit(sphere(n=500), steps=50, sigmas=(0.1, 0.3))
    details = fitted.details_
    assert details["singular_values"].shape == (12, 20)
    assert (np.diff(details["singular_values"], axis=1) <= 0).all()
    assert details["sigmas"].shape == details["gap"].shape == details["trusted"].shape == (2,)
    assert details["dimension_by_sigma"].shape == (2, 12)
    assert set(details["chosen_sigma_pw"]) <= set(details["sigmas"])
    assert details["confidence"].shape == (12,)
    assert details["loss"].shape == (details["steps"],) == (50,)
    assert details["train_flops"] > 1e9
    # The sphere has standard deviation 1 / sqrt(k + 1) along each of its axes.
    np.testing.assert_allclose(details["sigmas"], np.array([0.1, 0.3]) / 2, rtol=0.05)


@pytest.mark.parametrize(("n", "queries", "state"), [(400, 12, 0), (400, 40, 5), (150, 15, 2)])
def test_queries_were_held_out_of_the_training(n, queries, state):
    points = sphere(n=n)
    own = estimators.get(
        "score-svd", device="cpu", random_state=state, queries=queries, **UNTRAINED
    )
    model = own.model(points)
    query = own.fit(points).query_
    assert len(query) == queries
    read = model.frame.coordinates(torch.from_numpy(points[query]))
    held_out = {tuple(row) for row in model.held_out.tolist()}
    assert all(tuple(row) in held_out for row in read.tolist())


@pytest.mark.parametrize("name", SCORE_ESTIMATORS)
def test_an_untrained_network_estimates_the_dimension_of_the_principal_frame(name):
    # Normal data are read right and believed; of a sphere, its span, which is not.
    affine = manifolds.get("affine-subspace", dimension=4, ambient=15).sample(1000, 0).points
    fitted = fit(affine, name, **UNTRAINED)
    assert fitted.dimension_ == pytest.approx(4, abs=0.1)
    assert (fitted.details_["confidence"] > 0.9).all()
    with pytest.warns(UserWarning, match="low confidence at 12 of 12 points"):
        fitted = fit(sphere(), name, **UNTRAINED)
    assert fitted.dimension_ == pytest.approx(4, abs=0.1)
    assert (fitted.details_["confidence"] == 0).all()


def test_an_untrained_network_costs_nothing_and_is_not_cached():
    details = fit(sphere(n=300), steps=0).details_
    assert details["loss"].shape == (0,)
    assert details["held_out_loss"].shape == (0, 12)
    assert details["steps"] == details["train_seconds"] == details["train_flops"] == 0
    assert details["saved_seconds"] == 0
    assert not fit(sphere(n=300), steps=0).details_["cached"]
    estimators.get("score-svd", steps=0, device="cpu").warm_up()


def test_an_untrained_network_of_images_is_a_denoiser_and_the_papers_is_none():
    points = np.random.default_rng(0).standard_normal((200, 16))
    unet = fit(points, network="unet", image_shape=(1, 4, 4), steps=0, width=8, queries=2)
    assert unet.dimension_ == 16
    with pytest.raises(ValueError, match="'stanczuk2024' needs steps of 1 or more"):
        fit(points, recipe="stanczuk2024", steps=0)


def test_same_random_state_gives_the_same_estimate():
    points = sphere(n=300)
    first, again = (fit(points, steps=20, random_state=3, cache=False).details_ for _ in range(2))
    other = fit(points, steps=20, random_state=4).details_
    for name in first:
        if name != "train_seconds":
            np.testing.assert_array_equal(first[name], again[name])
    assert not np.array_equal(first["loss"], other["loss"])


@pytest.mark.parametrize("name", SCORE_ESTIMATORS)
def test_a_model_from_the_cache_gives_the_same_estimate(name):
    points = sphere(n=300)
    trained = fit(points, name, steps=20, random_state=9)
    cached = fit(points, name, steps=20, random_state=9)
    np.testing.assert_array_equal(trained.dimension_pw_, cached.dimension_pw_)


def test_fitting_leaves_the_global_random_state_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    fit(sphere(n=100), steps=20)
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


@pytest.mark.slow
def test_stops_early_on_an_easy_set_and_else_at_the_budget():
    angle = np.linspace(0, 2 * np.pi, 1001)[:-1, None]
    circle = np.hstack([np.cos(angle), np.sin(angle), np.zeros((1000, 4))])
    fitted = fit(circle, steps=3000, patience=4)
    assert fitted.dimension_ == 1
    assert fitted.details_["steps"] < 2500
    assert fit(circle, steps=250).details_["steps"] == 250


def test_normal_data_have_the_dimension_of_their_subspace():
    points = manifolds.get("affine-subspace", dimension=4, ambient=15).sample(1000, 0).points
    assert fit(points, steps=200).dimension_ == 4


def test_data_that_fill_their_space_have_its_dimension():
    points = np.random.default_rng(0).standard_normal((1000, 3))
    assert fit(points, steps=200).dimension_ == 3
    assert fit(points[:, :1], steps=20).dimension_ == 1


def test_the_estimate_does_not_depend_on_origin_and_unit():
    points = sphere()
    for moved in (1e6 * points + 1e7, 1e-30 * points):
        assert fit(moved, steps=300).dimension_ == 3


def test_fewer_points_than_queries_are_all_used():
    fitted = fit(sphere(n=15), steps=20, queries=40)
    np.testing.assert_array_equal(fitted.query_, np.arange(15))


@pytest.mark.slow
def test_the_published_method_runs_as_the_readme_has_it():
    points = sphere(2, 6, 200)
    published = {"recipe": "stanczuk2024", "steps": 3, "sigmas": [0.01], "rule": "mean-gap"}
    published |= {"noise": "independent", "skip_first_gap": True, "trust": False}
    fitted = fit(points, **published, queries=2)
    assert fitted.details_["sigmas"].tolist() == [0.01]
    # Three steps of 64 GFLOP at D = 100; nearly as many at D = 6.
    assert 1.8e11 < fitted.details_["train_flops"] < 2e11


def test_skipping_the_first_gap_never_gives_more_than_two_below_the_space():
    points = np.random.default_rng(0).standard_normal((500, 6))
    assert fit(points, steps=50, skip_first_gap=True).dimension_pw_.max() <= 4


SCORED = {
    "10-sphere": ("sphere", {"dimension": 10}, 10),
    "50-sphere": ("sphere", {"dimension": 50}, 50),
    "line": ("spaghetti-line", {}, 1),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCORED)
def test_the_papers_manifolds_have_their_exact_dimension(name):
    # Stanczuk et al. 2024, Table 2, has 11, 51 and 1 (n = 50 000, 10 000 for the line).
    manifold, parameters, truth = SCORED[name]
    points = manifolds.get(manifold, **parameters).sample(10_000, seed=0).points
    fitted = estimators.get("score-svd", device="cpu").fit(points)
    assert fitted.dimension_ == truth
    assert (fitted.dimension_pw_ == truth).mean() >= 0.9
    for other in ("flipd", "dsm"):
        near = estimators.get(other, device="cpu").fit(points)
        assert near.details_["cached"]
        assert near.dimension_ == pytest.approx(truth, rel=0.05)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_10_sphere_has_its_dimension_on_a_gpu():
    points = manifolds.get("sphere", dimension=10).sample(50_000, seed=0).points
    fitted = estimators.get("score-svd", device="cuda").fit(points)
    assert fitted.dimension_ == 10
