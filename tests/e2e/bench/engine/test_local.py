import json

import pytest
from commandline import PLUGINS

from bench.engine import local, plan
from bench.engine.events import CellEnd
from bench.errors import WorkerFailed
from bench.limits import Capacity
from bench.plugins import load_file, read_source
from bench.suites import schema
from bench.workers.process import Setup

DEVICE_LOG = str(PLUGINS / "device_log.py")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run some estimators of plugins/device_log.py, four cells each; what each cell wrote down."""
    monkeypatch.setenv("DEVICE_LOG", str(tmp_path))
    load_file(DEVICE_LOG)

    def run(estimators, capacity, device):
        cells = plan.build(
            schema.load("euclidean"), "smoke", manifold_patterns=["line"], seeds=4, n=20,
            estimator_patterns=estimators,
        )  # fmt: skip
        setup = Setup(plugins=((DEVICE_LOG, read_source(DEVICE_LOG)),))
        events = [
            event
            for together in local.run([[cell] for cell in cells], setup, capacity, device)
            for event in together
        ]
        ended = [event for event in events if isinstance(event, CellEnd)]
        assert [event.result.record.status for event in ended] == ["ok"] * len(cells)
        return [json.loads(file.read_text()) for file in sorted(tmp_path.glob("*.json"))]

    return run


def overlaps(facts):
    return sum(
        a["start"] < b["end"] and b["start"] < a["end"]
        for i, a in enumerate(facts)
        for b in facts[i + 1 :]
    )


def of(facts, kind):
    return [fact for fact in facts if fact["kind"] == kind]


def test_one_cell_at_a_time_is_on_the_gpu_and_others_go_on_beside_it(run):
    facts = run(["on-gpu", "on-cpu"], Capacity(jobs=2, cores=2), "cuda")
    on_gpu, on_cpu = of(facts, "OnGpu"), of(facts, "OnCpu")
    assert (len(on_gpu), len(on_cpu)) == (4, 4)
    assert overlaps(on_gpu) == 0
    assert overlaps(facts) > 0
    # One after another, hence one context on the GPU at a time; none of the others can make one.
    assert len({fact["worker"] for fact in on_gpu}) == 1
    assert len({fact["process"] for fact in facts}) == 8
    assert not any(fact["hidden"] for fact in on_gpu)
    assert all(fact["hidden"] for fact in on_cpu)


def test_more_cells_at_a_time_use_the_gpu_where_requested(run):
    facts = run(["on-gpu"], Capacity(jobs=3, cores=3, gpu_jobs=2), "cuda")
    assert len({fact["worker"] for fact in facts}) == 2
    assert overlaps(facts) > 0


def test_without_cuda_the_same_cells_run_beside_the_others(run):
    facts = run(["on-gpu", "on-cpu"], Capacity(jobs=2, cores=2), "cpu")
    assert len(facts) == 8
    assert all(fact["hidden"] for fact in facts)


def test_a_cell_that_declares_two_threads_has_them_and_two_cores_to_itself(run):
    facts = run(["on-cpu", "two-threads"], Capacity(jobs=2, cores=2), "cpu")
    two = of(facts, "TwoThreads")
    assert {fact["threads"] for fact in two} == {"2"}
    assert {fact["threads"] for fact in of(facts, "OnCpu")} == {"1"}
    for fact in two:
        assert overlaps([fact, *(other for other in facts if other is not fact)]) == overlaps(
            [other for other in facts if other is not fact]
        )


def test_a_worker_that_cannot_start_is_no_fault_of_a_cell(tmp_path):
    cells = plan.build(
        schema.load("euclidean"), "smoke", manifold_patterns=["line"], estimator_patterns=["mle-5"]
    )
    events = local.run([cells], Setup(modules=("no_such_module",)), Capacity(1, 1), "cpu")
    with pytest.raises(WorkerFailed, match="No module named 'no_such_module'"):
        list(events)
