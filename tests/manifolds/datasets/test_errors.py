"""Damaged files, and those that claim more than they hold, end in one clear error."""

import io
import os
import struct
import zipfile

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from manifolds.datasets.errors import check_memory, file_errors
from manifolds.datasets.reading import read_points

POINTS = np.random.default_rng(0).random((60, 4))


def saved(array=POINTS):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def headed(text, body=b"", version=1):
    """A file of numpy's format with any header."""
    head = text.encode("latin1")
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    size = struct.pack("<H" if version == 1 else "<I", len(head))
    return b"\x93NUMPY" + bytes([version, 0]) + size + head + body


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return file.getvalue()


def shaped(shape):
    return f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"


def changed(data, place, piece):
    return data[:place] + piece + data[place + len(piece) :]


def matlab():
    file = io.BytesIO()
    savemat(file, {"x": POINTS})
    return file.getvalue()


def second_frame_without_a_size():
    """A TIFF of which the directory of a second frame has no entries."""
    file = io.BytesIO()
    Image.fromarray(np.zeros((4, 4), dtype=np.uint8)).save(file, "TIFF")
    data = file.getvalue()
    (place,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, place)
    return changed(data, place + 2 + 12 * entries, struct.pack("<I", len(data))) + bytes(8)


COMPRESSED = zipped(("x.npy", saved()))
CENTRAL = COMPRESSED.index(b"PK\x01\x02")
FILES = {
    "huge.npy": headed(shaped((10**12, 4)), bytes(800)),
    "beyond.npy": headed(shaped((10**20, 4))),
    "negative.npy": headed(shaped((-60, 4)), POINTS.tobytes()),
    "open.npy": headed("{'descr': '<f8', 'fortran_order': False, 'shape': (60, 4), ", bytes(1920)),
    "nested.npy": headed("(" * 3000, version=2),
    "list.npy": headed("{'descr': " + "[" * 180 + "]" * 180 + "}", version=2),
    "version.npy": changed(saved(), 6, b"\x09"),
    "cut.npy": saved()[:-8],
    "empty.npy": b"",
    "lies.npz": zipped(("x.npy", headed(shaped((10**13, 4)), POINTS.tobytes()))),
    "text.npz": zipped(("readme.txt", b"hello")),
    "folder.npz": zipped(("x/", b"")),
    "empty.npz": zipped(),
    "flipped.npz": changed(COMPRESSED, 200, bytes([COMPRESSED[200] ^ 255])),
    "method.npz": changed(changed(COMPRESSED, 8, b"\x63\x00"), CENTRAL + 10, b"\x63\x00"),
    "encrypted.npz": changed(changed(COMPRESSED, 6, b"\x01"), CENTRAL + 8, b"\x01"),
    "lzma.npz": changed(zipped(("x.npy", saved()), method=zipfile.ZIP_LZMA), 60, b"\xff" * 9),
    "bzip.npz": changed(zipped(("x.npy", saved()), method=zipfile.ZIP_BZIP2), 100, b"\xff" * 9),
    "quotes.csv": b'"' * 100_001 + b"\n1,2\n" * 40,
    "nul.csv": b"1,2\n\x00,3\n" * 40,
    "utf16.csv": "a,b\n1,2\n".encode("utf-16") * 40,
    "no.parquet": b"PAR1" + bytes(40) + b"PAR1",
    "points.txt": b"",
    "image.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
}


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_a_valueerror_that_names_it(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(FILES[name])
    with pytest.raises(ValueError, match=name) as error:
        read_points(tmp_path if name.endswith(".png") else path)
    assert type(error.value) is ValueError
    assert len(str(error.value)) < 1000


#: Files of which a library raises an error as of a fault in a program, and who reads them.
CONFUSING = {
    "kind.mat": (changed(matlab(), 128, b"\x63"), "scipy's loadmat"),
    "stack.pt": (b"Q.", "torch"),
    "frames.tif": (second_frame_without_a_size(), "Pillow"),
}


@pytest.mark.parametrize("name", CONFUSING)
def test_an_internal_error_of_a_library_is_reported_as_damage(tmp_path, name):
    data, library = CONFUSING[name]
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ValueError, match=f"{name} cannot be read.*: {library} finds that it is"):
        read_points(tmp_path if name.endswith(".tif") else path)


def test_an_error_of_the_reader_s_own_is_not_reported_as_damage(tmp_path, monkeypatch):
    np.savez(tmp_path / "x.npz", a=POINTS, b=POINTS)
    monkeypatch.setattr("manifolds.datasets.archives._select_array", lambda *_: [][0])
    with pytest.raises(ValueError, match="cannot be read: IndexError: list index"):
        read_points(tmp_path / "x.npz")


def test_a_bomb_is_not_unpacked(tmp_path):
    rows = 10**8
    file = tmp_path / "bomb.npz"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("x.npy", "w", force_zip64=True) as member:
            member.write(headed(shaped((rows, 400))))
    # The size that the archive claims is that of what is in it.
    data = bytearray(file.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 2**32 - 2)
    file.write_bytes(bytes(data))
    with pytest.raises(ValueError, match=r"bomb.npz.*shape is \(100000000, 400\)"):
        read_points(file)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_read():
    check_memory(1.0, "a number")
    with pytest.raises(ValueError, match=r"the array takes 9\.31e\+09|GiB of memory, of which"):
        check_memory(1e19, "the array")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "points.npy")
    with pytest.raises(ValueError, match="neither a file nor a folder"):
        read_points(tmp_path / "points.npy")


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), TypeError("y\n z"), MemoryError(), RecursionError("deep"), EOFError(),
     UnicodeDecodeError("utf-8", b"x", 0, 1, "no"), ValueError("short"), OSError(5, "I/O error")],
)  # fmt: skip
def test_every_exception_of_a_library_becomes_one_of_ours(tmp_path, error):
    path = tmp_path / "file"
    with pytest.raises(ValueError, match=r"file cannot be read: .*; allowed: a table") as result:
        with file_errors(path, "allowed: a table"):
            raise error
    assert type(result.value) is ValueError
    assert "\n" not in str(result.value)


def test_a_message_that_names_the_file_and_an_interrupt_pass(tmp_path):
    path = tmp_path / "file"
    with pytest.raises(ValueError, match=f"^{path}: no$"), file_errors(path, "allowed: a table"):
        raise ValueError(f"{path}: no")
    with pytest.raises(KeyboardInterrupt), file_errors(path, "allowed: a table"):
        raise KeyboardInterrupt
