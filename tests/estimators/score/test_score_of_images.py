"""Score estimators on images: which network, which noise levels."""

import numpy as np
import pytest

import estimators
import manifolds
from estimators.score.base import IMAGE_LEVELS, IMAGE_SIGMAS, LEVELS, SIGMAS


def test_images_use_lower_levels_by_default():
    vectors, images, own = (
        estimators.get("score-svd", **given)
        for given in (
            {},
            {"image_shape": (1, 8, 8)},
            {"image_shape": (1, 8, 8), "levels": (0.1, 2.0), "sigmas": (0.1, 0.5)},
        )
    )
    assert vectors.training_recipe().levels == LEVELS
    assert vectors.noise_levels == SIGMAS
    assert images.training_recipe().levels == IMAGE_LEVELS
    assert images.noise_levels == IMAGE_SIGMAS
    assert own.training_recipe().levels == (0.1, 2.0)
    assert own.noise_levels == (0.1, 0.5)


def test_the_network_is_the_requested_one():
    shape = {"image_shape": (1, 8, 8)}
    assert estimators.get("score-svd", **shape).training_recipe().network == "residual"
    recipe = estimators.get("score-svd", network="unet", **shape).training_recipe()
    assert (recipe.network, recipe.shape) == ("unet", (1, 8, 8))
    with pytest.raises(
        ValueError, match="network 'unet' is for images: it needs their image_shape"
    ):
        estimators.get("score-svd", network="unet").training_recipe()


def test_pixels_keep_their_common_unit(recwarn):
    """Dim ones at the edge are not blown up, as features of a table in units of their own are."""
    points = manifolds.get("gaussian-blobs", blobs=2, size=24).sample(100, 0).points
    assert points.std(0).max() > 100 * points.std(0).min()
    estimators.get("score-svd", image_shape=(1, 24, 24), steps=5, batch=32, cache=False).fit(points)
    assert not [w for w in recwarn if "brought to the same" in str(w.message)]


@pytest.mark.parametrize(
    "given",
    [
        {"steps": 60},
        pytest.param(
            {"network": "unet", "width": 16, "steps": 150, "check_every": 150, "batch": 32},
            marks=pytest.mark.slow,  # Half a minute.
        ),
    ],
    ids=["residual", "unet"],
)
def test_both_networks_give_the_dimension_of_squares(given):
    manifold = manifolds.get("squares", squares=4, size=8)
    own = {"batch": 64, "queries": 6, "sigmas": (0.1, 0.2, 0.4), "cache": False, **given}
    estimator = estimators.get("score-svd", image_shape=manifold.shape, **own)
    fitted = estimator.fit(manifold.sample(1000, 0).points)
    assert fitted.dimension_ == manifold.dimension
    assert np.mean(fitted.dimension_pw_ == manifold.dimension) >= 0.5


PAPER = [
    ("squares", {"squares": 10}),
    ("squares", {"squares": 20}),
    ("gaussian-blobs", {"blobs": 10}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), PAPER)
def test_the_papers_images_have_their_dimension_within_one(name, parameters):
    manifold = manifolds.get(name, **parameters)
    points = manifold.sample(10_000, 0).points
    fitted = estimators.get("score-svd", image_shape=manifold.shape, cache=False).fit(points)
    assert abs(fitted.dimension_ - manifold.dimension) <= 1


@pytest.mark.gpu
@pytest.mark.parametrize(
    ("name", "parameters", "off"),
    [
        ("squares", {"squares": 10}, 0),
        ("squares", {"squares": 20}, 0),
        ("squares", {"squares": 100}, 0),
        ("gaussian-blobs", {"blobs": 10}, 0),
        ("gaussian-blobs", {"blobs": 20}, 0),
        ("gaussian-blobs", {"blobs": 100}, 1),
    ],
)
def test_a_u_net_gives_the_dimension_of_the_papers_images_on_a_gpu(name, parameters, off, capsys):
    manifold = manifolds.get(name, **parameters)
    points = manifold.sample(50_000, 0).points
    fitted = estimators.get(
        "score-svd",
        image_shape=manifold.shape,
        network="unet",
        steps=10_000,
        batch=256,
        device="cuda",
        cache=False,
    ).fit(points)
    with capsys.disabled():
        print(
            f"\n{name} {parameters}: {fitted.dimension_:g} of {manifold.dimension}, trained in "
            f"{fitted.details_['train_seconds']:.0f} s"
        )
    assert abs(fitted.dimension_ - manifold.dimension) <= off
