"""The real command line, in processes of its own."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time

import pandas as pd
import psutil
import pytest
from commandline import PLUGINS, ROOT, TROUBLE, bench, bench_process, heeding_interrupts, small

SMOKE = (
    "run", "--suite", "euclidean", "--preset", "smoke", "--n", 300, "--manifolds", "line",
)  # fmt: skip


def tiny(out, *more, manifolds="line", estimators="constant"):
    return small(out, TROUBLE, estimators, *more, manifolds=manifolds)


def statuses(out):
    with sqlite3.connect(out / "records.sqlite") as database:
        return dict(database.execute("SELECT estimator, status FROM records"))


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """A run of all estimators of the euclidean suite, in a process as a user starts it."""
    out = tmp_path_factory.mktemp("smoke") / "euclidean"
    return out, bench_process(*SMOKE, "--out", out)


def test_smoke_run_has_a_good_record_for_every_estimator(smoke):
    out, output = smoke
    accuracy = pd.read_csv(out / "accuracy.csv")
    failures = accuracy[accuracy["status"] != "ok"]
    assert failures.empty, failures.to_string()
    assert accuracy["estimator"].nunique() >= 18
    assert "score-svd" in set(accuracy["estimator"])
    assert "Estimated intrinsic dimension" in output.stdout
    assert "Seconds of a fit" in output.stdout


def test_smoke_run_prints_each_result_as_a_plain_line_where_there_is_no_terminal(smoke):
    out, output = smoke
    lines = re.findall(r"^\[(\d+)/(\d+), .* left\] \S+ \(seed 0\) .*: ", output.stdout, re.M)
    cells = len(statuses_by_cell(out))
    assert [int(count) for count, _ in lines] == list(range(1, cells + 1))
    assert "\x1b" not in output.stdout


def statuses_by_cell(out):
    with sqlite3.connect(out / "records.sqlite") as database:
        return database.execute("SELECT key, status FROM records").fetchall()


def test_smoke_run_leaves_tables_and_plots_in_every_format(smoke):
    out, _ = smoke
    for table in ("accuracy", "runtime"):
        for ending in ("csv", "md", "tex", "parquet"):
            assert (out / f"{table}.{ending}").stat().st_size > 0
    plots = {path.stem for path in out.rglob("*.png")}
    assert plots == {path.stem for path in out.rglob("*.svg")}
    assert len(plots) == 4


def test_running_a_finished_suite_again_runs_no_cell_and_rewrites_nothing(smoke):
    out, _ = smoke
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.suffix != ".lock"}
    output = bench(*SMOKE, "--out", out)
    assert "0 to run" in output.stdout
    assert "Estimated intrinsic dimension" in output.stdout
    after = {path: path.stat().st_mtime_ns for path in out.rglob("*.*") if path.suffix != ".lock"}
    assert {p for p in before if before[p] != after.get(p)} <= {out / ".lock"}


def test_same_cells_give_the_same_estimates_whatever_the_number_of_jobs(smoke, tmp_path):
    out, _ = smoke
    chosen = ("--estimators", "mle-5,twonn,ess,knn")
    bench(*SMOKE, "--jobs", 1, "--out", tmp_path, *chosen)
    query = "SELECT key, estimate FROM records"
    with sqlite3.connect(tmp_path / "records.sqlite") as database:
        alone = dict(database.execute(query))
    with sqlite3.connect(out / "records.sqlite") as database:
        among = dict(database.execute(query))
    assert len(alone) == 4
    assert alone == {key: among[key] for key in alone}


def test_a_failing_hanging_or_dying_estimator_is_a_row_and_the_run_goes_on(tmp_path):
    output = bench(
        *tiny(tmp_path, "--timeout", 2, "--jobs", 2,
              estimators="constant,raises,sleeps,exits,not-finite,says-disk-full")
    )  # fmt: skip
    assert statuses(tmp_path) == {
        "constant": "ok",
        "raises": "failed",
        "sleeps": "timeout",
        "exits": "crashed",
        "not-finite": "failed",
        # The disk is not full, in spite of the message.
        "says-disk-full": "failed",
    }
    assert "RuntimeError: no [good] neighbours & 5 % left" in output.stdout
    assert "last words" in output.stdout
    accuracy = pd.read_csv(tmp_path / "accuracy.csv")
    assert set(accuracy["estimator"]) == set(statuses(tmp_path))


def test_a_run_whose_every_cell_failed_exits_with_1_and_says_so_also_the_second_time(tmp_path):
    failing = tiny(tmp_path, "--timeout", 20, "--jobs", 2, estimators="raises,exits")
    for _ in range(2):
        output = bench(*failing, check=1)
        assert "error: 2 of 2 cells failed and none gave an estimate" in output.stderr
        assert "the first, exits on line: crashed: the worker process ended" in output.stderr
        # The tables have the failures.
        assert "failed" in output.stdout
    assert set(pd.read_csv(tmp_path / "accuracy.csv")["status"]) == {"failed"}
    # One estimate is enough.
    output = bench(*tiny(tmp_path, "--timeout", 20, estimators="raises,constant"))
    assert "none gave an estimate" not in output.stderr


def test_a_timed_out_cell_runs_again_under_a_longer_limit_only(tmp_path):
    arguments = {"estimators": "slow-constant"}
    bench(*tiny(tmp_path, "--timeout", 0.1, **arguments), check=1)
    assert statuses(tmp_path) == {"slow-constant": "timeout"}
    assert "0 to run" in bench(*tiny(tmp_path, "--timeout", 0.1, **arguments), check=1).stdout
    bench(*tiny(tmp_path, "--timeout", 30, **arguments))
    assert statuses(tmp_path) == {"slow-constant": "ok"}


def test_fresh_runs_finished_cells_again(tmp_path):
    bench(*tiny(tmp_path))
    assert "0 to run" in bench(*tiny(tmp_path)).stdout
    assert "1 to run" in bench(*tiny(tmp_path, "--fresh")).stdout


def test_a_plugin_joins_the_suite_without_being_named(tmp_path):
    output = bench(
        "run", "--suite", "euclidean", "--preset", "smoke", "--plugin", TROUBLE, "--dry-run",
        "--out", tmp_path / "none",
    )  # fmt: skip
    assert "slow-constant" in output.stdout
    assert "mle-5" in output.stdout


def test_dry_run_prints_plan_and_cost_and_touches_nothing(tmp_path):
    output = bench("run", "--suite", "euclidean", "--dry-run", "--out", tmp_path / "none")
    assert "score-svd" in output.stdout
    assert re.search(r"of core time, about .* with 2 jobs|of core time", output.stdout)
    assert not (tmp_path / "none").exists()


def started(out):
    """A run that has finished one cell and sleeps in the next; its process and its workers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench",
         *map(str, tiny(out, "--jobs", 1, estimators="constant,sleeps"))],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"}, preexec_fn=heeding_interrupts,
    )  # fmt: skip
    assert process.stdout is not None
    for line in process.stdout:
        if "constant: 3" in line:
            break
    time.sleep(0.3)
    workers = psutil.Process(process.pid).children()
    assert workers
    return process, workers


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_finished_cells_leaves_no_process_and_says_how_to_resume(tmp_path, stop):
    process, workers = started(tmp_path)
    process.send_signal(stop)
    _, output = process.communicate(timeout=120)
    assert process.returncode == 130, output
    assert "run the same command (without --fresh) to resume" in output
    assert not any(worker.is_running() for worker in workers)
    assert statuses(tmp_path) == {"constant": "ok"}


def test_a_killed_coordinator_leaves_no_worker_and_the_next_run_goes_on(tmp_path):
    process, workers = started(tmp_path)
    process.kill()
    process.communicate()
    _, alive = psutil.wait_procs(workers, timeout=60)
    assert not alive
    output = bench(*tiny(tmp_path, "--timeout", 1, estimators="constant,sleeps"))
    assert "1 done before, 1 to run" in output.stdout


def test_no_more_busy_threads_than_cores_whatever_jobs_says(tmp_path, all_cores):
    cores = len(os.sched_getaffinity(0))
    bench(
        "run", "--suite", "euclidean", "--preset", "smoke", "--n", 50, "--out", tmp_path,
        "--plugin", PLUGINS / "busy.py", "--estimators", "busy-threads", "--jobs", 4 * cores,
        "--manifolds", "line,torus,10-sphere,50-sphere",
    )  # fmt: skip
    with sqlite3.connect(tmp_path / "records.sqlite") as database:
        rows = database.execute("SELECT estimate, threads FROM records").fetchall()
    assert len(rows) == 4
    # Each cell measured the cores that it used; as many run at a time as there are cores.
    assert max(busy for busy, _ in rows) <= 1.2
    assert {threads for _, threads in rows} == {1}


def test_a_plugin_that_was_edited_is_run_again(tmp_path):
    plugin = tmp_path / "mine.py"
    for value in (3, 7):
        plugin.write_text(
            "import estimators\n"
            "@estimators.register('mine')\n"
            "class Mine:\n"
            "    def fit(self, X, y=None):\n"
            f"        self.dimension_ = {value}\n"
        )
        output = bench(
            "run", "--suite", "euclidean", "--preset", "smoke", "--n", 50, "--manifolds", "line",
            "--estimators", "mine", "--plugin", plugin, "--out", tmp_path / "out",
        )  # fmt: skip
        assert f"mine: {value}, truth 1" in output.stdout


def test_labels_are_those_of_the_suite_that_is_run_now(tmp_path):
    text = (ROOT / "bench" / "suites" / "euclidean.toml").read_text()
    (tmp_path / "other.toml").write_text(text.replace("mle-5", "renamed"))
    for suite, label in (("euclidean", "mle-5"), (tmp_path / "other.toml", "renamed")):
        bench(
            "run", "--suite", suite, "--preset", "smoke", "--n", 50, "--manifolds", "line",
            "--estimators", label, "--out", tmp_path / "out",
        )  # fmt: skip
        assert set(pd.read_csv(tmp_path / "out" / "accuracy.csv")["estimator"]) == {label}


def test_a_dry_run_beside_a_run_and_a_listing_with_a_plugin_work(tmp_path):
    from bench.store.store import Store

    with Store(tmp_path):
        bench(*tiny(tmp_path, "--dry-run"))
    assert "constant" in bench("list", "estimators", "--plugin", TROUBLE).stdout


def test_a_folder_in_use_is_reported_and_the_results_stay_as_they_were(tmp_path):
    from bench.store.store import Store

    with Store(tmp_path):
        output = bench(*tiny(tmp_path), check=2)
    assert "is writing to" in output.stderr


def test_a_thread_limit_of_the_environment_that_is_not_used_is_named(tmp_path):
    output = bench(*tiny(tmp_path), OMP_NUM_THREADS="7")
    assert "OMP_NUM_THREADS=7 is not used: each cell runs on 1 thread" in output.stdout
