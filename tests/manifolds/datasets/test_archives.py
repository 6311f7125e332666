"""Arrays in files of torch, MATLAB and AnnData, of which none is unpickled."""

import contextlib
import re
import struct
import sys
import types

import numpy as np
import pytest
import scipy.io
import scipy.sparse
import torch

from manifolds.datasets import archives
from manifolds.datasets.reading import read_points

POINTS = np.random.default_rng(0).standard_normal((30, 4))
LABELS = np.arange(30) % 3


def refused(path, message, array=None):
    with pytest.raises(ValueError, match=message) as error:
        read_points(path, array)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    "held",
    [
        torch.tensor(POINTS),
        torch.nn.Parameter(torch.tensor(POINTS)),
        torch.tensor(POINTS).to_sparse(),
        torch.tensor(POINTS.T.copy()).T,
    ],
)
def test_a_tensor_of_torch_is_points(tmp_path, held):
    torch.save(held, tmp_path / "x.pt")
    np.testing.assert_array_equal(read_points(tmp_path / "x.pt").points, POINTS)
    refused(tmp_path / "x.pt", "has one array, without a name", "x")


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32])
def test_tensors_of_few_digits_are_read(tmp_path, kind):
    torch.save(torch.tensor(POINTS).to(kind), tmp_path / "x.pth")
    np.testing.assert_allclose(read_points(tmp_path / "x.pth").points, POINTS, rtol=0.01)


def test_the_one_tensor_of_two_dimensions_of_a_dictionary_is_points_and_is_named(tmp_path):
    held = {"x": torch.tensor(POINTS), "y": torch.tensor(LABELS), "name": "mine", "epoch": 3}
    torch.save(held, tmp_path / "x.pt")
    loaded = read_points(tmp_path / "x.pt")
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.notes == ("the array 'x' was read; there are also y",)
    torch.save({"a": {"x": held["x"]}, "b": [2 * held["x"]]}, tmp_path / "two.pt")
    refused(tmp_path / "two.pt", re.escape("has the arrays a.x, b.0: say which one with --array"))
    refused(tmp_path / "two.pt", re.escape("and none 'a.y' (did you mean 'a.x'?)"), "a.y")
    np.testing.assert_array_equal(read_points(tmp_path / "two.pt", "b.0").points, 2 * POINTS)
    torch.save({"epoch": 3}, tmp_path / "none.pt")
    refused(tmp_path / "none.pt", "has no array of numbers")


class Evil:
    def __reduce__(self):
        return print, ("unpickled",)


def test_objects_in_a_file_of_torch_are_never_unpickled(tmp_path, capsys):
    torch.save({"x": torch.tensor(POINTS), "evil": Evil()}, tmp_path / "x.pt")
    refused(tmp_path / "x.pt", "holds Python objects, which are not read")
    assert "unpickled" not in capsys.readouterr().out


def test_the_table_of_an_archive_of_numpy_is_taken_where_only_one_is(tmp_path):
    np.savez(tmp_path / "x.npz", X=POINTS, y=LABELS, names=np.array(["a"] * 30))
    loaded = read_points(tmp_path / "x.npz")
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert "the array 'X' was read" in loaded.notes[0]


@pytest.mark.parametrize("version", ["4", "5"])
def test_numeric_arrays_of_matlab_are_read(tmp_path, version):
    held = {"X": POINTS, "y": LABELS[:, None], "title": "text"}
    scipy.io.savemat(tmp_path / "x.mat", held, format=version)
    loaded = read_points(tmp_path / "x.mat")
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.notes == ("the array 'X' was read; there are also y",)
    held["Z"] = 2 * POINTS.T[:, :25]
    scipy.io.savemat(tmp_path / "two.mat", held, format=version)
    refused(tmp_path / "two.mat", "has the arrays X, y, Z: say which one with --array NAME")
    refused(tmp_path / "two.mat", "none 'title'", "title")
    np.testing.assert_array_equal(read_points(tmp_path / "two.mat", "X").points, POINTS)


def test_sparse_arrays_structures_and_pictures_of_matlab(tmp_path):
    path = tmp_path / "x.mat"
    scipy.io.savemat(path, {"S": scipy.sparse.csc_matrix(POINTS), "s": {"a": POINTS}})
    np.testing.assert_array_equal(read_points(path).points, POINTS)
    scipy.io.savemat(path, {"s": {"a": POINTS}})
    refused(path, "has no array of numbers")
    scipy.io.savemat(path, {"I": POINTS.reshape(5, 6, 4)})
    refused(path, r"has the shape \(5, 6, 4\); a .mat file's points need")


def test_a_file_of_matlab_7_3_needs_h5py_or_another_version(tmp_path, monkeypatch):
    path = tmp_path / "x.mat"
    # As such a file begins: the version 2.0 after 124 bytes of text.
    path.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + struct.pack("<H", 0x200) + b"IM" + b"\0")
    monkeypatch.setitem(sys.modules, "h5py", None)
    refused(path, r"7.3, which needs h5py \(pip install h5py\); or save it as version 7")


def test_arrays_of_matlab_7_3_are_turned_to_rows_of_points(tmp_path):
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "x.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["X"] = POINTS.T
        file["title"] = LABELS[:, None].astype(np.uint16)
        file["title"].attrs["MATLAB_class"] = np.bytes_("char")
    content = bytearray(path.read_bytes())
    content[:128] = b"MATLAB 7.3 MAT-file".ljust(124) + struct.pack("<H", 0x200) + b"IM"
    path.write_bytes(content)
    np.testing.assert_array_equal(read_points(path).points, POINTS)


def test_annotated_data_need_an_extra_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "anndata", None)
    (tmp_path / "x.h5ad").write_bytes(b"")
    refused(tmp_path / "x.h5ad", r"needs the package anndata of the extra 'anndata': pip install")


def stand_in(monkeypatch, **parts):
    """A library of annotated data with one such, of ``parts``."""
    closed = []
    data = types.SimpleNamespace(
        **{"X": None, "obsm": {}, "layers": {}, "var_names": list("abcd"), **parts},
        file=types.SimpleNamespace(close=lambda: closed.append(True)),
    )
    library = types.SimpleNamespace(read_h5ad=lambda path, backed: data)
    monkeypatch.setitem(sys.modules, "anndata", library)
    return closed


def test_x_or_an_embedding_of_annotated_data_is_read(tmp_path, monkeypatch):
    path = tmp_path / "x.h5ad"
    path.write_bytes(b"")
    sparse = scipy.sparse.csr_matrix(POINTS)
    closed = stand_in(
        monkeypatch, X=sparse, obsm={"X_pca": POINTS[:, :2]}, layers={"counts": 2 * sparse}
    )
    loaded = read_points(path)
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.columns == ("a", "b", "c", "d")
    assert loaded.notes == ("X was read; there are also X_pca, counts (--array NAME)",)
    np.testing.assert_array_equal(read_points(path, "X_pca").points, POINTS[:, :2])
    np.testing.assert_array_equal(read_points(path, "counts").points, 2 * POINTS)
    np.testing.assert_array_equal(read_points(path, columns=["b"]).points, POINTS[:, [1]])
    refused(
        path, r"has the arrays X, X_pca, counts and none 'pca' \(did you mean 'X_pca'\?\)", "pca"
    )
    assert len(closed) == 5


def test_a_sparse_array_that_does_not_fit_into_memory_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.h5ad"
    path.write_bytes(b"")
    huge = scipy.sparse.csr_matrix((10**7, 10**6))
    stand_in(monkeypatch, X=huge, obsm={"X_pca": POINTS})
    refused(path, r"\(X\): its 10000000 x 1000000 numbers take 74505.8 GiB .* take one of X_pca")


def test_annotated_data_of_the_library_itself_are_read(tmp_path):
    anndata = pytest.importorskip("anndata")
    path = tmp_path / "x.h5ad"
    for convert in (scipy.sparse.csr_matrix, scipy.sparse.csc_matrix, np.asarray):
        data = anndata.AnnData(convert(POINTS), obsm={"X_pca": POINTS[:, :2]}, layers={"l": POINTS})
        data.write_h5ad(path)
        np.testing.assert_array_equal(read_points(path).points, POINTS)
        np.testing.assert_array_equal(read_points(path, "X_pca").points, POINTS[:, :2])
        np.testing.assert_array_equal(read_points(path, "l").points, POINTS)
    anndata.AnnData(obsm={"X_pca": POINTS}).write_h5ad(path)
    refused(path, "has no X: say which of X_pca with --array NAME")


@pytest.mark.parametrize("kind", archives.ENDINGS)
def test_damaged_files_of_any_kind_are_refused_in_words(tmp_path, kind):
    if kind == ".h5ad":
        pytest.importorskip("anndata")
    path = tmp_path / f"x{kind}"
    torch.save(torch.tensor(POINTS), tmp_path / "whole.pt")
    np.savez(tmp_path / "whole.npz", x=POINTS)
    np.save(tmp_path / "whole.npy", POINTS)
    scipy.io.savemat(tmp_path / "whole.mat", {"x": POINTS})
    whole = tmp_path / f"whole{'.pt' if kind == '.pth' else kind}"
    content = whole.read_bytes() if whole.exists() else b"no file of that kind" * 20
    rng = np.random.default_rng(0)
    # A process reads each file of MATLAB first.
    for _ in range(4 if kind == ".mat" else 40):
        broken = bytearray(content)
        for place in rng.integers(0, min(400, len(broken)), 4):
            broken[place] = rng.integers(256)
        path.write_bytes(broken[: rng.integers(1, len(broken))])
        with contextlib.suppress(ValueError):
            read_points(path)


@pytest.mark.parametrize("code", [0, 8, 14])
def test_a_file_of_matlab_on_which_its_reader_crashes_is_damaged(tmp_path, code):
    path = tmp_path / "t.mat"
    scipy.io.savemat(path, {"x": np.random.default_rng(0).random((30, 4))})
    content = bytearray(path.read_bytes())
    assert content[176] == 9  # the type of the numbers: double
    content[176] = code
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"cannot be read: scipy's loadmat .*damaged"):
        read_points(path)
