"""A full disk stops a run with a clear error, and nothing that was finished is lost."""

import os
import subprocess
import sys

import pytest
from commandline import HOSTILE, PLUGINS, ROOT, bench, rows, small

STEADY = PLUGINS / "steady.py"


@pytest.fixture
def disk(tmp_path):
    """A file system of 3 MB, where the system lets us make one."""
    if sys.platform != "linux" or os.getuid() != 0:
        pytest.skip("needs Linux and the right to mount a small file system")
    place = tmp_path / "disk"
    place.mkdir()
    result = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(place)], capture_output=True
    )
    if result.returncode:
        pytest.skip(f"cannot mount a small file system: {result.stderr.decode()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_reported_the_store_stays_readable_and_the_run_resumes(disk):
    out = disk / "out"
    run = small(out, STEADY, "steady", "--jobs", 2, "--seeds", 30, manifolds="line,torus")
    (disk / "filler").write_bytes(bytes(2**20 * 3 - 90_000))
    output = bench(*run, check=1)
    assert "No space left on device" in output.stderr or "disk is full" in output.stderr
    assert f"finished cells are saved in {out}" in output.stderr
    assert "Traceback" not in output.stderr
    before = dict(rows(out, "key, estimate"))
    assert 0 < len(before) < 60
    assert not list(out.rglob("*.part"))
    assert "60 cells" in bench("status", "--out", out).stdout
    (disk / "filler").unlink()
    bench(*run)
    after = dict(rows(out, "key, estimate"))
    assert len(after) == 60
    assert before.items() <= after.items()


def test_a_cell_that_finds_no_space_is_not_blamed_but_stops_the_run(disk, tmp_path):
    run = small(tmp_path, HOSTILE, "bystander,writes-to-a-disk", "--jobs", 1)
    more = {"EXPECTED_FOLDER": str(ROOT), "DISK": str(disk)}
    output = bench(*run, check=1, **more)
    assert "No space left on device" in output.stderr
    assert "run the same command (without --fresh) to resume" in output.stderr
    assert rows(tmp_path, "estimator, status") == [("bystander", "ok")]
    # The next run finds another disk.
    bench(*run, **{**more, "DISK": str(tmp_path)})
    assert len(rows(tmp_path, "key")) == 2


def test_where_the_model_cache_has_no_space_the_cell_is_measured_all_the_same(disk, tmp_path):
    (disk / "filler").write_bytes(bytes(2**20 * 3 - 8_000))
    bench(
        "run", "--suite", "euclidean", "--preset", "smoke", "--n", 200, "--manifolds", "line",
        "--estimators", "score-svd", "--out", tmp_path / "out", BENCH_CACHE=str(disk / "cache"),
    )  # fmt: skip
    assert rows(tmp_path / "out", "status") == [("ok",)]
