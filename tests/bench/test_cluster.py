"""A real dask scheduler and two real workers, on loopback, which share no files with the run."""

import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from commandline import PLUGINS, ROOT, bench, environment, rows, small

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

DASK = [sys.executable, "-m", "distributed.cli"]


def processes_of(mark):
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CLUSTER_MARK") == mark:
                found.append(process)
        except psutil.Error:
            pass
    return found


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its two workers; each has a folder of its own."""
    file = tmp_path / "scheduler.json"
    common = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    mark = str(tmp_path)
    scheduler = subprocess.Popen(
        [*DASK[:2], f"{DASK[2]}.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
         "--no-dashboard", "--scheduler-file", str(file)],
        env=environment(CLUSTER_MARK=mark), **common,
    )  # fmt: skip
    workers = []
    for name in ("one", "two"):
        place = tmp_path / name
        (place / "tmp").mkdir(parents=True)
        workers.append(
            subprocess.Popen(
                [*DASK[:2], f"{DASK[2]}.dask_worker", "--scheduler-file", str(file), "--nthreads",
                 "1", "--no-dashboard", "--no-nanny", "--local-directory", str(place)],
                cwd=place,
                env=environment(
                    CLUSTER_MARK=mark, TMPDIR=str(place / "tmp"), BENCH_CACHE=str(place / "cache")
                ),
                **common,
            )
        )  # fmt: skip
    until = time.monotonic() + 30
    while not (file.exists() and "tcp://" in file.read_text()) and time.monotonic() < until:
        time.sleep(0.1)
    address = next(part for part in file.read_text().split('"') if part.startswith("tcp://"))
    yield address, workers, mark
    for process in (*workers, scheduler):
        process.terminate()
    for process in (*workers, scheduler):
        process.wait(20)
    _, alive = psutil.wait_procs(processes_of(mark), timeout=5)
    assert not alive


def many(out, plugin, *more):
    return small(
        out, plugin, "steady,mle-5,twonn,unending,dies", "--seeds", 2, "--timeout", 2, *more,
        manifolds="line,torus",
    )  # fmt: skip


def test_the_records_are_those_of_a_run_here_though_a_worker_was_killed_in_mid_run(
    cluster, tmp_path, background
):
    address, workers, mark = cluster
    # Only the coordinator has the plug-in's file: its text goes to the workers.
    plugin = tmp_path / "coordinator" / "mine.py"
    plugin.parent.mkdir()
    shutil.copy(PLUGINS / "steady.py", plugin)
    bench(*many(tmp_path / "here", plugin, "--jobs", 2))
    away = background(*many(tmp_path / "away", plugin, "--backend", "dask", "--scheduler", address))
    away.read_until("[5/")
    plugin.unlink()
    workers[0].send_signal(signal.SIGKILL)
    output, said = away.process.communicate(timeout=120)
    assert away.process.returncode == 0, output + said
    facts = "key, status, estimate, groups, n, seed"
    assert sorted(rows(tmp_path / "away", facts)) == sorted(rows(tmp_path / "here", facts))
    assert len(rows(tmp_path / "away", "key")) == 20
    found = dict(rows(tmp_path / "away", "estimator, message"))
    assert "exit code 7" in found["dies"]
    assert "stopped after 2 s" in found["unending"]
    arrays = {path.name for path in (tmp_path / "away" / "arrays").iterdir()}
    assert arrays == {path.name for path in (tmp_path / "here" / "arrays").iterdir()}
    # What the killed worker had started went with it; the other one has no cell left.
    assert not [p for p in processes_of(mark) if "bench.workers" in " ".join(p.cmdline())]


def test_a_run_that_was_killed_leaves_nothing_on_the_cluster_and_goes_on(
    cluster, tmp_path, background
):
    address, _, mark = cluster
    there = ("--backend", "dask", "--scheduler", address)
    plugin = PLUGINS / "steady.py"
    run = small(tmp_path / "out", plugin, "steady", "--seeds", 12, *there)
    endless = background(
        *small(tmp_path / "out", plugin, "steady,unending", "--seeds", 12, *there, "--timeout", 999)
    )
    endless.read_until("[3/")
    endless.process.send_signal(signal.SIGKILL)
    endless.process.communicate()
    before = dict(rows(tmp_path / "out", "key, estimate"))
    assert before

    def working():
        return [p for p in processes_of(mark) if "bench.workers.worker" in " ".join(p.cmdline())]

    until = time.monotonic() + 30
    said = bench(*run)
    assert f"{len(before)} done before" in said.stdout
    assert before.items() <= dict(rows(tmp_path / "out", "key, estimate")).items()
    while any(p.cpu_percent(0.2) > 50 for p in working()) and time.monotonic() < until:
        time.sleep(0.5)
    assert not [p for p in working() if p.cpu_percent(0.2) > 50]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--backend", "dask"], "needs --scheduler"),
        (["--backend", "desk"], "did you mean 'dask'"),
        (["--scheduler", "tcp://127.0.0.1:1"], "needs --backend dask"),
        (
            ["--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"],
            "no dask scheduler at tcp://127.0.0.1:1",
        ),
    ],
)
def test_a_cluster_that_cannot_be_used_is_told(tmp_path, options, says, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    said = bench(*small(tmp_path, PLUGINS / "steady.py", "steady", *options), check=2)
    assert says in said.stderr
    assert "Traceback" not in said.stderr


def test_a_cluster_of_another_version_is_told(cluster, tmp_path):
    address, _, _ = cluster
    other = tmp_path / "other"
    shutil.copytree(ROOT / "bench", other / "bench")
    file = other / "bench" / "__init__.py"
    file.write_text(file.read_text().replace('__version__ = "', '__version__ = "9.'))
    for package in ("estimators", "manifolds"):
        os.symlink(ROOT / package, other / package)
    said = bench(
        *small(tmp_path / "out", PLUGINS / "steady.py", "steady", "--backend", "dask",
               "--scheduler", address),
        check=1, cwd=other, PYTHONPATH=str(other),
    )  # fmt: skip
    assert "of this package, not 9." in said.stderr
    assert "Traceback" not in said.stderr
