"""The screen of a real terminal while a suite runs, at usual widths."""

import pytest
from commandline import PLUGINS, small
from terminal import Terminal

WIDTHS = (80, 100, 120, 160)
PLUGIN = PLUGINS / "training.py"


@pytest.fixture
def run(tmp_path, all_cores):
    """Starts four cells, two at a time, of which the first ends and others train and wait."""

    def start(columns):
        (tmp_path / "state").mkdir()
        return Terminal(
            *small(tmp_path / "out", PLUGIN, "trains-*", "--jobs", 2, manifolds="line,10-sphere"),
            columns=columns,
            TRAINING=str(tmp_path / "state"),
        )

    return start


def is_whole(line, width):
    """Return whether a line has the bar, the count and the ETA, and fits."""
    return (
        len(line.partition(" ")[0].strip("━╸╺")) == 0
        and line.startswith("━" * 3)
        and " 1/4 " in line
        and " left" in line.partition(" about ")[2]
        and len(line) < width
    )


def with_both_trainings(rows, width):
    """The two live lines where they are the last ones and show both trainings."""
    last = [row for row in rows if row][-2:]
    return (
        len(last) == 2
        and is_whole(last[0], width)
        and last[1].count("trains-") == 2
        and width - 12 < len(last[1]) < width
        and last[1].count("…") == 2
    )


def test_bar_count_and_time_left_are_whole_beside_two_trainings_at_every_width(run, tmp_path):
    with run(WIDTHS[0]) as terminal:
        for width in WIDTHS:
            terminal.widen(width)
            terminal.wait_for(lambda rows, width=width: with_both_trainings(rows, width))
        (tmp_path / "state" / "go").touch()
        assert terminal.wait_for_the_end() == 0
        shown = "\n".join(terminal.rows)
    for count in range(1, 5):
        assert shown.count(f"[{count}/4] ") == 1
    assert "━" not in shown
    assert "…" not in shown


@pytest.mark.parametrize("width", [WIDTHS[0], WIDTHS[-1]])
def test_an_interrupt_leaves_nothing_of_the_live_lines(run, width):
    with run(width) as terminal:
        terminal.wait_for(lambda rows: with_both_trainings(rows, width))
        terminal.press("\x03")
        assert terminal.wait_for_the_end() == 130
        rows = [row for row in terminal.rows if row]
    assert rows[0].startswith("4 cells at preset smoke")
    after = next(i for i, row in enumerate(rows) if row.startswith("[1/4]"))
    left = [row for row in rows[after + 1 :] if row != "^C"]
    output = "interrupted: finished cells are saved; run the same command (without --fresh) to"
    assert " ".join(left).startswith(output), rows
    assert not any("━" in row or "trains-" in row for row in left)
