"""Faults planted in the score family: a real check against the repository's baseline finds them.

Each is planted in a copy of the packages, and the cells of the score estimators are run by ``bench
check``. An alarm counts where it is one at the level of the whole suite, which has more cells and
thus a lower level than the selection.
"""

import pytest
from commandline import ROOT
from planted_faults import bench_with_fault

from bench.regression import permutation_test
from bench.regression.baseline import load
from bench.regression.comparison import compare

pytestmark = pytest.mark.slow

BASELINE = ROOT / "results" / "baselines" / "ci.json"
FAMILY = "score-svd,flipd,dsm,lhsd"
SCORE = "estimators/score"

# File, code, and what it becomes.
FAULTS = {
    "no learning": (f"{SCORE}/training.py", "    state.optimiser.step()\n", ""),
    "half of the steps": (
        f"{SCORE}/training.py",
        "last=recipe.steps,",
        "last=recipe.steps // 2,",
    ),
    "three times the noise that the network is given": (
        f"{SCORE}/training.py",
        "z[rows] + level[:, None] * noise",
        "z[rows] + 3 * level[:, None] * noise",
    ),
    "noise levels read at three times what they are": (
        f"{SCORE}/model.py",
        "        serving = torch.tensor",
        "        sigma = 3 * sigma\n        serving = torch.tensor",
    ),
    "one too many on three of four seeds": (
        "bench/workers/measure.py",
        "estimate = float(np.squeeze(estimator.dimension_))",
        "estimate = float(np.squeeze(estimator.dimension_))"
        ' + (cell.seed > 0 and cell.estimator == "score-svd")',
    ),
}


# On "5-sphere-few", whose lowest level is served by a later network than its highest ones.
MIXED_UP = (
    f"{SCORE}/model.py",
    "self.serves = list(serves)",
    "self.serves = list(serves)[::-1]",
)
FAULTS_OF_LEVELS = {
    "always the first network": (
        f"{SCORE}/model.py",
        "self.serves = list(serves)",
        "self.serves = [0] * len(serves)",
    ),
    "no learning": FAULTS["no learning"],
}


def check_with_fault(fault, folder, *more):
    """Return the results of a check, which must fail, of a copy of the packages with a fault."""
    output = bench_with_fault(
        folder, fault, "check", "--baseline", BASELINE, "--estimators", FAMILY, "--slower", 100,
        "--out", "run", *more, check=1,
    )  # fmt: skip
    print(output.stdout)
    return load(folder / "run" / "check.json")


def alarms(current):
    """Return findings of a check that are alarms at the level of the whole suite."""
    was = load(BASELINE)
    whole = permutation_test.level(sum(cell.random for cell in was.cells))
    outcome = compare(was, current, whole=False, slower=100)
    return [alarm for alarm in outcome.alarms if alarm.p <= whole]


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_score_family_raises_an_alarm(name, tmp_path):
    assert alarms(check_with_fault(FAULTS[name], tmp_path))


@pytest.mark.parametrize("name", FAULTS_OF_LEVELS)
def test_networks_of_the_wrong_noise_levels_raise_an_alarm(name, tmp_path):
    assert alarms(check_with_fault(FAULTS_OF_LEVELS[name], tmp_path, "--manifolds", "5-sphere-few"))


def test_networks_in_reversed_order_raise_an_alarm(tmp_path):
    assert alarms(check_with_fault(MIXED_UP, tmp_path, "--manifolds", "5-sphere-few"))


def test_the_same_code_with_another_random_state_raises_none(tmp_path):
    from rich.console import Console

    from bench.regression.command import check

    outcome = check(
        BASELINE, "ci", run=True, state=1000, slower=100, console=Console(), out=tmp_path,
        preset="quick", estimators=FAMILY.split(","),
    )  # fmt: skip
    assert outcome.alarms == []
    # Other trainings: only whole numbers are the same.
    assert any(finding.kind == "other numbers" for finding in outcome.findings)
