"""Bar, count and trainings in two lines of a terminal of any width."""

import pytest
from rich.console import Console

from bench.engine.progress import LiveLines, Progress


@pytest.mark.parametrize("width", [50, 80, 160])
@pytest.mark.parametrize("trainings", [0, 1, 2, 5])
def test_live_lines_fit_every_width(width, trainings):
    messages = [
        f"score-{k} on a-manifold-with-a-long-name: step 1 of 2, é…日本語" for k in range(trainings)
    ]
    now = Progress(30_000, 60_500, "about 2 h 10 min left", ["a long name of a cell"] * 8, messages)
    console = Console(width=width, force_terminal=True, color_system=None)
    with console.capture() as captured:
        console.print(LiveLines(lambda: now))
    lines = captured.get().splitlines()
    assert len(lines) == 1 + bool(trainings)
    assert "30000/60500 about 2 h 10 min left" in lines[0]
    assert lines[0].startswith("━")
    for line in lines:
        assert Console().measure(line.rstrip()).maximum <= width - 6
    if trainings > 2 and width == 80:
        assert lines[1].endswith("3 more")
