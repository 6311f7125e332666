"""Samples that a killed run has left behind are removed by the next one, and no others."""

import subprocess
import sys
import tempfile

import pytest

from bench.engine import leftovers
from bench.engine.leftovers import PREFIX, claimed, reclaim


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_only_folders_whose_run_is_dead_are_removed(place):
    folders = [place / f"{PREFIX}{name}" for name in ("mine", "dead", "unclaimed")]
    for folder in folders:
        folder.mkdir()
        (folder / "points.npy").write_bytes(b"x")
    mine, dead, unclaimed = folders
    outside = place / "outside"
    outside.mkdir()
    (outside / leftovers.CLAIM).touch()
    (place / f"{PREFIX}link").symlink_to(outside)
    code = (
        "import os, sys; from pathlib import Path; from bench.engine.leftovers import claimed;"
        "held = claimed(Path(sys.argv[1])); print(flush=True); sys.stdin.read(1); os._exit(9)"
    )
    with claimed(mine):
        command = [sys.executable, "-c", code, str(dead)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            assert reclaim() == 0
            other.communicate(b"x")
        assert reclaim() == 1
        assert not dead.exists()
        assert mine.exists()
        assert unclaimed.exists()
        assert outside.exists()
