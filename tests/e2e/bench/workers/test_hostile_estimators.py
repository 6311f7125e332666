"""Estimators that hang, crash or exhaust memory leave a record and disturb no other cell."""

import collections
import os
import shutil

import pytest
from commandline import HOSTILE, ROOT, bench, bench_process, left_behind, rows, small


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Run all of them, two at a time, on two manifolds; return records by estimator.

    Only those that hang have a short time limit: how long others take depends on the machine.
    """
    records = collections.defaultdict(list)
    others = (
        "bystander,exhausts-*,segfaults,calls-exit,raises-system-exit,forks-c*,forks-then*,"
        "forks-and-b*,prints-*,changes-*,leaves-a-thread,closes-*,has-*,raises-invalid-unicode"
    )
    for seconds, names in ((8, "draws,hangs-*"), (300, others)):
        out = tmp_path_factory.mktemp("hostile")
        bench_process(
            *small(out, HOSTILE, names, "--jobs", 2, "--timeout", seconds, "--memory", "700MB",
                   manifolds="torus,line"),
            EXPECTED_FOLDER=str(ROOT),
            STRAY_MARK=f"estimators-{os.getpid()}",
        )  # fmt: skip
        for name, *facts in rows(out, "estimator, status, message, peak_memory_mib"):
            records[name].append(facts)
        shutil.rmtree(out)
    assert {len(facts) for facts in records.values()} == {2}
    return records


@pytest.mark.parametrize(
    ("estimator", "status", "parts"),
    [
        ("hangs-in-python", "timeout", ["stopped after 8 s", "in hangs_in_python"]),
        ("hangs-in-c", "timeout", ["stopped after 8 s", "in hangs_in_c"]),
        ("exhausts-memory", "memory", ["more than its limit of 668 MiB"]),
        ("exhausts-memory-in-children", "memory", ["more than its limit of 668 MiB"]),
        ("exhausts-shared-memory", "memory", ["more than its limit", "in exhausts_shared_memory"]),
        ("exhausts-memory-and-logs", "memory", ["more than its limit of 668 MiB"]),
        ("raises-invalid-unicode", "failed", ["RuntimeError: caf?"]),
        ("has-details-of-odd-names", "failed", ["'file' is no name for an array"]),
        ("changes-limits", "ok", []),
        ("segfaults", "crashed", ["SIGSEGV", "about to follow a null pointer", "in segfaults"]),
        ("calls-exit", "crashed", ["exit code 7", "the last line before the end"]),
        ("closes-everything", "crashed", ["exit code 1"]),
        ("forks-then-exits", "crashed", ["exit code 8"]),
        ("raises-system-exit", "failed", ["SystemExit: enough (hostile.py:"]),
        ("prints-megabytes", "failed", ["RuntimeError: printed enough", "the end of it"]),
        ("forks-children-that-stay", "ok", []),
        ("forks-and-both-return", "ok", []),
        ("changes-the-process", "ok", []),
        ("leaves-a-thread", "ok", []),
    ],
)
def test_each_leaves_a_record_that_says_what_happened(run, estimator, status, parts):
    for actual, message, _ in run[estimator]:
        assert actual == status, message
        for part in parts:
            assert part in message
        assert len(message) <= 2100


def test_the_other_cells_notice_nothing(run):
    assert [facts[0] for facts in run["bystander"]] == ["ok", "ok"], run["bystander"]


def test_a_cell_that_exhausts_memory_is_stopped_near_its_limit(run):
    limit = 700e6 / 2**20
    for _, _, peak in run["exhausts-memory"]:
        assert limit < peak < 2 * limit


def test_nothing_that_an_estimator_started_is_left(run):
    assert not left_behind(f"estimators-{os.getpid()}")


def test_global_random_states_are_those_of_the_cell_whatever_ran_before(tmp_path):
    estimates = []
    for chosen in ("draws", "changes-the-process,draws"):
        out = tmp_path / chosen
        bench(*small(out, HOSTILE, chosen, "--jobs", 1, "--seeds", 2))
        records = rows(out, "estimator, seed, estimate")
        estimates.append({seed: estimate for name, seed, estimate in records if name == "draws"})
    assert estimates[0] == estimates[1]
    assert len(set(estimates[0].values())) == 2
