"""Images of known dimension: they are the published ones, and what their labels state."""

import random
import time

import numpy as np
import pytest

import manifolds
from manifolds.images.moving import BLUR


def first_image(name, latent, **parameters):
    manifold = manifolds.get(name, **parameters)
    return manifold.embed(np.atleast_2d(np.asarray(latent, dtype=float)))[0].reshape(manifold.shape)


@pytest.mark.parametrize("k", [10, 20, 100])
def test_squares_are_where_the_loops_of_the_paper_put_them(k):
    places = random.Random(42)
    brightness = np.random.default_rng(0).random(k)
    image = np.zeros((32, 32))
    for c in brightness:
        side = places.choice([3, 5])
        start, finish = (side + 1) // 2, 32 - (side + 1) // 2
        x, y = places.choice(range(start, finish)), places.choice(range(start, finish))
        for i in range(side):
            for j in range(side):
                image[x - ((side + 1) // 2 - 1) + i, y - ((side + 1) // 2 - 1) + j] += c
    images = first_image("squares", brightness, squares=k)
    np.testing.assert_allclose(images[0], image, atol=1e-12)


@pytest.mark.parametrize("k", [10, 20, 100])
def test_blobs_are_what_the_loops_of_the_paper_draw(k):
    pixels = [[i, j] for i in range(32) for j in range(32)]
    spreads = np.random.default_rng(0).uniform(1, 5, k)
    down, along = np.meshgrid(np.arange(32), np.arange(32), indexing="ij")
    image = np.zeros((32, 32))
    for (x, y), s in zip(random.Random(42).sample(pixels, k=k), spreads, strict=True):
        squared = (down - x) ** 2 + (along - y) ** 2
        image += np.exp(-squared / (2 * s**2)) / (np.sqrt(2 * np.pi) * s)
    image = (image - image.min()) / (image.max() - image.min())
    images = first_image("gaussian-blobs", spreads, blobs=k)
    np.testing.assert_allclose(images[0], image, atol=1e-12)


def test_two_of_the_paper_s_100_squares_coincide_so_that_their_dimension_is_99():
    assert [manifolds.get("squares", squares=k).dimension for k in (10, 20, 100)] == [10, 20, 99]
    assert len(np.unique(manifolds.get("squares", squares=100).basis(), axis=0)) == 99


def test_squares_and_blobs_have_the_brightness_that_the_paper_says():
    squares = manifolds.get("squares").sample(500, 0).points
    assert squares.min() >= 0
    blobs = manifolds.get("gaussian-blobs").sample(500, 0).points
    assert np.all(blobs.min(axis=1) == 0)
    assert np.all(blobs.max(axis=1) == 1)


def test_a_moving_blob_is_a_bell_at_its_place():
    image = first_image("moving-blobs", [5.0, 7.0, 2.0], blobs=1, size=16)[0]
    assert np.unravel_index(image.argmax(), image.shape) == (5, 7)
    assert image[5, 7] == 1
    assert image[5, 9] == pytest.approx(np.exp(-0.5))
    assert image[7, 7] == pytest.approx(np.exp(-0.5))


def test_a_moving_shape_is_an_anti_aliased_rectangle_that_turns():
    shape = manifolds.get("moving-shapes", shapes=1, size=32)
    length, width = shape.sides()[0]
    upright, lying = (
        first_image("moving-shapes", [15.5, 15.5, angle], shapes=1)[0] for angle in (0, np.pi / 2)
    )
    # Its light is its area: blurring moves light and takes none.
    assert upright.sum() == pytest.approx(length * width, rel=1e-4)
    np.testing.assert_allclose(upright, lying.T, atol=1e-12)
    # Far inside 1, far outside 0, half at an edge.
    row = round(15.5 + length / 2)
    from_edge = row - (15.5 + length / 2)
    column = upright[row]
    assert column[15:17].max() == pytest.approx(0.5, abs=0.5 * abs(from_edge) / BLUR + 0.05)
    assert upright[15, 15] > 0.9 or width < 4 * BLUR
    assert upright[0, 0] < 1e-12


def test_a_grating_has_its_frequency_direction_and_phase():
    image = first_image("gratings", [3.0, 0.0, 0.5], size=32)[0]
    down = (np.arange(32) + 0.5) / 32 - 0.5
    np.testing.assert_allclose(image[:, 4], (1 + np.cos(6 * np.pi * down + 0.5)) / 2, atol=1e-12)
    np.testing.assert_allclose(image, image[:, :1].repeat(32, 1), atol=1e-12)


def test_a_small_step_changes_moving_images_little():
    """Anti-aliased: a hundredth of a pixel moves no pixel by more than a hundredth of contrast."""
    for name in ("moving-shapes", "moving-blobs"):
        manifold = manifolds.get(name)
        latent = manifold.latent(50, np.random.default_rng(0))
        moved = latent.copy()
        moved[:, 0] += 0.01
        change = np.abs(manifold.embed(moved) - manifold.embed(latent)).max()
        assert 1e-5 < change < 0.01


@pytest.mark.parametrize("name", ["squares", "gaussian-blobs", "moving-blobs", "moving-shapes"])
def test_channels_show_the_same_things_in_colours_of_their_own(name):
    grey, colour = (manifolds.get(name, size=16, channels=c) for c in (1, 3))
    assert colour.dimension == grey.dimension
    image = colour.sample(3, 0)
    assert image.shape == (3, 16, 16)
    pixels = image.points.reshape(3, 3, 16, 16)
    assert not np.allclose(pixels[:, 0], pixels[:, 1])


@pytest.mark.parametrize(
    ("name", "wrong", "message"),
    [
        (
            "gaussian-blobs",
            {"blobs": 65, "size": 8},
            "'blobs' must be at most the number of pixels",
        ),
        ("squares", {"size": 7}, "'size' must be a whole number of at least 8, not 7"),
        ("gratings", {"channels": 0}, "'channels' must be a whole number of at least 1, not 0"),
    ],
)
def test_an_invalid_parameter_is_an_error_that_says_why(name, wrong, message):
    with pytest.raises(ValueError, match=message):
        manifolds.get(name, **wrong)


@pytest.mark.benchmark
def test_drawing_the_paper_s_largest_set(capsys):
    start = time.perf_counter()
    sample = manifolds.get("gaussian-blobs", blobs=100).sample(50_000, 0)
    with capsys.disabled():
        took = time.perf_counter() - start
        print(f"\n{sample.points.shape[0]} images of 100 blobs on 32 x 32: {took:.1f} s")
