"""`bench baseline` and `bench check` through the command line, with regressions planted in code."""

import json
import os
import shutil
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from commandline import ROOT, bench, environment

SUITE = """
about = "A sphere, quickly."
[manifolds.5-sphere]
manifold = "sphere"
parameters = { dimension = 5, ambient = 12 }
[manifolds.torus]
manifold = "torus"
parameters = { ambient = 5 }
[estimators.mle]
estimator = "mle"
[estimators.twonn]
estimator = "twonn"
[estimators.knn]
estimator = "knn"
[estimators.ess]
estimator = "ess"
[presets.smoke]
n = 150
seeds = 4
[presets.quick]
n = 200
seeds = 4
[presets.full]
n = 200
seeds = 4
"""
PACKAGES = ("bench", "estimators", "manifolds")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a suite and its baseline, of the code as it is."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "mini.toml").write_text(SUITE)
    said = bench(
        "baseline", "save", "--suite", folder / "mini.toml", "--preset", "smoke",
        "--to", folder / "mini.json", "--out", folder / "saved",
    )  # fmt: skip
    assert "8 cells of 20 seeds are in" in said.stdout
    return folder


def options(place, out):
    # Whether other work slows a fit down is not for a test to say.
    return (
        "check", "--suite", place / "mini.toml", "--preset", "smoke", "--baseline",
        place / "mini.json", "--out", out, "--slower", 100,
    )  # fmt: skip


def test_unchanged_code_raises_no_alarm_and_can_be_read_again(place, tmp_path):
    said = bench(*options(place, tmp_path / "run"))
    assert "no regression: 8 of 8 cells as before" in said.stdout
    again = bench(*options(place, tmp_path / "run"), "--no-run")
    assert "no regression: 8 of 8 cells as before" in again.stdout
    assert "[1/" not in again.stdout
    report = ElementTree.parse(tmp_path / "run" / "check.xml").getroot()
    assert report.get("failures") == "0"
    # Eight estimates, and the times of four estimators.
    assert len(report.findall("testcase")) == int(report.get("tests")) == 12
    assert "no regression" in (tmp_path / "run" / "check.md").read_text()
    # What a run was can be the next baseline.
    shutil.copy(tmp_path / "run" / "check.json", tmp_path / "next.json")
    shown = bench("baseline", "show", tmp_path / "next.json")
    assert "4 seeds" in shown.stdout


PLANTED = {
    "an off-by-one in k": (
        "estimators/distances.py",
        "graph = neighbor_graph(points, self.neighbors)",
        "graph = neighbor_graph(points, self.neighbors - 1)",
        {"mle"},
    ),
    "float32 for float64": (
        "estimators/neighbors.py",
        "    centred = points - points.mean(axis=0)\n    search",
        "    centred = (points - points.mean(axis=0)).astype(np.float32)\n    search",
        {"mle", "twonn"},
    ),
    "a wrong aggregation": (
        "estimators/distances.py",
        'combined("MLE", fitted.dimension_pw_, self.aggregate)',
        'combined("MLE", fitted.dimension_pw_, "mean")',
        {"mle"},
    ),
    "a changed seed path": (
        "bench/plan.py",
        "int(self.sample_key[:15], 16)",
        "int(self.sample_key[1:16], 16)",
        {"mle", "twonn"},
    ),
    "a reading of a random estimator that is one too high": (
        "estimators/graph_length.py",
        "return Estimate(fitted.dimension_, details",
        "return Estimate(1.0 + fitted.dimension_, details",
        {"knn"},
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_regression_is_caught(place, tmp_path, name):
    file, right, wrong, caught = PLANTED[name]
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    code = (tmp_path / file).read_text()
    assert right in code
    (tmp_path / file).write_text(code.replace(right, wrong, 1))
    said = bench(*options(place, tmp_path / "run"), check=1, cwd=tmp_path, PYTHONPATH=str(tmp_path))
    assert "regression" in said.stdout
    report = ElementTree.parse(tmp_path / "run" / "check.xml").getroot()
    failed = {
        case.get("classname")
        for case in report.iter("testcase")
        if case.find("failure") is not None
    }
    assert caught <= failed
    table = (tmp_path / "run" / "check.md").read_text()
    assert all(f"| regressed | {estimator} |" in table for estimator in caught)


def test_a_regression_in_training_is_not_hidden_by_models_that_are_kept(place, tmp_path):
    # The cache of trained models is left out: with it, the second run would train nothing.
    suite = tmp_path / "score.toml"
    suite.write_text(
        SUITE.replace('[estimators.ess]\nestimator = "ess"', '[estimators.svd]\n'
                      'estimator = "score-svd"\nparameters = { steps = 4, width = 8, blocks = 1, '
                      "queries = 2, batch = 16, sigmas = [0.3] }")
    )  # fmt: skip
    for out in ("a", "b"):
        bench(
            "baseline", "save", "--suite", suite, "--preset", "smoke", "--to",
            tmp_path / "score.json", "--out", tmp_path / out, "--estimators", "svd",
            "--manifolds", "torus", "--seeds", 1,
        )  # fmt: skip
        times = json.loads((tmp_path / "score.json").read_text())["cells"][0]["times"]
        assert times[0] > 0
    from bench.store import Store

    with Store(tmp_path / "b", writing=False) as store:
        (row,) = store.frame(store.outcomes()).to_dict("records")
    # Nothing was saved: what the fit took is what it took alone.
    assert row["fit_seconds"] == pytest.approx(row["shared_seconds"])


def test_the_action_s_script_leaves_summary_result_and_files(place, tmp_path):
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
                SUITE=str(place / "mini.toml"), BASELINE=str(place / "mini.json"),
                PRESET=preset, ESTIMATORS="twonn", MANIFOLDS="torus", SLOWER=slower,
                TOLERANCE="1e-9",
                GITHUB_STEP_SUMMARY=str(tmp_path / "summary"), GITHUB_OUTPUT=str(tmp_path / "out"),
            ),
            check=True,
            capture_output=True,
        )  # fmt: skip
        assert (tmp_path / "out").read_text().splitlines()[-1] == f"result={result}"
    assert "no regression: 1 of 1 cell as before" in (tmp_path / "summary").read_text()
    assert (tmp_path / "results" / "check" / "check.xml").exists()


def test_one_seed_of_deterministic_estimators_is_enough_for_their_estimates(place, tmp_path):
    said = bench(*options(place, tmp_path / "run"), "--seeds", 1, "--estimators", "twonn")
    assert "no regression: 2 of 2 cells as before" in said.stdout
    assert "Times are not compared: 1 seed cannot show anything" in said.stdout


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["--baseline", "nowhere.json"], "there is no baseline nowhere.json"),
        (["--preset", "quick"], "of preset 'smoke', and this run of 'quick'"),
        (["--tolerance", "2"], "tolerance must be at least 0"),
        (["--slower", "0.5"], "slower must be at least 1"),
        (["--suite", "euclidian"], "did you mean 'euclidean'"),
        (["--no-run"], "there are no records in"),
    ],
)
def test_misuse_is_told_and_ends_with_2(place, tmp_path, more, says):
    few = ("--estimators", "twonn", "--manifolds", "torus")
    said = bench(*options(place, tmp_path / "run"), *few, *more, check=2)
    assert said.stderr.startswith("error: ")
    assert says in said.stderr


def test_records_of_another_command_have_no_calibrated_times(place, tmp_path):
    few = ("--estimators", "twonn", "--manifolds", "torus", "--preset", "smoke")
    bench("run", "--suite", place / "mini.toml", *few, "--out", tmp_path)
    said = bench(*options(place, tmp_path), *few, "--no-run", check=2)
    assert "no calibrated times" in said.stderr
