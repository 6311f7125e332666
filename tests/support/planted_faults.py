"""The command line of a copy of the packages with a fault in one file."""

import shutil

from commandline import ROOT, bench_process


def bench_with_fault(folder, fault, *arguments, check):
    """Run a command with the code of a file replaced, as (file, right, wrong), in a copy."""
    file, right, wrong = fault
    for package in ("bench", "estimators", "manifolds"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    code = (folder / file).read_text()
    assert right in code
    (folder / file).write_text(code.replace(right, wrong, 1))
    return bench_process(
        *arguments, check=check, cwd=folder, PYTHONPATH=str(folder), OMP_NUM_THREADS="1"
    )
