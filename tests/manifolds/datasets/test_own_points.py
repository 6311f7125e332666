"""Points of one's own: valid files, and the message about invalid ones."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import manifolds
from manifolds.datasets.reading import read_points

POINTS = np.random.default_rng(0).standard_normal((30, 4))


@pytest.fixture
def folder_of(tmp_path):
    """Write images (height, width[, 3]) of 8 bits into a folder."""

    def write(images, ending=".png"):
        folder = tmp_path / "images"
        for index, pixels in enumerate(images):
            path = folder / f"{index // 20}" / f"{index:03d}{ending}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(path)
        return folder

    return write


def grey(count=30, height=6, width=5):
    return np.random.default_rng(1).integers(0, 256, (count, height, width), dtype=np.uint8)


def test_a_folder_of_grey_images_is_read_in_the_order_of_names_with_brightness_to_1(folder_of):
    images = grey()
    loaded = read_points(folder_of(images))
    assert loaded.shape == (1, 6, 5)
    np.testing.assert_allclose(loaded.points, images.reshape(30, -1) / 255)
    assert loaded.names[0] == "0/000.png"


def test_colour_comes_with_channels_first_and_grey_joins_it(folder_of):
    colour = np.random.default_rng(2).integers(0, 256, (25, 6, 5, 3), dtype=np.uint8)
    loaded = read_points(folder_of([*colour, grey(1)[0]]))
    assert loaded.shape == (3, 6, 5)
    np.testing.assert_allclose(loaded.points[0].reshape(3, 6, 5)[2], colour[0, :, :, 2] / 255)
    last = loaded.points[-1].reshape(3, 6, 5)
    np.testing.assert_array_equal(last[0], last[1])


def test_16_bits_are_not_reduced(tmp_path):
    for index in range(20):
        pixels = np.full((4, 4), 257 * index + 1, dtype=np.uint16)
        Image.fromarray(pixels).save(tmp_path / f"{index:02d}.png")
    assert read_points(tmp_path).points[1, 0] == pytest.approx(258 / 65535)


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (POINTS, (4,)),
        (POINTS.astype(np.float32), (4,)),
        (np.hstack([POINTS, POINTS[::-1], POINTS[:, ::-1]]) > 0.1, (12,)),
        (grey(), (1, 6, 5)),
        (grey(30, 6, 6).reshape(30, 6, 6, 1), (1, 6, 6)),
        (np.zeros((30, 8, 7, 3)) + np.arange(30)[:, None, None, None] / 30, (3, 8, 7)),
        (np.zeros((30, 3, 8, 7)) + np.arange(30)[:, None, None, None] / 30, (3, 8, 7)),
    ],
)
def test_arrays_are_rows_of_points_or_images(tmp_path, array, shape):
    np.save(tmp_path / "x.npy", array)
    loaded = read_points(tmp_path / "x.npy")
    assert loaded.shape == shape
    assert loaded.points.dtype == np.float64
    assert loaded.points.shape == (30, int(np.prod(shape)))
    assert loaded.points.max() <= 1 or array is POINTS or array.dtype == np.float32


def test_an_npz_with_one_array_needs_no_name_and_one_with_several_does(tmp_path):
    np.savez(tmp_path / "one.npz", anything=POINTS)
    np.savez(tmp_path / "two.npz", a=POINTS, b=2 * POINTS)
    np.testing.assert_array_equal(read_points(tmp_path / "one.npz").points, POINTS)
    np.testing.assert_array_equal(read_points(tmp_path / "two.npz", "b").points, 2 * POINTS)
    with pytest.raises(ValueError, match="has the arrays a, b: say which one with --array NAME"):
        read_points(tmp_path / "two.npz")
    with pytest.raises(ValueError, match="has the arrays a, b and none 'c'"):
        read_points(tmp_path / "two.npz", "c")


def test_images_that_are_grey_in_any_format_have_one_channel(folder_of):
    images = grey(24)
    folder = folder_of(images, ".gif")
    Image.fromarray(images[0]).convert("RGB").save(folder / "0" / "z.png")
    loaded = read_points(folder)
    assert loaded.shape == (1, 6, 5)
    np.testing.assert_allclose(loaded.points[0], images[0].ravel() / 255)


def test_numbers_of_float_images_are_unchanged_and_depths_are_not_mixed(tmp_path):
    values = np.random.default_rng(0).random((25, 4, 4)).astype(np.float32)
    for index, pixels in enumerate(values):
        Image.fromarray(pixels).save(tmp_path / f"{index:02d}.tiff")
    np.testing.assert_allclose(read_points(tmp_path).points, values.reshape(25, -1))
    Image.fromarray((255 * values[0]).astype(np.uint8)).save(tmp_path / "other.png")
    with pytest.raises(ValueError, match=r"must have one depth.*numbers.*8 bits"):
        read_points(tmp_path)


def test_what_is_left_out_of_images_is_noted_and_what_is_no_image_is_passed_over(folder_of):
    folder = folder_of(grey(24))
    transparent = np.dstack([grey(1)[0]] * 3 + [np.full((6, 5), 100, dtype=np.uint8)])
    Image.fromarray(transparent).save(folder / "0" / "a.png")
    first, second = (Image.fromarray(pixels) for pixels in grey(2))
    first.save(folder / "0" / "b.gif", save_all=True, append_images=[second])
    (folder / "0" / "._c.png").write_bytes(b"of macOS")
    (folder / "0" / "d.png").mkdir()
    assert read_points(folder).notes == (
        "1 of 26 images are transparent in part, which is left out",
        "1 of 26 images have several frames, of which the first is read",
    )


def test_a_photograph_that_was_turned_is_turned_back(folder_of):
    folder = folder_of(grey(24))
    turned = Image.fromarray(np.arange(30, dtype=np.uint8).reshape(5, 6))
    exif = turned.getexif()
    exif[0x0112] = 6  # to be turned by a quarter, clockwise
    turned.save(folder / "0" / "z.png", exif=exif)
    loaded = read_points(folder)
    last = loaded.points[loaded.names.index("0/z.png")].reshape(6, 5) * 255
    np.testing.assert_allclose(last, np.rot90(np.arange(30).reshape(5, 6), -1))


def test_rows_that_repeat_others_are_taken_once(tmp_path):
    np.save(tmp_path / "x.npy", np.vstack([POINTS, POINTS[::-1], -0.0 * POINTS[:1]]))
    manifold = manifolds.get("file", path=str(tmp_path / "x.npy"))
    assert len(manifold.sample(100, 0).points) == 31
    half = manifold.sample(15, 0).points
    assert len(np.unique(half, axis=0)) == 15


def wrong_files(folder):
    """Each kind of file that cannot be read, and the message about it."""
    np.save(folder / "objects.npy", np.array([{}] * 30, dtype=object), allow_pickle=True)
    yield "objects.npy", "holds Python objects, which are not read"
    np.savez(folder / "objects.npz", x=np.array([{}] * 30, dtype=object))
    yield "objects.npz", "holds Python objects, which are not read"
    bad = POINTS.copy()
    bad[7, 2] = np.nan
    bad[9, 1] = np.inf
    np.save(folder / "nan.npy", bad)
    yield "nan.npy", "2 values that are not finite numbers, the first one in row 7, column 2"
    np.save(folder / "few.npy", POINTS[:19])
    yield "few.npy", "has 19 rows of 4 columns; an estimate needs at least 20 rows"
    np.save(folder / "line.npy", POINTS[:, 0])
    yield "line.npy", "has the shape (30,); points need (rows, columns), images"
    np.save(folder / "complex.npy", POINTS + 1j)
    yield "complex.npy", "holds complex128, not real numbers"
    np.save(folder / "huge.npy", POINTS * 1e90)
    yield "huge.npy", "bring them to a usual scale"
    np.save(folder / "repeated.npy", np.tile(POINTS[:10], (30, 1)))
    yield "repeated.npy", "has 300 rows, but only 10 distinct ones"
    ragged = "a,b,c\n" + "".join(f"{k},{2 * k},{3 * k},{5 * k % 7}\n" for k in range(30))
    (folder / "ragged.csv").write_text(ragged)
    yield "ragged.csv", "cannot be read"
    (folder / "garbage.npy").write_bytes(b"no array at all")
    yield "garbage.npy", "it is no array file of numpy's"
    np.save(folder / "same.npy", np.ones((30, 3)))
    yield "same.npy", "all rows are the same"
    (folder / "noise.npz").write_bytes(b"no zip file")
    yield "noise.npz", "cannot be read"
    (folder / "empty.csv").write_text("")
    yield "empty.csv", "cannot be read"
    named = pd.DataFrame(POINTS).assign(species="finch", where="here")
    named.to_csv(folder / "words.csv", index=False)
    yield "words.csv", "every column must hold numbers, but 'species', 'where' do not"
    (folder / "points.doc").write_text("1 2 3")
    yield "points.doc", "is no folder of images and has none of the endings .npy, .npz, .csv"
    (folder / "nothing").mkdir()
    yield "nothing", "has no images: none of its files ends in .png"
    yield "absent.npy", "does not exist"


def test_what_cannot_be_read_is_named_with_what_is_wrong(tmp_path):
    for name, message in wrong_files(tmp_path):
        with pytest.raises(ValueError, match=re.escape(message)) as error:
            read_points(tmp_path / name)
        assert name in str(error.value)


def test_images_of_several_sizes_are_refused_with_the_sizes(folder_of):
    folder = folder_of([*grey(25), *grey(3, 7, 5)])
    with pytest.raises(ValueError, match="must have one size") as error:
        read_points(folder)
    assert "6 x 5 (height x width; 25 images, such as 000.png)" in str(error.value)
    assert "7 x 5 (height x width; 3 images" in str(error.value)


def test_an_image_that_cannot_be_read_is_named(folder_of):
    folder = folder_of(grey())
    (folder / "0" / "004.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with pytest.raises(ValueError, match=r"004\.png cannot be read as an image"):
        read_points(folder)


def test_a_file_is_a_manifold_of_unknown_dimension_of_which_samples_take_some_rows(tmp_path):
    np.save(tmp_path / "x.npy", POINTS)
    manifold = manifolds.get("file", path=str(tmp_path / "x.npy"))
    whole, half = manifold.sample(30, 0), manifold.sample(15, 1)
    assert whole.dimension is None
    np.testing.assert_array_equal(whole.points, POINTS)
    assert len(np.unique(half.points, axis=0)) == 15
    assert np.isin(half.points, POINTS).all()


def test_points_that_have_changed_since_are_refused(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, POINTS)
    manifold = manifolds.get("file", path=str(path), digest=read_points(path).digest)
    assert len(manifold.sample(30, 0).points) == 30
    np.save(path, POINTS + 1)
    with pytest.raises(ValueError, match="has changed since this run was planned"):
        manifold.sample(30, 0)


def test_a_file_needs_a_path():
    with pytest.raises(ValueError, match="it needs the 'path' of a file or folder"):
        manifolds.get("file").sample(10, 0)


def test_texts_of_numpy_and_of_instruments_are_read(tmp_path):
    values = np.random.default_rng(0).standard_normal((30, 3))
    np.savetxt(tmp_path / "spaces.csv", values)
    np.savetxt(tmp_path / "spaces.txt", values, header="made by hand\na b c")
    np.savetxt(tmp_path / "tabs.tsv", values, delimiter="\t")
    np.savetxt(tmp_path / "padded.dat", values, fmt="%12.8f")
    np.savetxt(tmp_path / "comma_space.csv", values, delimiter=", ")
    np.savetxt(tmp_path / "commented.csv", values, delimiter=",", header="a,b,c")
    np.savetxt(tmp_path / "trailing.csv", values, "%.8f;%.8f;%.8f;", header="a;b;c;", comments="")
    for path in tmp_path.iterdir():
        loaded = read_points(path)
        np.testing.assert_allclose(loaded.points, values, atol=1e-5, err_msg=path.name)
        named = path.stem in ("commented", "trailing") or path.name == "spaces.txt"
        assert loaded.columns == (("a", "b", "c") if named else ()), path.name


@pytest.mark.parametrize("mark", ["?", "-", "NA?"[:2], "missing"])
def test_marks_of_missing_values_are_named_with_row_and_column(tmp_path, mark):
    text = "a,b\n" + "".join(f"{k}.5,{k % 7}.25\n" for k in range(30)) + f"3.5,{mark}\n"
    (tmp_path / "table.csv").write_text(text)
    with pytest.raises(ValueError, match=r"row 30") as error:
        read_points(tmp_path / "table.csv")
    assert "'b'" in str(error.value)
