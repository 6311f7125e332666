"""Mutation scores: the share of small planted faults that the direct tests of a module notice.

``python tests/mutation/mutate.py [--sample N] [MODULE ...]`` plants them with mutmut, in a copy of
the code below ``.mutation/``, and writes the results of the modules (all of ``PARTS``, or those
named, as ``estimators/score/reliability.py``) to ``results/reported/mutation``: ``scores.csv``, and
``survivors.csv``, in which the reasons that are given there stay. With ``--survivors`` only those
that survived the last time are tried again, on the tests as they are now.

Mutmut changes the bodies of functions. It leaves out functions with a decorator, so that here
``@decorator`` becomes a line after the function, and constants of modules, which are multiplied
and divided by ten here. Texts with a space are messages and are left as they are.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from parts import PARTS, Part
from sources import call_decorators, constants

ROOT = Path(__file__).parents[2]
REPORTED = ROOT / "results" / "reported" / "mutation"
CODE = ("bench", "estimators", "manifolds")
COPIED = (*CODE, "tests", "results/baselines", "results/published", "pyproject.toml")
SCORES = ("module", "mutants", "tried", "killed", "timeouts", "survived", "score")
SURVIVORS = ("module", "function", "was", "is", "reason")
#: Seconds for the tests of a constant.
LIMIT = 120


def copy(folder: Path, part: Part, again: bool = False) -> None:
    """Copy what the tests of a part need, its modules without decorated functions.

    ``again`` renews the tests of an earlier copy.
    """
    if again:
        shutil.copytree(ROOT / "tests", folder / "tests", dirs_exist_ok=True)
        write_settings(folder, part)
        # Tests by function: those of the last run may have gone.
        (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
        return
    shutil.rmtree(folder, ignore_errors=True)
    # Folders of PYTHONPATH must exist when Python starts.
    (folder / "mutants").mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copyfile(ROOT / name, folder / name)
    for module in part.modules:
        path = folder / module
        path.write_text(call_decorators(path.read_text()))
    write_settings(folder, part)


def write_settings(folder: Path, part: Part) -> None:
    """Write the settings of mutmut to the pyproject.toml of a copy."""
    shutil.copyfile(ROOT / "pyproject.toml", folder / "pyproject.toml")
    with open(folder / "pyproject.toml", "a") as file:
        settings = {
            "source_paths": list(CODE),
            "only_mutate": list(part.modules),
            "also_copy": [name for name in COPIED if name not in CODE],
            "pytest_add_cli_args_test_selection": list(part.tests),
            "pytest_add_cli_args": part.options,
            # Workers are forked before any test has run, so that their caches are empty.
            "process_isolation": "forkserver",
            "timeout_multiplier": 2.0,
            "timeout_constant": 30.0,
            "use_git_change_detection": False,
        }
        values = (
            f"{name} = {str(value).lower() if value is False else json.dumps(value)}"
            for name, value in settings.items()
        )
        file.write("\n".join(["", "[tool.mutmut]", *values, ""]))


def run_mutmut(sample: int, again: bool, modules: list[str]) -> None:
    """Try mutants of modules, in the folder of a part: at most ``sample`` of each."""
    import libcst
    import mutmut.__main__ as main
    from mutmut.mutation import file_mutation
    from mutmut.mutation.data import SourceFileMutationData
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.state import state
    from mutmut.utils.format_utils import get_mutant_name
    from mutmut.workers.isolation import ForkServerRunner

    def text(node: libcst.BaseString) -> Iterator[libcst.BaseString]:
        """Yield one mutant of a string, of three, and none of a message."""
        if isinstance(node, libcst.SimpleString) and not re.search(r"\s", node.value):
            quote = node.quote
            yield node.with_changes(value=f"{node.prefix}{quote}XX{node.raw_value}{quote}")

    operators = file_mutation.mutation_operators
    file_mutation.mutation_operators = [
        (kind, text if kind is libcst.BaseString else operator) for kind, operator in operators
    ]
    submit = ForkServerRunner.submit

    def fastest_first(self, name, tests, *more):  # type: ignore[no-untyped-def]
        """Submit whole files, since tests share fixtures; that of the module comes first."""
        stem = name.rpartition(".")[0].rpartition(".")[2]
        seconds = state().duration_by_test
        files = {test.partition("::")[0] for test in tests}
        tests = [test for test in seconds if test.partition("::")[0] in files]
        order = sorted(tests, key=lambda test: (stem not in test, seconds[test]))
        submit(self, name, order, *more)

    ForkServerRunner.submit = fastest_first  # type: ignore[method-assign]
    names = []
    before = {module: results(module) for module in modules} if again else {}
    for module in modules:
        if again:
            names += [name for name, code in before[module].items() if code in (0, 33)]
            continue
        mutants = list(mutate_file_contents(module, Path(module).read_text()).mutant_names)
        chosen = random.Random(0).sample(mutants, min(sample, len(mutants)))
        names += [get_mutant_name(Path(module), name) for name in chosen]
    if names:
        main._run(sorted(names), os.cpu_count())
    for module, codes in before.items():
        # Mutmut drops earlier results where the tests or their settings have changed.
        data = SourceFileMutationData(path=Path(module))
        data.load()
        for name, code in codes.items():
            if data.exit_code_by_key.get(name) is None:
                data.exit_code_by_key[name] = code
        data.save()


def results(module: str) -> dict[str, int | None]:
    """Return exit statuses of the tests by mutant of a module; None for one not tried."""
    from mutmut.mutation.data import SourceFileMutationData

    data = SourceFileMutationData(path=Path(module))
    data.load()
    return data.exit_code_by_key


def tried_mutants(module: str) -> tuple[int, list[tuple[str, str, str, str]]]:
    """Return the number of mutants of a module, and (function, was, is, status) of those tried."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    statuses = results(module)
    mutants = []
    for name, code in sorted(statuses.items()):
        if code is None:
            continue
        diff = get_diff_for_mutant(name, path=Path(module)).splitlines()[2:]
        was, new = (" ".join(ln[1:].strip() for ln in diff if ln[:1] == sign) for sign in "-+")
        function = name.rpartition(".")[2].rpartition("__mutmut")[0].replace("ǁ", ".")
        function = function.removeprefix("x").strip("_.")
        mutants.append((function, was, new, status_by_exit_code[code]))
    return len(statuses), mutants


def try_constants(
    part: Part, modules: list[str], folder: Path, again: bool
) -> list[tuple[str, ...]]:
    """Return module, name, was, is and status of each changed constant, in copies of the code."""
    survived = {tuple(row.values())[:-1] for row in table("survivors.csv")}
    copies = [folder / f"constants-{i}" for i in range(os.cpu_count() or 1)]
    for target in copies:
        copy(target, part, again)
    free = list(copies)

    def try_one(job: tuple[str, str, str, str, str]) -> tuple[str, ...]:
        module, name, was, new, mutated = job
        if again and job[:-1] not in survived:
            return *job[:-1], "killed"
        copied = free.pop()
        original = (copied / module).read_text()
        (copied / module).write_text(mutated)
        tests = [test for test in part.tests if Path(module).stem in test] or part.tests
        try:
            run = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-q", *part.options, *tests],
                cwd=copied,
                env={**os.environ, "PYTHONPATH": str(copied), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                timeout=LIMIT,
            )
            status = "killed" if run.returncode else "survived"
        except subprocess.TimeoutExpired:
            status = "timeout"
        finally:
            (copied / module).write_text(original)
            free.append(copied)
        return module, name, was, new, status

    jobs = [
        (module, *rest)
        for module in modules
        for rest in constants((copies[0] / module).read_text())
    ]
    with ThreadPoolExecutor(len(copies)) as pool:
        return list(pool.map(try_one, jobs))


def table(file: str) -> list[dict[str, str]]:
    """Return the rows of a reported table; none where there is none yet."""
    path = REPORTED / file
    return list(csv.DictReader(path.open())) if path.exists() else []


def write(
    file: str, columns: tuple[str, ...], modules: list[str], rows: list[dict[str, str]]
) -> None:
    """Replace the rows of modules in a reported table."""
    others = [row for row in table(file) if row["module"] not in modules]
    REPORTED.mkdir(parents=True, exist_ok=True)
    with open(REPORTED / file, "w", newline="") as target:
        writer = csv.DictWriter(target, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted([*others, *rows], key=lambda row: row["module"]))


def try_part(name: str, modules: list[str], sample: int, again: bool) -> None:
    """Try mutants and constants of modules of a part; write scores and survivors."""
    part, folder = PARTS[name], ROOT / ".mutation" / name
    copy(folder, part, again)
    before = time.monotonic()
    inside = ["--inside", "--sample", str(sample), *(["--survivors"] if again else [])]
    subprocess.run(
        [sys.executable, __file__, *inside, *modules],
        check=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "mutants")},
    )
    report(modules, folder, try_constants(part, modules, folder, again))
    print(f"{name}: {time.monotonic() - before:.0f} s")


def report(modules: list[str], folder: Path, changed: list[tuple[str, ...]]) -> None:
    """Write scores and survivors of modules: mutmut's results, and those of constants."""
    os.chdir(folder)
    reasons = {tuple(list(row.values())[:-1]): row["reason"] for row in table("survivors.csv")}
    scores, survivors = [], []
    for module in modules:
        number, mutants = tried_mutants(module)
        own = [tuple(row) for other, *row in changed if other == module]
        mutants = [*mutants, *own]
        count = Counter(status for *_, status in mutants)
        survived = len(mutants) - count["killed"] - count["timeout"]
        score = f"{1 - survived / max(1, len(mutants)):.3f}"
        values = (module, number + len(own), len(mutants), count["killed"], count["timeout"])
        scores.append(dict(zip(SCORES, map(str, (*values, survived, score)), strict=True)))
        for *row, status in mutants:
            if status not in ("killed", "timeout"):
                key = (module, *row)
                values = (*key, reasons.get(key, "" if status == "survived" else status))
                survivors.append(dict(zip(SURVIVORS, values, strict=True)))
    write("scores.csv", SCORES, modules, scores)
    write("survivors.csv", SURVIVORS, modules, survivors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="paths from the root of the repository")
    parser.add_argument("--sample", type=int, default=100, help="maximum mutants of a module")
    parser.add_argument("--survivors", action="store_true", help="only survivors of the last run")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        run_mutmut(options.sample, options.survivors, options.modules)
        return
    known = [module for part in PARTS.values() for module in part.modules]
    for module in options.modules:
        if module not in known:
            parser.error(f"{module}: not one of {', '.join(known)}")
    for name, part in PARTS.items():
        modules = [m for m in part.modules if not options.modules or m in options.modules]
        if modules:
            try_part(name, modules, options.sample, options.survivors)
    for row in table("scores.csv"):
        print("| " + " | ".join(row.values()) + " |")


if __name__ == "__main__":
    main()
