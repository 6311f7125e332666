"""Sets of real images, read through their libraries from real files."""

import gzip
import hashlib
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

import manifolds
from manifolds.datasets.base import VARIABLE, data_root, use_data_root
from manifolds.datasets.torchvision_sets import torchvision_datasets

DEBIAN = Path("/usr/share/datasets")  # of the package dataset-fashion-mnist


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty data root."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return tmp_path


def idx(array):
    """The bytes of an IDX file of unsigned bytes."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_idx(folder, part="train", count=60, packed=False):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        if packed:
            (folder / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (folder / f"{part}-{name}-ubyte").write_bytes(idx(array))
    return images, labels


def test_digits_come_with_their_classes_and_need_nothing():
    whole = manifolds.get("digits").sample(1797, 0)
    assert whole.points.shape == (1797, 64)
    assert whole.shape == (1, 8, 8)
    assert whole.dimension is None
    assert whole.points.min() == 0
    assert whole.points.max() == 1
    counts = [len(manifolds.get("digits", label=k).sample(1797, 0).points) for k in range(10)]
    assert sum(counts) == 1797
    assert min(counts) > 170


def test_a_sample_takes_some_images_and_another_seed_others():
    first, other = (manifolds.get("digits").sample(100, seed).points for seed in (0, 1))
    assert len(first) == len(other) == 100
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("folder", ["MNIST/raw", "mnist"])
def test_idx_files_may_be_in_either_folder_packed_or_not(root, folder, packed):
    images, labels = write_idx(root / folder, packed=packed)
    sample = manifolds.get("mnist", label=3).sample(100, 0)
    np.testing.assert_allclose(sample.points, images[labels == 3].reshape(-1, 784) / 255)


def test_the_data_root_may_be_the_folder_of_the_set_itself(root, monkeypatch):
    write_idx(root / "fashion-mnist")
    monkeypatch.setenv(VARIABLE, str(root / "fashion-mnist"))
    assert len(manifolds.get("fashion-mnist").sample(100, 0).points) == 60
    with pytest.raises(ValueError, match="MNIST is not below the data root"):
        manifolds.get("mnist").sample(100, 0)


def test_a_border_is_added_as_in_the_paper(root):
    images, _ = write_idx(root / "mnist")
    sample = manifolds.get("mnist", pad=2).sample(60, 0)
    assert sample.shape == (1, 32, 32)
    pixels = sample.points.reshape(60, 32, 32)
    np.testing.assert_allclose(pixels[:, 2:-2, 2:-2], images / 255)
    assert pixels[:, :2].max() == pixels[:, :, -2:].max() == 0


def test_the_test_part_is_another_one(root):
    write_idx(root / "mnist", part="t10k", count=20)
    assert len(manifolds.get("mnist", split="test").sample(100, 0).points) == 20
    with pytest.raises(ValueError, match="train-images-idx3-ubyte"):
        manifolds.get("mnist").sample(100, 0)


def test_damaged_files_are_reported(root):
    write_idx(root / "mnist")
    (root / "mnist" / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03\0\0")
    with pytest.raises(ValueError, match="are not what torchvision reads"):
        manifolds.get("mnist").sample(10, 0)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("mnist", "train-images-idx3-ubyte"),
        ("fashion-mnist", "train-labels-idx1-ubyte"),
        ("cifar10", "data_batch_5"),
        ("svhn", "train_32x32.mat"),
    ],
)
def test_a_missing_file_is_named_with_its_folder_and_source(root, name, file):
    with pytest.raises(ValueError, match=file) as error:
        manifolds.get(name).sample(10, 0)
    assert str(root) in str(error.value)
    assert "http" in str(error.value)
    assert "--download" in str(error.value)


def test_colour_photographs_are_read_with_channels_first(root, monkeypatch):
    """Both sets are read only with their checksums, which are those of the files here."""
    rng = np.random.default_rng(0)
    sets = torchvision_datasets()
    pixels = rng.integers(0, 256, (30, 3, 32, 32), dtype=np.uint8)
    savemat(
        root / "train_32x32.mat",
        {"X": pixels.transpose(2, 3, 1, 0), "y": np.arange(30)[:, None] % 10 + 1},
    )
    digest = hashlib.md5((root / "train_32x32.mat").read_bytes()).hexdigest()
    monkeypatch.setitem(sets.SVHN.split_list, "train", ["", "train_32x32.mat", digest])
    result = manifolds.get("svhn").sample(30, 0)
    assert result.shape == (3, 32, 32)
    np.testing.assert_allclose(result.points, pixels.reshape(30, -1) / 255)

    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    files = []
    for index, name in enumerate((*(f"data_batch_{k}" for k in range(1, 6)), "test_batch")):
        rows = pixels[5 * index : 5 * index + 5].reshape(5, -1)
        (folder / name).write_bytes(pickle.dumps({"data": rows, "labels": [index] * 5}))
        files.append([name, hashlib.md5((folder / name).read_bytes()).hexdigest()])
    meta = pickle.dumps({"label_names": [str(k) for k in range(10)]})
    (folder / "batches.meta").write_bytes(meta)
    monkeypatch.setattr(sets.CIFAR10, "train_list", files[:5])
    monkeypatch.setattr(sets.CIFAR10, "test_list", files[5:])
    described = {"filename": "batches.meta", "key": "label_names"}
    described["md5"] = hashlib.md5(meta).hexdigest()
    monkeypatch.setattr(sets.CIFAR10, "meta", described)
    result = manifolds.get("cifar10").sample(25, 0)
    np.testing.assert_allclose(result.points, pixels[:25].reshape(25, -1) / 255)


def test_a_pickle_with_another_checksum_is_not_opened(root):
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    for name in manifolds.get("cifar10").files():
        # Opened, it would write a file.
        (folder / name).write_bytes(
            b"cposix\nsystem\n(S'touch " + str(root).encode() + b"/opened'\ntR."
        )
    with pytest.raises(ValueError, match="are not what torchvision reads"):
        manifolds.get("cifar10").sample(10, 0)
    assert not (root / "opened").exists()


def test_a_download_that_is_impossible_says_where_to_put_which_files(root, monkeypatch):
    sets = torchvision_datasets()
    # Refused at once, wherever the tests run.
    monkeypatch.setattr(sets.MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(ValueError, match="the download failed") as error:
        manifolds.get("mnist").download()
    assert (
        f"put train-images-idx3-ubyte, train-labels-idx1-ubyte (or the same with .gz) into {root}"
        in str(error.value)
    )


def test_without_torchvision_its_sets_say_what_to_install(root, monkeypatch):
    import sys

    write_idx(root / "mnist")
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(ValueError, match=r"pip install 'torchvision>=0\.21,<0\.29'"):
        manifolds.get("mnist").sample(10, 0)


def test_the_data_root_must_be_a_folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    assert data_root().name == "data"
    with pytest.raises(ValueError, match="is not a folder"):
        use_data_root(tmp_path / "absent")


@pytest.mark.skipif(not DEBIAN.is_dir(), reason="Debian's package dataset-fashion-mnist is absent")
def test_the_real_fashion_mnist(monkeypatch):
    monkeypatch.setenv(VARIABLE, str(DEBIAN))
    shirts = manifolds.get("fashion-mnist", label=0).sample(60_000, 0)
    assert shirts.points.shape == (6000, 784)
    assert shirts.points.max() == 1
    assert 0.2 < shirts.points.mean() < 0.5
