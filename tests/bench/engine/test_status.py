"""Facts of a running command: read from files that may be damaged, or of another clock."""

import io
import json
import time

import pytest
from rich.console import Console

from bench.engine import heartbeat
from bench.engine.heartbeat import Facts, Heartbeat, Running
from bench.engine.status import report, status_of
from bench.store.store import PlannedCell, Store


def test_the_time_left_is_what_the_run_itself_estimates(tmp_path):
    with Store(tmp_path) as store, Heartbeat(tmp_path, lambda: 700.0):
        store.set_plan([PlannedCell("a", "m", "e", 100, 0, 5.0)])
        status = status_of(tmp_path)
    assert status.seconds_left == pytest.approx(700, abs=5)
    assert not status.core_time


def test_the_time_left_without_an_estimate_of_the_run_is_core_time(tmp_path):
    with Store(tmp_path) as store, Heartbeat(tmp_path, lambda: None):
        store.set_plan([PlannedCell(key, "m", "e", 100, 0, 5.0) for key in "ab"])
        status = status_of(tmp_path)
        assert status.active
        assert (status.seconds_left, status.core_time) == (10.0, True)
    status = status_of(tmp_path)
    assert not status.active
    assert (status.seconds_left, status.core_time) == (10.0, True)


def test_the_time_since_an_estimate_was_written_is_taken_off_but_never_all_of_it():
    facts = Facts(1, "here", 0.0, eta=100.0, written=1000.0)
    assert facts.seconds_left(900.0) == facts.seconds_left(1000.0) == 100
    assert facts.seconds_left(1040.0) == 60
    assert facts.seconds_left(9000.0) == pytest.approx(10)


def test_a_clock_that_was_set_back_makes_no_time_or_number_negative(tmp_path):
    with Store(tmp_path) as store:
        store.set_plan([PlannedCell("a", "m", "e", 10, 0, 2.0)])
        soon = time.time() + 9000
        running = [Running(key, "m", "e", 0, soon, "\x1b[2J") for key in "ab"]
        facts = vars(Facts(1, "here", soon)) | {"running": [vars(one) for one in running]}
        (tmp_path / heartbeat.FILE).write_text(json.dumps(facts))
        status = status_of(tmp_path)
        assert status.seconds == 0
        assert [seconds for _, seconds in status.running] == [0, 0]
        console = Console(file=io.StringIO(), width=200)
        report(status, console)
    output = console.file.getvalue()
    assert "2 running, 0 left; going on for 0.0 s" in output
    assert "\x1b" not in output


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[]", '{"running": 1}', '{"running": [{"start": "x"}]}', "{}", "\xff"]
)
def test_what_is_running_is_not_known_from_a_damaged_file(tmp_path, text):
    (tmp_path / heartbeat.FILE).write_bytes(text.encode("latin-1"))
    assert heartbeat.read(tmp_path) is None
