"""Samples that a killed run has left behind are removed by the next one, and no others."""

import subprocess
import sys
import tempfile

import pytest

from bench.workers.samples import LOCK, PREFIX, lock_folder, remove_stale_folders


@pytest.fixture
def base(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_only_folders_whose_run_is_dead_are_removed(base):
    folders = [base / f"{PREFIX}{name}" for name in ("mine", "dead", "unlocked")]
    for folder in folders:
        folder.mkdir()
        (folder / "points.npy").write_bytes(b"x")
    mine, dead, unlocked = folders
    outside = base / "outside"
    outside.mkdir()
    (outside / LOCK).touch()
    (base / f"{PREFIX}link").symlink_to(outside)
    code = (
        "import os, sys; from pathlib import Path; from bench.workers.samples import lock_folder;"
        "held = lock_folder(Path(sys.argv[1])); print(flush=True); sys.stdin.read(1); os._exit(9)"
    )
    with lock_folder(mine):
        command = [sys.executable, "-c", code, str(dead)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            assert remove_stale_folders() == 0
            other.communicate(b"x")
        assert remove_stale_folders() == 1
        assert not dead.exists()
        assert mine.exists()
        assert unlocked.exists()
        assert outside.exists()
