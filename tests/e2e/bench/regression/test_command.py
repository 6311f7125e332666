"""`bench baseline` and `bench check` through the command line."""

import json
import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from commandline import ROOT, bench, environment
from rich.console import Console

from bench.regression.command import check


def test_unchanged_code_raises_no_alarm_and_can_be_read_again(folder, options, tmp_path):
    output = bench(*options)
    assert "no regression: 6 of 6 cells as before" in output.stdout
    again = bench(*options, "--no-run")
    assert "no regression: 6 of 6 cells as before" in again.stdout
    assert "[1/" not in again.stdout
    report = ElementTree.parse(tmp_path / "run" / "check.xml").getroot()
    assert report.get("failures") == "0"
    # Six estimates, and the times of three estimators.
    assert len(report.findall("testcase")) == int(report.get("tests")) == 9
    assert "no regression" in (tmp_path / "run" / "check.md").read_text()
    # The results of a run can be the next baseline.
    shutil.copy(tmp_path / "run" / "check.json", tmp_path / "next.json")
    shown = bench("baseline", "show", tmp_path / "next.json")
    assert "4 seeds, 1 random state, 1 cell at a time" in shown.stdout
    shown = bench("baseline", "show", folder / "mini.json")
    assert "the shift that 4 seeds find with 90 % power at p ≤ 2.5e-03" in shown.stdout
    assert shown.stdout.count("any change") == 4


def test_score_estimators_share_a_model_that_this_run_has_trained(folder, tmp_path):
    # The cache of trained models is left out: with it, the second run would train nothing.
    suite = tmp_path / "score.toml"
    small = "steps = 40, width = 8, blocks = 1, queries = 2, batch = 16, sigmas = [0.3]"
    suite.write_text(
        (folder / "mini.toml").read_text().replace("[presets.smoke]", "".join(
            f'[estimators.{name}]\nestimator = "{name}"\nparameters = {{ {small} }}\n'
            for name in ("score-svd", "dsm")
        ) + "[presets.smoke]")
    )  # fmt: skip
    for out in ("a", "b"):
        bench(
            "baseline", "save", "--suite", suite, "--preset", "smoke", "--to",
            tmp_path / "score.json", "--out", tmp_path / out, "--estimators", "score-svd,dsm",
            "--manifolds", "torus", "--seeds", 1, "--states", 2, BENCH_CACHE=str(tmp_path / "c"),
        )  # fmt: skip
    assert not (tmp_path / "c").exists()
    svd, dsm = json.loads((tmp_path / "score.json").read_text())["cells"]
    assert (svd["trains"], dsm["trains"]) == (True, False)
    # Two trainings of two random states.
    assert dsm["estimates"][0][0] != dsm["estimates"][0][1]
    from bench.store.store import Store

    with Store(tmp_path / "b", writing=False) as store:
        rows = store.frame(store.outcomes()).to_dict("records")
    for row in rows:
        saved = row["fit_seconds"] - row["shared_seconds"]
        assert saved == 0 if row["estimator"] == "score-svd" else saved > 0


PLUGIN = '''
import numpy as np
from estimators.base import Estimate, Estimator
from estimators.catalogue import register


@register("mine", family="other", source="here", scope="global", weakness="all")
class Mine(Estimator):
    """One."""

    def estimate(self, points):
        return Estimate(1.0)
'''


def test_cells_that_the_baseline_lacks_are_run_only_with_the_option_new(options, tmp_path):
    (tmp_path / "mine.py").write_text(PLUGIN)
    few = ("--plugin", tmp_path / "mine.py", "--manifolds", "torus", "--estimators", "twonn,mine")
    output = bench(*options, *few)
    assert "no regression: 1 of 1 cell as before" in output.stdout
    assert "Not in the baseline, and not run (--new runs them): mine on torus." in output.stdout
    assert "torus (seed 0) mine" not in output.stdout
    output = bench(*options, *few, "--new")
    assert "no regression, 1 new cell: 1 of 1 cell as before" in output.stdout
    assert "not run" not in output.stdout
    # All estimators, with a plug-in: nothing has gone.
    output = bench(*options, "--plugin", tmp_path / "mine.py", "--manifolds", "torus")
    assert "no regression: 3 of 3 cells as before" in output.stdout
    assert "mine on torus." in output.stdout


def test_cells_of_a_baseline_are_replaced_by_those_of_the_same_states(folder, tmp_path):
    before = json.loads((folder / "mini.json").read_text())
    content = json.loads((folder / "mini.json").read_text())
    for cell in content["cells"]:
        cell["estimates"] = [[1.0 for _ in row] for row in cell["estimates"]]
    (tmp_path / "b.json").write_text(json.dumps(content))
    arguments = (
        "baseline", "save", "--update", "--suite", folder / "mini.toml", "--preset", "smoke",
        "--to", tmp_path / "b.json", "--out", tmp_path / "out", "--manifolds", "torus",
    )  # fmt: skip
    assert "6 cells of 4 seeds" in bench(*arguments, "--estimators", "twonn").stdout
    after = json.loads((tmp_path / "b.json").read_text())
    for old, changed, new in zip(before["cells"], content["cells"], after["cells"], strict=True):
        replaced = (new["manifold"], new["estimator"]) == ("torus", "twonn")
        assert new["estimates"] == (old if replaced else changed)["estimates"]
    output = bench(*arguments, "--estimators", "knn", "--states", 2, check=2)
    assert "the baseline is of states 8, and this run of 2" in output.stderr


def test_another_random_state_gives_other_numbers_and_no_alarm(folder, tmp_path):
    outcome = check(
        folder / "mini.json", str(folder / "mini.toml"), run=True, state=50, slower=100,
        console=Console(quiet=True), preset="smoke", out=tmp_path / "run",
    )  # fmt: skip
    assert outcome.alarms == []
    assert {(f.kind, f.estimator) for f in outcome.findings} == {("other numbers", "knn")}


def test_the_action_s_script_leaves_summary_result_and_files(folder, tmp_path):
    script = ROOT / ".github" / "actions" / "check" / "check.sh"
    # The installed command, also where the package is not installed.
    command = tmp_path / "bin" / "id-bench"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m bench "$@"\n')
    command.chmod(0o755)
    for slower, preset, result in (("100", "smoke", "0"), ("100", "quick", "2")):
        subprocess.run(
            ["bash", str(script)],
            cwd=tmp_path,
            env=environment(
                PATH=f"{command.parent}:{os.environ['PATH']}",
                SUITE=str(folder / "mini.toml"), BASELINE=str(folder / "mini.json"),
                PRESET=preset, ESTIMATORS="twonn", MANIFOLDS="torus", SLOWER=slower,
                TOLERANCE="1e-9", STRICT="true", NEW="true",
                GITHUB_STEP_SUMMARY=str(tmp_path / "summary"), GITHUB_OUTPUT=str(tmp_path / "out"),
            ),
            check=True,
            capture_output=True,
        )  # fmt: skip
        assert (tmp_path / "out").read_text().splitlines()[-1] == f"result={result}"
    assert "no regression: 1 of 1 cell as before" in (tmp_path / "summary").read_text()
    assert (tmp_path / "results" / "check" / "check.xml").exists()


def test_one_seed_of_deterministic_estimators_is_enough_for_their_estimates(options):
    output = bench(*options, "--seeds", 1, "--estimators", "twonn,mle")
    assert "no regression: 4 of 4 cells as before" in output.stdout
    assert "Times are not compared: so few seeds cannot show anything" in output.stdout


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--baseline", "nowhere.json"], "there is no baseline nowhere.json"),
        (["--slower", "0.5"], "slower must be at least 1"),
        (["--suite", "euclidian"], "did you mean 'euclidean'"),
        (["--seeds", "5"], "choose at most --seeds 4"),
        (["--estimators", "mom"], "the baseline has none of the cells of this run"),
    ],
)
def test_misuse_is_an_error_and_ends_with_2(options, more, message):
    few = ("--manifolds", "torus", *(() if "--estimators" in more else ("--estimators", "twonn")))
    output = bench(*options, *few, *more, check=2)
    assert output.stderr.startswith("error: ")
    assert message in output.stderr


def test_records_of_another_command_have_no_calibrated_times(folder, options, tmp_path):
    few = ("--estimators", "twonn", "--manifolds", "torus", "--preset", "smoke")
    bench("run", "--suite", folder / "mini.toml", *few, "--out", tmp_path / "run")
    output = bench(*options, *few, "--no-run", check=2)
    assert "no calibrated times" in output.stderr
