"""A run that is killed, at whatever moment, loses nothing and leaves nothing running."""

import random
import signal
import sqlite3
import subprocess
import time

import numpy as np
import psutil
import pytest
from commandline import HOSTILE, PLUGINS, bench, rows, small

STEADY = PLUGINS / "steady.py"
ENDING = 60  # seconds: an end takes a fraction of one, but on a machine that has other work


def many(out):
    """Some 60 cells of different kinds."""
    return small(
        out, STEADY, "steady,mle-5,twonn,knn", "--jobs", 2, "--seeds", 8,
        manifolds="line,torus",
    )  # fmt: skip


def contents(out):
    """All that must not depend on how often a run was killed, arrays included."""
    results = {}
    for key, arrays, *facts in rows(out, "key, arrays, status, estimate, groups, error, truth"):
        array = b""
        if arrays:
            with np.load(out / arrays, allow_pickle=False) as stored:
                array = stored["drawn"].tobytes()
        results[key] = (*facts, array)
    return results


@pytest.mark.parametrize("kills", [5, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_many_times_it_ends_with_the_records_of_an_undisturbed_run(
    tmp_path, background, kills
):
    bench(*many(tmp_path / "undisturbed"))
    expected = contents(tmp_path / "undisturbed")
    moments = random.Random(4)
    killed, marked = 0, []
    while killed < kills:
        run = background(*many(tmp_path / "killed"))
        marked.append(run)
        try:
            run.process.wait(moments.uniform(0.1, 2.0))
        except subprocess.TimeoutExpired:
            run.process.kill()
            killed += 1
        else:
            # It was done before: start anew, with what is there thrown away.
            with sqlite3.connect(tmp_path / "killed" / "records.sqlite") as database:
                database.execute("DELETE FROM records")
        run.process.communicate()
    left = [process for run in marked for process in run.processes()]
    _, alive = psutil.wait_procs(left, timeout=ENDING)
    assert not alive
    bench(*many(tmp_path / "killed"))
    assert contents(tmp_path / "killed") == expected
    assert len(expected) == 64
    with sqlite3.connect(tmp_path / "killed" / "records.sqlite") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_end_in_the_middle_of_many_cells_starts_no_more_of_them(tmp_path, background):
    run = background(*small(tmp_path, STEADY, "steady", "--jobs", 2, "--seeds", 400))
    run.read_until("[3/")
    everything = run.processes()
    run.process.send_signal(signal.SIGTERM)
    _, alive = psutil.wait_procs(everything, timeout=ENDING)
    assert not alive
    assert run.processes() == []
    assert 3 <= len(rows(tmp_path, "key")) < 400


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_an_end_takes_everything_along(tmp_path, stop, background):
    run = background(
        *small(tmp_path, HOSTILE, "calls-exit,forks-and-hangs", "--jobs", 2, "--seeds", 2)
    )
    run.read_until("[2/4")
    until = time.monotonic() + 30
    # Two that hang, each with a child of its own and one that left its group; of each of the two
    # also a supervisor, a worker, and the process for the next cell.
    everything, before = run.processes(), []
    # Twice the same: workers of cells that crashed may just be ending.
    while (len(everything) != 13 or everything != before) and time.monotonic() < until:
        time.sleep(0.2)
        everything, before = run.processes(), everything
    assert len(everything) == 13
    run.process.send_signal(stop)
    _, alive = psutil.wait_procs(everything, timeout=ENDING)
    assert not alive
    run.process.communicate()
    assert {status for (status,) in rows(tmp_path, "status")} == {"crashed"}
    assert len(rows(tmp_path, "key")) == 2
