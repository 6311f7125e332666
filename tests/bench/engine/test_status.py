"""Facts of a running command: read from files that may be damaged, or of another clock."""

import io
import json
import time

import pytest
from rich.console import Console

from bench.engine import heartbeat
from bench.engine.heartbeat import Facts, Running
from bench.engine.status import report, status_of
from bench.store.store import PlannedCell, Store


@pytest.mark.parametrize("said", ["", "step 1 of 9, 700 s left"])
def test_what_is_left_of_a_run_is_never_less_than_of_a_running_cell(tmp_path, monkeypatch, said):
    with Store(tmp_path) as store:
        store.set_plan(
            PlannedCell(key, "m", key, 100, 0, seconds)
            for key, seconds in (("a", 500.0), ("b", 1.0))
        )
    running = heartbeat.Running("a", "m", "a", 0, time.time(), said)
    monkeypatch.setattr(
        heartbeat, "read", lambda folder: heartbeat.Facts(1, "h", time.time(), 8, (running,))
    )
    monkeypatch.setattr("bench.engine.status.in_use", lambda folder: True)
    left = status_of(tmp_path).seconds_left
    assert left == pytest.approx(700 if said else 500, abs=2)


def test_a_clock_that_was_set_back_makes_no_time_or_number_negative(tmp_path):
    with Store(tmp_path) as store:
        store.set_plan([PlannedCell("a", "m", "e", 10, 0, 2.0)])
        soon = time.time() + 9000
        running = [Running(key, "m", "e", 0, soon, "\x1b[2J") for key in "ab"]
        facts = vars(Facts(1, "here", soon, 1)) | {"running": [vars(one) for one in running]}
        (tmp_path / heartbeat.FILE).write_text(json.dumps(facts))
        found = status_of(tmp_path)
        assert found.seconds == 0
        assert [seconds for _, seconds in found.running] == [0, 0]
        console = Console(file=io.StringIO(), width=200)
        report(found, console)
    said = console.file.getvalue()
    assert "2 running, 0 left; going on for 0.0 s" in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[]", '{"running": 1}', '{"running": [{"start": "x"}]}', "{}", "\xff"]
)
def test_what_is_running_is_not_known_from_a_damaged_file(tmp_path, text):
    (tmp_path / heartbeat.FILE).write_bytes(text.encode("latin-1"))
    assert heartbeat.read(tmp_path) is None
