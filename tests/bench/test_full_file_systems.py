import errno
import os

import psutil
import pytest

from bench.files import is_full


def partition(place):
    return type("Partition", (), {"mountpoint": str(place)})()


def facts(**values):
    usual = {"f_flag": 0, "f_blocks": 1000, "f_files": 10, "f_favail": 5, "f_bavail": 50}
    return type("Facts", (), {**usual, "f_frsize": 4096, **values})()


@pytest.mark.parametrize(
    ("values", "full"),
    [
        ({}, False),
        ({"f_bavail": 1}, True),
        ({"f_favail": 0}, True),
        ({"f_bavail": 0, "f_flag": os.ST_RDONLY}, False),
        ({"f_bavail": 0, "f_blocks": 0}, False),
        ({"f_files": 0, "f_favail": 0}, False),
    ],
)
def test_an_error_is_believed_where_a_disk_that_can_be_written_is_full(monkeypatch, values, full):
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: [partition("/a"), partition("/b")])
    monkeypatch.setattr(os, "statvfs", lambda place: facts(**(values if place == "/b" else {})))
    assert is_full(OSError(errno.ENOSPC, "my own quota")) is full
    assert is_full(OSError(errno.EDQUOT, "quota"))
    assert not is_full(OSError(errno.EIO, "other"))
    assert not is_full(OSError("no number"))


def test_a_place_that_cannot_be_looked_at_is_passed_over(monkeypatch, tmp_path):
    places = [partition(tmp_path / "nowhere")]
    monkeypatch.setattr(psutil, "disk_partitions", lambda all: places)
    assert not is_full(OSError(errno.ENOSPC, "full"))
