"""Names and texts from elsewhere cannot control a terminal."""

import io

import pytest
from commandline import ROOT
from rich.table import Table

from bench.cli.console import Terminal
from bench.cli.options import echo
from bench.plugins import read_source
from bench.regression.baseline import load


def test_what_is_printed_has_its_control_characters_written_out(capsys):
    echo("one\x1b[2J\ntwo", err=True)
    assert capsys.readouterr().err == "one\\x1b[2J\ntwo\n"
    console = Terminal(file=io.StringIO(), width=100)
    console.print("[bold]name\x9b31m", "\u202e", markup=False)
    console.print(Table("estimator"))
    assert console.file.getvalue().startswith("[bold]name\\x9b31m \\u202e\n")


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_byte_order_mark_is_no_part_of_a_plugin_or_a_baseline(tmp_path, mark):
    plugin, baseline = tmp_path / "plugin.py", tmp_path / "baseline.json"
    plugin.write_text(f"{mark}x = 1\n", encoding="utf-8")
    assert read_source(str(plugin)) == "x = 1\n"
    whole = (ROOT / "results" / "baselines" / "ci.json").read_text(encoding="utf-8")
    baseline.write_text(mark + whole, encoding="utf-8")
    assert load(baseline).suite == "ci"
