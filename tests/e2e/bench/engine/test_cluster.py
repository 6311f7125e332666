"""A real dask scheduler and two real workers, on loopback, which share no files with the run."""

import logging
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from commandline import PLUGINS, ROOT, bench, bench_process, environment, rows, small

from bench.engine.cluster import _client

comm = pytest.importorskip("distributed.comm", reason="needs the extra 'cluster'")


def processes_of(mark):
    results = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("CLUSTER_MARK") == mark:
                results.append(process)
        except psutil.Error:
            pass
    return results


class Cluster:
    """A scheduler and some workers, of one thread and a folder of its own each."""

    def __init__(self, folder, workers):
        self.mark = str(folder)
        file = folder / "scheduler.json"
        self.scheduler = self._start(
            "dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file,
            cwd=ROOT,
        )  # fmt: skip
        self.workers = []
        for number in range(workers):
            place = folder / f"worker-{number}"
            (place / "tmp").mkdir(parents=True)
            self.workers.append(
                self._start(
                    "dask_worker", "--scheduler-file", file, "--nthreads", 1, "--no-nanny",
                    "--local-directory", place,
                    cwd=place, TMPDIR=str(place / "tmp"), BENCH_CACHE=str(place / "cache"),
                )
            )  # fmt: skip
        until = time.monotonic() + 30
        while not (file.exists() and "tcp://" in file.read_text()) and time.monotonic() < until:
            time.sleep(0.1)
        self.address = next(part for part in file.read_text().split('"') if "tcp://" in part)
        self.options = ("--backend", "dask", "--scheduler", self.address)

    def _start(self, what, *arguments, cwd, **more):
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{what}", *map(str, arguments),
             "--no-dashboard"],
            cwd=cwd,
            env=environment(CLUSTER_MARK=self.mark, **more),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def processes(self, what):
        return [p for p in processes_of(self.mark) if what in " ".join(p.cmdline())]

    def close(self):
        """End it, workers first; what they started is gone when they are."""
        for processes in (self.workers, [self.scheduler]):
            for process in processes:
                process.terminate()
            for process in processes:
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:  # dask's own end may hang
                    process.kill()
                    process.wait()
        _, alive = psutil.wait_procs(processes_of(self.mark), timeout=5)
        assert not alive


@pytest.fixture
def cluster(tmp_path, request):
    """Two workers of the test's own, or the given number."""
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster", getattr(request, "param", 2))
    yield cluster
    cluster.close()


@pytest.fixture(scope="module")
def shared_cluster(tmp_path_factory):
    """Two workers for tests that leave them as they were."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), 2)
    yield cluster
    cluster.close()


def many(out, plugin, *more):
    return small(
        out, plugin, "steady,mle-5,twonn,unending,dies", "--seeds", 1, "--timeout", 2, *more,
        manifolds="line,torus",
    )  # fmt: skip


def test_the_records_are_those_of_a_run_here_though_a_worker_was_killed_in_mid_run(
    cluster, tmp_path, background
):
    # Only the coordinator has the plug-in's file: its text goes to the workers.
    plugin = tmp_path / "coordinator" / "mine.py"
    plugin.parent.mkdir()
    shutil.copy(PLUGINS / "steady.py", plugin)
    bench(*many(tmp_path / "here", plugin, "--jobs", 2))
    away = background(*many(tmp_path / "away", plugin, *cluster.options))
    away.read_until("[3/")
    plugin.unlink()
    cluster.workers[0].send_signal(signal.SIGKILL)
    output, stdout = away.process.communicate(timeout=120)
    assert away.process.returncode == 0, output + stdout
    facts = "key, status, estimate, groups, n, seed"
    assert sorted(rows(tmp_path / "away", facts)) == sorted(rows(tmp_path / "here", facts))
    assert len(rows(tmp_path / "away", "key")) == 10
    results = dict(rows(tmp_path / "away", "estimator, message"))
    assert "exit code 7" in results["dies"]
    assert "stopped after 2 s" in results["unending"]
    arrays = {path.name for path in (tmp_path / "away" / "arrays").iterdir()}
    assert arrays == {path.name for path in (tmp_path / "here" / "arrays").iterdir()}
    # What the killed worker had started went with it; the other one has no cell left.
    assert not cluster.processes("bench.workers")


def test_a_run_that_was_killed_leaves_nothing_on_the_cluster_and_goes_on(
    cluster, tmp_path, background
):
    plugin = PLUGINS / "steady.py"
    run = small(tmp_path / "out", plugin, "steady", "--seeds", 12, *cluster.options)
    endless = background(
        *small(
            tmp_path / "out",
            plugin,
            "steady,unending",
            "--seeds",
            12,
            *cluster.options,
            "--timeout",
            999,
        )
    )
    endless.read_until("[3/")
    endless.process.send_signal(signal.SIGKILL)
    endless.process.communicate()
    before = dict(rows(tmp_path / "out", "key, estimate"))
    assert before

    until = time.monotonic() + 30
    output = bench(*run)
    assert f"{len(before)} done before" in output.stdout
    assert before.items() <= dict(rows(tmp_path / "out", "key, estimate")).items()
    working = "bench.workers.worker"
    while any(p.cpu_percent(0.2) > 50 for p in cluster.processes(working)):
        assert time.monotonic() < until
        time.sleep(0.5)


def test_an_interrupt_keeps_what_is_finished_of_a_batch_as_well(
    shared_cluster, tmp_path, background
):
    cluster = shared_cluster
    # Estimators of one graph are a batch; the last of them never ends.
    plugin = PLUGINS / "steady.py"
    run = background(*small(tmp_path / "out", plugin, "mle-5,twonn,unending-reading",
                            *cluster.options))  # fmt: skip
    run.read_until("[2/3")
    run.process.send_signal(signal.SIGINT)
    _, output = run.process.communicate(timeout=30)
    assert run.process.returncode == 130
    assert "Traceback" not in output
    assert sorted(rows(tmp_path / "out", "estimator, status")) == [("mle-5", "ok"), ("twonn", "ok")]
    until = time.monotonic() + 10
    while cluster.processes("bench.workers"):
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.mark.parametrize("logger", ["asyncio", "tornado.application"])
def test_errors_of_closed_connections_are_not_logged(shared_cluster, caplog, logger):
    errors = [
        comm.CommClosedError("in <TCP (closed)>: Stream is closed"),
        OSError("something else"),
    ]
    with _client(shared_cluster.address):
        for error in errors:
            logging.getLogger(logger).error("Exception in callback", exc_info=error)
    assert [record.exc_info[1] for record in caplog.records] == errors[1:]


@pytest.mark.parametrize("cluster", [1], indirect=True)
def test_a_cluster_of_one_thread_will_do(cluster, tmp_path):
    bench(*small(tmp_path / "out", PLUGINS / "steady.py", "steady,mle-5", *cluster.options))
    assert rows(tmp_path / "out", "status") == [("ok",), ("ok",)]


def test_a_lost_scheduler_is_reported_and_finished_cells_stay(cluster, tmp_path, background):
    run = background(*small(tmp_path / "out", PLUGINS / "steady.py", "steady,unending", "--seeds",
                            2, *cluster.options))  # fmt: skip
    run.read_until("[2/4")
    cluster.scheduler.kill()
    _, output = run.process.communicate(timeout=60)
    assert run.process.returncode == 1
    assert "error: the cluster was lost" in output or "scheduler of the cluster was lost" in output
    assert "run the same command (without --fresh) to resume" in output
    assert rows(tmp_path / "out", "status") == [("ok",), ("ok",)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--backend", "dask"], "needs --scheduler"),
        (["--backend", "desk"], "did you mean 'dask'"),
        (["--scheduler", "tcp://127.0.0.1:1"], "needs --backend dask"),
        (
            ["--backend", "dask", "--scheduler", "tcp://127.0.0.1:1", "--jobs", 2],
            "--jobs is for this machine",
        ),
        (
            ["--backend", "dask", "--scheduler", "tcp://127.0.0.1:1"],
            "no dask scheduler at tcp://127.0.0.1:1",
        ),
    ],
)
def test_a_cluster_that_cannot_be_used_is_reported(tmp_path, options, message, monkeypatch):
    monkeypatch.setenv("DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT", "1s")
    output = bench(*small(tmp_path, PLUGINS / "steady.py", "steady", *options), check=2)
    assert message in output.stderr
    assert "Traceback" not in output.stderr


def test_a_cluster_of_another_version_is_reported(shared_cluster, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(ROOT / "bench", other / "bench")
    file = other / "bench" / "__init__.py"
    file.write_text(file.read_text().replace('__version__ = "', '__version__ = "9.'))
    for package in ("estimators", "manifolds"):
        os.symlink(ROOT / package, other / package)
    output = bench_process(
        *small(tmp_path / "out", PLUGINS / "steady.py", "steady", *shared_cluster.options),
        check=1, cwd=other, PYTHONPATH=str(other),
    )  # fmt: skip
    assert "of this package, not 9." in output.stderr
    assert "Traceback" not in output.stderr
