"""How many small faults, planted one at a time, the direct tests of a module notice.

``python tests/mutation/mutate.py [--sample N] [MODULE ...]`` plants them with mutmut, in a copy of
the code below ``.mutation/``, and writes what it found of the modules (all of ``PARTS``, or those
named, as ``estimators/score/reliability.py``) to ``results/reported/mutation``: ``scores.csv``, and
``survivors.csv``, in which the reasons that are given there stay. With ``--survivors`` only those
that survived the last time are tried again, on the tests as they are now.

Mutmut changes the bodies of functions. It leaves out functions with a decorator, so that here
``@decorator`` becomes a line after the function, and constants of modules, which are multiplied
and divided by ten here. Texts with a space are messages and are left as they are.
"""

from __future__ import annotations

import argparse
import ast
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
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
REPORTED = ROOT / "results" / "reported" / "mutation"
CODE = ("bench", "estimators", "manifolds")
COPIED = (*CODE, "tests", "results/baselines", "results/published", "pyproject.toml")
SCORES = ("module", "mutants", "tried", "killed", "timeouts", "survived", "score")
SURVIVORS = ("module", "function", "was", "is", "reason")
#: Seconds for the tests of a constant.
LIMIT = 120


@dataclass(frozen=True)
class Part:
    """Modules that are tried together, and the direct tests of them: no training, no processes.

    ``without`` are tests that take long, or that are of a file rather than of the code.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def options(self) -> list[str]:
        """Those of pytest."""
        return ["-p", "no:cacheprovider", *(f"--deselect={test}" for test in self.without)]


PARTS = {
    "score": Part(
        tuple(
            f"estimators/score/{name}.py"
            for name in ("validation", "reliability", "selection", "spectrum", "svd")
        ),
        tuple(
            f"tests/estimators/score/test_{name}.py"
            for name in ("validation", "reliability", "selection", "spectrum", "svd")
        ),
    ),
    "metrics": Part(
        ("bench/summary/summarise.py", "bench/summary/statistics.py"),
        ("tests/bench/summary/test_summarise.py", "tests/bench/summary/test_summary_by_hand.py"),
    ),
    "check": Part(
        tuple(
            f"bench/regression/{name}.py"
            for name in ("baseline", "command", "comparison", "findings", "gather")
        )
        + tuple(f"bench/regression/{name}.py" for name in ("permutation_test", "report", "times")),
        tuple(
            f"tests/bench/regression/test_{name}.py"
            for name in ("baseline", "baseline_command", "command_in_process")
        )
        + tuple(
            f"tests/bench/regression/test_{name}.py"
            for name in ("comparison", "decisions", "gather", "permutation_test", "report", "times")
        ),
        (
            "tests/bench/regression/test_baseline.py::"
            "test_the_baseline_of_continuous_integration_has_every_cell_of_its_suite",
            "tests/bench/regression/test_permutation_test.py::"
            "test_a_whole_suite_raises_a_false_alarm_in_at_most_one_percent_of_unchanged_reruns",
        ),
    ),
    "estimation": Part(
        tuple(
            f"bench/estimation/{name}.py"
            for name in ("caveats", "command", "estimates", "figure", "plan")
        ),
        tuple(
            f"tests/bench/estimation/test_{name}.py"
            for name in (
                "answers_figure",
                "caveats_of_estimators",
                "caveats_of_points",
                "estimates",
            )
        )
        + tuple(f"tests/bench/estimation/test_{name}.py" for name in ("command", "plan")),
    ),
}


def undecorated(code: str) -> str:
    """The same code with every ``@decorator`` of a function called in a line after it instead."""
    lines = code.splitlines()
    for node in reversed(list(ast.walk(ast.parse(code)))):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            indent = " " * node.col_offset
            calls = [
                f"{indent}{node.name} = ({ast.unparse(decorator)})({node.name})"
                for decorator in reversed(node.decorator_list)
            ]
            first = node.decorator_list[0].lineno - 1
            end = node.end_lineno or node.lineno
            lines[first:end] = [*lines[node.lineno - 1 : end], *calls]
    return "\n".join(lines) + "\n"


def copy(place: Path, part: Part, again: bool = False) -> None:
    """What the tests of a part need, with the part's modules without decorated functions.

    ``again`` renews the tests of a copy that is there.
    """
    if again:
        shutil.copytree(ROOT / "tests", place / "tests", dirs_exist_ok=True)
        write_settings(place, part)
        # Which tests reach a function: those of before may have gone.
        (place / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
        return
    shutil.rmtree(place, ignore_errors=True)
    # What is on the path of Python when it starts has to be there.
    (place / "mutants").mkdir(parents=True)
    for name in COPIED:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, place / name, ignore=ignored)
        else:
            shutil.copyfile(ROOT / name, place / name)
    for module in part.modules:
        path = place / module
        path.write_text(undecorated(path.read_text()))
    write_settings(place, part)


def write_settings(place: Path, part: Part) -> None:
    """Those of mutmut, in a copy's pyproject.toml."""
    shutil.copyfile(ROOT / "pyproject.toml", place / "pyproject.toml")
    with open(place / "pyproject.toml", "a") as file:
        settings = {
            "source_paths": list(CODE),
            "only_mutate": list(part.modules),
            "also_copy": [name for name in COPIED if name not in CODE],
            "pytest_add_cli_args_test_selection": list(part.tests),
            "pytest_add_cli_args": part.options,
            # Workers are forked before any test has run: nothing is cached in them.
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
        """One mutant of a text, of three, and none of messages."""
        if isinstance(node, libcst.SimpleString) and not re.search(r"\s", node.value):
            quote = node.quote
            yield node.with_changes(value=f"{node.prefix}{quote}XX{node.raw_value}{quote}")

    operators = file_mutation.mutation_operators
    file_mutation.mutation_operators = [
        (kind, text if kind is libcst.BaseString else operator) for kind, operator in operators
    ]
    submit = ForkServerRunner.submit

    def fastest_first(self, name, tests, *more):  # type: ignore[no-untyped-def]
        """Whole files, because tests of one may look at what a fixture made for the first.

        That of the module comes first.
        """
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
        found = mutate_file_contents(module, Path(module).read_text()).mutant_names
        chosen = random.Random(0).sample(list(found), min(sample, len(found)))
        names += [get_mutant_name(Path(module), name) for name in chosen]
    if names:
        main._run(sorted(names), os.cpu_count())
    for module, codes in before.items():
        # Mutmut forgets what it found before where the tests or their settings have changed.
        data = SourceFileMutationData(path=Path(module))
        data.load()
        for name, code in codes.items():
            if data.exit_code_by_key.get(name) is None:
                data.exit_code_by_key[name] = code
        data.save()


def results(module: str) -> dict[str, int | None]:
    """Exit statuses of the tests, by mutant of a module; None for those that were not tried."""
    from mutmut.mutation.data import SourceFileMutationData

    data = SourceFileMutationData(path=Path(module))
    data.load()
    return data.exit_code_by_key


def tried(module: str) -> tuple[int, list[tuple[str, str, str, str]]]:
    """How many mutants mutmut knows of a module, and of those tried: function, was, is, status."""
    from mutmut.mutation.diff_apply import get_diff_for_mutant
    from mutmut.stats import status_by_exit_code

    statuses = results(module)
    found = []
    for name, code in sorted(statuses.items()):
        if code is None:
            continue
        diff = get_diff_for_mutant(name, path=Path(module)).splitlines()[2:]
        was, new = (" ".join(ln[1:].strip() for ln in diff if ln[:1] == sign) for sign in "-+")
        function = name.rpartition(".")[2].rpartition("__mutmut")[0].replace("ǁ", ".")
        found.append((function.removeprefix("x").strip("_."), was, new, status_by_exit_code[code]))
    return len(statuses), found


def constants(code: str) -> Iterator[tuple[str, str, str, str]]:
    """Of each number in a constant of a module: name, line, new line, new code, twice."""
    lines = code.splitlines()
    for statement in ast.parse(code).body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if not ast.unparse(target).isupper():
            # A decorator of before.
            continue
        for node in ast.walk(statement.value):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                row, line = node.lineno - 1, lines[node.lineno - 1]
                for change in (" * 10", " // 10 or 1" if isinstance(node.value, int) else " / 10"):
                    number = line[node.col_offset : node.end_col_offset]
                    new = (
                        f"{line[: node.col_offset]}({number}{change}){line[node.end_col_offset :]}"
                    )
                    mutated = "\n".join([*lines[:row], new, *lines[row + 1 :], ""])
                    yield ast.unparse(target), line, new, mutated


def try_constants(
    part: Part, modules: list[str], place: Path, again: bool
) -> list[tuple[str, ...]]:
    """Module, name, was, is and status of each constant changed, in copies of the code."""
    survived = {tuple(row.values())[:-1] for row in table("survivors.csv")}
    places = [place / f"constants-{i}" for i in range(os.cpu_count() or 1)]
    for copied in places:
        copy(copied, part, again)
    free = list(places)

    def one(job: tuple[str, str, str, str, str]) -> tuple[str, ...]:
        module, name, was, new, mutated = job
        if again and job[:-1] not in survived:
            return *job[:-1], "killed"
        at = free.pop()
        original = (at / module).read_text()
        (at / module).write_text(mutated)
        tests = [test for test in part.tests if Path(module).stem in test] or part.tests
        try:
            run = subprocess.run(
                [sys.executable, "-m", "pytest", "-x", "-q", *part.options, *tests],
                cwd=at,
                env={**os.environ, "PYTHONPATH": str(at), "PYTHONDONTWRITEBYTECODE": "1"},
                capture_output=True,
                timeout=LIMIT,
            )
            status = "killed" if run.returncode else "survived"
        except subprocess.TimeoutExpired:
            status = "timeout"
        finally:
            (at / module).write_text(original)
            free.append(at)
        return module, name, was, new, status

    jobs = [
        (module, *rest)
        for module in modules
        for rest in constants((places[0] / module).read_text())
    ]
    with ThreadPoolExecutor(len(places)) as pool:
        return list(pool.map(one, jobs))


def table(file: str) -> list[dict[str, str]]:
    """Rows of a reported table; none where there is none yet."""
    path = REPORTED / file
    return list(csv.DictReader(path.open())) if path.exists() else []


def write(
    file: str, columns: tuple[str, ...], modules: list[str], rows: list[dict[str, str]]
) -> None:
    """Write rows of modules to a reported table, in the place of those that it has of them."""
    others = [row for row in table(file) if row["module"] not in modules]
    REPORTED.mkdir(parents=True, exist_ok=True)
    with open(REPORTED / file, "w", newline="") as target:
        writer = csv.DictWriter(target, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted([*others, *rows], key=lambda row: row["module"]))


def try_part(name: str, modules: list[str], sample: int, again: bool) -> None:
    """Try mutants and constants of modules of a part; write scores and survivors."""
    part, place = PARTS[name], ROOT / ".mutation" / name
    copy(place, part, again)
    before = time.monotonic()
    inside = ["--inside", "--sample", str(sample), *(["--survivors"] if again else [])]
    subprocess.run(
        [sys.executable, __file__, *inside, *modules],
        check=True,
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place / "mutants")},
    )
    report(modules, place, try_constants(part, modules, place, again))
    print(f"{name}: {time.monotonic() - before:.0f} s")


def report(modules: list[str], place: Path, changed: list[tuple[str, ...]]) -> None:
    """Write scores and survivors of modules: mutmut's results, and those of constants."""
    os.chdir(place)
    reasons = {tuple(list(row.values())[:-1]): row["reason"] for row in table("survivors.csv")}
    scores, survivors = [], []
    for module in modules:
        number, found = tried(module)
        own = [tuple(row) for at, *row in changed if at == module]
        found = [*found, *own]
        count = Counter(status for *_, status in found)
        survived = len(found) - count["killed"] - count["timeout"]
        score = f"{1 - survived / max(1, len(found)):.3f}"
        values = (module, number + len(own), len(found), count["killed"], count["timeout"])
        scores.append(dict(zip(SCORES, map(str, (*values, survived, score)), strict=True)))
        for *row, status in found:
            if status not in ("killed", "timeout"):
                key = (module, *row)
                values = (*key, reasons.get(key, "" if status == "survived" else status))
                survivors.append(dict(zip(SURVIVORS, values, strict=True)))
    write("scores.csv", SCORES, modules, scores)
    write("survivors.csv", SURVIVORS, modules, survivors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", help="paths from the root of the repository")
    parser.add_argument("--sample", type=int, default=100, help="most mutants of a module")
    parser.add_argument("--survivors", action="store_true", help="those of the last time again")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        run_mutmut(given.sample, given.survivors, given.modules)
        return
    known = [module for part in PARTS.values() for module in part.modules]
    for module in given.modules:
        if module not in known:
            parser.error(f"{module}: not one of {', '.join(known)}")
    for name, part in PARTS.items():
        modules = [m for m in part.modules if not given.modules or m in given.modules]
        if modules:
            try_part(name, modules, given.sample, given.survivors)
    for row in table("scores.csv"):
        print("| " + " | ".join(row.values()) + " |")


if __name__ == "__main__":
    main()
