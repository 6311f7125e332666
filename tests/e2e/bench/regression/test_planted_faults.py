"""`bench check` reports regressions that are planted in a copy of the packages."""

from xml.etree import ElementTree

import pytest
from planted_faults import bench_with_fault

# File, code, what it becomes, and the estimators that it changes.
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
        'aggregate_pointwise("MLE", fitted.dimension_pw_, self.aggregate)',
        'aggregate_pointwise("MLE", fitted.dimension_pw_, "mean")',
        {"mle"},
    ),
    "a changed seed path": (
        "bench/cell.py",
        "int(self.sample_key[:15], 16)",
        "int(self.sample_key[1:16], 16)",
        {"mle", "twonn"},
    ),
    "an estimate of a random estimator that is one too high": (
        "estimators/graph_length.py",
        "return Estimate(fitted.dimension_, details",
        "return Estimate(1.0 + fitted.dimension_, details",
        {"knn"},
    ),
}


#: One of a deterministic estimator and one of a random one; the others are slow.
QUICK = {"an off-by-one in k", "an estimate of a random estimator that is one too high"}


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in PLANTED],
)
def test_a_planted_regression_fails_the_check(options, tmp_path, name):
    *fault, cells = PLANTED[name]
    output = bench_with_fault(tmp_path, fault, *options, check=1)
    assert "regression" in output.stdout
    report = ElementTree.parse(tmp_path / "run" / "check.xml").getroot()
    failed = {
        case.get("classname")
        for case in report.iter("testcase")
        if case.find("failure") is not None
    }
    assert cells <= failed
    table = (tmp_path / "run" / "check.md").read_text()
    kinds = "regressed", "changed"
    assert all(any(f"| {kind} | {name} |" in table for kind in kinds) for name in cells)
