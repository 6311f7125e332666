"""Cells stopped by a limit run again under a higher one; failures only on request."""

from commandline import HOSTILE, bench, rows, small


def test_a_cell_that_hit_its_memory_runs_again_under_a_higher_limit_only(tmp_path):
    def run(*limit, check=0):
        return bench(*small(tmp_path, HOSTILE, "needs-300-mib", *limit), check=check).stdout

    # The only cell fails, and so does the command.
    run("--memory", "250MiB", check=1)
    assert rows(tmp_path, "status, memory_limit_mib") == [("memory", 250.0)]
    assert "0 to run" in run("--memory", "250MiB", check=1)
    assert "1 to run" in run("--memory", "900MiB")
    assert rows(tmp_path, "status, memory_limit_mib") == [("ok", 900.0)]


def test_retry_runs_those_that_failed_again_and_no_others(tmp_path):
    run = small(tmp_path, HOSTILE, "draws,raises-system-exit")
    assert "2 to run" in bench(*run).stdout
    assert "0 to run" in bench(*run).stdout
    assert "1 to run" in bench(*run, "--retry").stdout
