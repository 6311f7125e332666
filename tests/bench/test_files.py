"""Replacement of files: whole, and of nothing but files."""

import contextlib
import os
import stat
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from bench.files import replace_file, write_parquet, write_text
from manifolds.datasets.reading import read_points


@pytest.mark.parametrize("kind", ["pipe", "folder", "device"])
def test_a_path_that_is_no_file_is_not_replaced(tmp_path, kind):
    path = tmp_path / "there"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        try:
            os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        except PermissionError:
            pytest.skip("needs the right to make a device")
    before = path.lstat()
    with pytest.raises(FileExistsError, match="not a file, and is not replaced"):
        write_text("new", path)
    assert (path.lstat().st_mode, path.lstat().st_ino) == (before.st_mode, before.st_ino)
    assert os.listdir(tmp_path) == ["there"]


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path):
    inside, outside = tmp_path / "inside", tmp_path / "outside.txt"
    inside.mkdir()
    outside.write_text("theirs")
    (inside / "file.txt").symlink_to(outside)
    write_text("ours", inside / "file.txt")
    assert outside.read_text() == "theirs"
    assert not (inside / "file.txt").is_symlink()
    assert (inside / "file.txt").read_text() == "ours"


def test_parquet_is_written_and_read_where_the_folder_has_a_name_that_is_not_utf_8(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    points = pd.DataFrame(np.random.default_rng(0).random((20, 2)), columns=["x", "y"])
    path = write_parquet(points, folder / "points.parquet")
    assert read_points(path).points.tolist() == points.to_numpy().tolist()


def test_a_text_that_is_no_text_is_written_all_the_same(tmp_path):
    write_text("caf\udce9 ü", tmp_path / ("é" * 120 + ".txt"))
    assert next(tmp_path.iterdir()).read_text(encoding="utf-8") == r"caf\udce9 ü"


def test_the_temporary_file_has_the_usual_rights_a_new_name_and_goes(tmp_path):
    names = set()
    for _ in range(2):
        with contextlib.suppress(RuntimeError), replace_file(tmp_path / ("x" * 250)) as part:
            names.add(part.name)
            raise RuntimeError("broken off")
    assert len(names) == 2
    assert not os.listdir(tmp_path)
    before = os.umask(0o027)
    try:
        write_text("a", tmp_path / "file.txt")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file.txt").stat().st_mode) == 0o640


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")

    def fail_halfway() -> None:
        with replace_file(path) as part:
            part.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    with replace_file(path) as part:
        part.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["table.csv"]
