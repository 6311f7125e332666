"""``python -m bench status``: of a run that is going on, was killed, or is done."""

import json
import signal
import subprocess
import sys
import time

from commandline import PLUGINS, TROUBLE, bench, small

STEADY = PLUGINS / "steady.py"


def status(out):
    return json.loads(bench("status", "--out", out, "--json").stdout)


def test_status_of_a_running_run_shows_cells_times_and_what_is_left(tmp_path, background):
    run = background(*small(tmp_path, STEADY, "steady,unending", "--jobs", 2, "--seeds", 3))
    run.read_until("[3/")
    until = time.monotonic() + 120
    while len((result := status(tmp_path))["running"]) < 2 and time.monotonic() < until:
        time.sleep(0.3)
    assert result["active"]
    assert result["process"] == run.process.pid
    assert (result["cells"], result["statuses"], result["left"]) == (6, {"ok": 3}, 3)
    assert {cell["estimator"] for cell in result["running"]} == {"unending"}
    assert all(0 <= cell["seconds"] < 600 for cell in result["running"])
    assert 0 < result["seconds_left"] < 600
    output = bench("status", "--out", tmp_path).stdout
    assert "6 cells: 3 done, 0 failed, 2 running, 1 left" in output
    assert "unending on line (seed" in output
    run.process.send_signal(signal.SIGKILL)
    run.process.communicate()
    result = status(tmp_path)
    assert not result["active"]
    assert result["running"] == []
    assert result["left"] == 3
    assert "run the same command to resume" in bench("status", "--out", tmp_path).stdout


def test_status_of_a_finished_run_shows_failures(tmp_path):
    bench(*small(tmp_path, TROUBLE, "constant,raises"))
    result = status(tmp_path)
    assert (result["active"], result["left"]) == (False, 0)
    assert result["statuses"] == {"ok": 1, "failed": 1}
    assert (
        "2 cells: 1 done, 1 failed, 0 running, 0 left; finished"
        in bench("status", "--out", tmp_path).stdout
    )


def test_what_a_killed_run_had_begun_to_write_is_undone_for_who_only_looks(tmp_path):
    bench(*small(tmp_path, TROUBLE, "constant"))
    code = (
        "import os, sqlite3, sys\n"
        "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "database.execute('PRAGMA cache_size = 1')\n"
        "database.execute('BEGIN IMMEDIATE')\n"
        "for i in range(500):\n"
        "    database.execute('INSERT INTO meta VALUES (?, ?)', (str(i), 'x' * 2000))\n"
        "os._exit(9)\n"
    )
    file = tmp_path / "records.sqlite"
    subprocess.run([sys.executable, "-c", code, str(file)], check=False)
    assert (tmp_path / "records.sqlite-journal").stat().st_size > 0
    assert status(tmp_path)["statuses"] == {"ok": 1}


def test_a_damaged_store_is_reported(tmp_path):
    bench(*small(tmp_path, TROUBLE, "constant"))
    file = tmp_path / "records.sqlite"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + bytes(len(whole) - 4096))
    output = bench("status", "--out", tmp_path, check=2)
    assert "records.sqlite" in output.stderr
    assert "Traceback" not in output.stderr


def test_a_folder_without_results_is_reported(tmp_path):
    output = bench("status", "--out", tmp_path, check=2)
    assert "there are no results in" in output.stderr
