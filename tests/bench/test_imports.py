"""Modules of the three packages import each other in no circle, not within functions either."""

import ast
import graphlib
from pathlib import Path

import bench

ROOT = Path(bench.__file__).parents[1]
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("bench", "estimators", "manifolds")
    for path in (ROOT / package).rglob("*.py")
}


def imported(module):
    nodes = list(ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                names.add(name if name in MODULES else node.module)
    return {name for name in names if name in MODULES and name != module}


def test_there_is_no_circle_of_imports():
    graph = {module: imported(module) for module in MODULES}
    assert "bench.cell" in graph["bench.engine.plan"]
    # The package itself offers bench.run and others, which it imports when they are called.
    graph["bench"] = set()
    graphlib.TopologicalSorter(graph).prepare()  # CycleError names the modules
