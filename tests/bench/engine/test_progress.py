import io
import json
import re

import pytest
from rich.console import Console

from bench.engine import plan
from bench.engine.progress import Display
from bench.format import duration
from bench.record import Record
from bench.suites import schema


@pytest.fixture(scope="module")
def cells():
    return plan.build(
        schema.load("euclidean"),
        "quick",
        manifold_patterns=["line"],
        estimator_patterns=["mle-5", "twonn"],
    )


def record(cell, **values):
    groups = [{"truth": 10, "estimate": 9.51234}, {"truth": 30, "estimate": 25.0}]
    return Record(
        **{
            "key": cell.key,
            "suite": "mine",
            "manifold": cell.manifold,
            "estimator": cell.estimator,
            "manifold_name": "",
            "manifold_parameters": "{}",
            "estimator_name": "",
            "estimator_parameters": "{}",
            "family": "other",
            "n": 10,
            "seed": cell.seed,
            "status": "ok",
            "estimate": 17.0,
            "groups": json.dumps(groups),
            "fit_seconds": 1.24,
            **values,
        }
    )


def output_of(cells, *results, terminal=False):
    file = io.StringIO()
    console = Console(file=file, width=100, force_terminal=terminal)
    with Display(console, {cell.key: 2.0 for cell in cells}, [(2, [cells])]) as display:
        for cell, values in zip(cells, results, strict=False):
            display.start(cell)
            display.report(cell, "half [way] there")
            display.finish(record(cell, **values))
    return file.getvalue()


def test_results_are_plain_lines_where_there_is_no_terminal(cells):
    lines = output_of(
        cells,
        {},
        {"groups": "[]"},
        {"status": "failed", "message": "ValueError: [red] & 5 %\nmore"},
    ).splitlines()
    assert [line.partition(" left] ")[2] for line in lines] == [
        "line (seed 0) mle-5: 9.512 | 25, truth 10 | 30, 1.2 s",
        "line (seed 1) mle-5: 17, truth unknown, 1.2 s",
        "line (seed 2) mle-5: failed ValueError: [red] & 5 %",
    ]
    assert [line.partition(",")[0] for line in lines] == ["[1/6", "[2/6", "[3/6"]


def test_a_line_is_out_before_the_next_cell_starts(cells):
    file = io.StringIO()
    with Display(Console(file=file), {cell.key: 2.0 for cell in cells}, [(1, [cells])]) as display:
        display.start(cells[0])
        display.finish(record(cells[0]))
        assert file.getvalue().count("\n") == 1


def test_a_terminal_shows_every_result_and_what_is_running(cells):
    text = output_of(cells, *[{}] * 6, terminal=True)
    assert text.count("mle-5: 9.512 | 25") == 3
    assert "[6/6]" in text


def test_trainings_say_how_far_they_are_once_a_minute_in_logs_and_notebooks(cells):
    assert not Console(force_jupyter=True).is_terminal
    file, now = io.StringIO(), [0.0]
    console = Console(file=file, width=80)
    costs = {cell.key: 2.0 for cell in cells}
    with Display(console, costs, [(2, [cells])], clock=lambda: now[0]) as display:
        display.start(cells[0])
        display.start(cells[1])
        for second in range(0, 200, 5):
            now[0] = float(second)
            display.report(cells[0], f"step {second} of 200\nand \x1b[2J more")
            display.report(cells[1], f"step {second + 1} of 300")
        display.report(cells[2], "of a cell that does not run")
        output = file.getvalue().splitlines()
        assert len(output) == 3
        for line, second in zip(output, (60, 120, 180), strict=True):
            assert line.startswith("[0/6] running: mle-5 on line: ")
            assert f": step {second} of 200 and [2J more; mle-5 on line: step " in line
        display.finish(record(cells[0]))
        now[0] = 300.0
        display.report(cells[0], "late")
        display.report(cells[1], "step 299 of 300")
    last = file.getvalue().splitlines()[-1]
    assert re.fullmatch(r"\[1/6, .* left\] running: mle-5 on line: step 299 of 300", last)


@pytest.mark.parametrize(
    ("seconds", "message"),
    [(0.04, "0.0 s"), (59, "59 s"), (185, "3 min 05 s"), (7800, "2 h 10 min")],
)
def test_durations_are_reported_as_people_do(seconds, message):
    assert duration(seconds) == message
