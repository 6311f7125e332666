"""Lists, completion and imports; invalid input is one clear message."""

import os
import re
import subprocess
import sys

import pytest
from commandline import ROOT, bench

from bench import __version__


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--suite", "euclidian"], "unknown suite 'euclidian'; did you mean 'euclidean'"),
        (["run", "--suite", "euclidean", "--estimators", "mel-5"], "did you mean 'mle-5'"),
        (["run", "--suite", "euclidean", "--manifolds", "tors"], "did you mean 'torus'"),
        (["run", "--suite", "euclidean", "--preset", "ful"], "did you mean 'full'"),
        (["run", "--suite", "euclidean", "--n", "0"], "n must be an integer >= 1"),
        (
            ["run", "--suite", "euclidean", "--jobs", "0"],
            "jobs must be an integer >= 1",
        ),
        (["run", "--suite", "euclidean", "--timeout", "0"], "timeout must be more than 0"),
        (["run", "--suite", "euclidean", "--timeout", "inf"], "at most 1000000"),
        (["run", "--suite", "euclidean", "--manifolds", ""], "a name is empty"),
        (["run", "--suite", "euclidean", "--device", "tpu"], "auto, cpu, cuda"),
        (["run", "--suite", "euclidean", "--out", "/dev/null/x"], "cannot write to /dev/null/x"),
        (["run", "--suite", "euclidean", "--plugin", "no.py"], "no.py is not a file"),
        (["list", "manifold"], "did you mean 'manifolds'"),
        (["show", "spheer"], "did you mean 'sphere'"),
    ],
)
def test_bad_input_is_one_clear_message_and_exit_code_2(arguments, message):
    output = bench(*arguments, check=2)
    assert message in output.stderr
    assert "Traceback" not in output.stderr
    assert output.stderr.count("error:") == 1


def test_a_plugin_that_fails_is_reported_with_its_line(tmp_path):
    (tmp_path / "broken.py").write_text("x = 1\ny = x / 0\n")
    output = bench("run", "--suite", "euclidean", "--plugin", tmp_path / "broken.py", check=2)
    assert "broken.py:2: ZeroDivisionError" in output.stderr


@pytest.mark.parametrize("what", ["suites", "manifolds", "estimators"])
def test_everything_that_is_listed_can_be_shown(what):
    names = [line.split()[0] for line in bench("list", what).stdout.splitlines()]
    assert names
    for name in names[:3]:
        assert f"{what[:-1]} {name}\n" in bench("show", name).stdout


def test_show_gives_parameters_defaults_and_source():
    output = bench("show", "mle").stdout
    assert "neighbors = 20" in output
    assert "Levina" in output


def test_a_list_of_everything_has_suites_manifolds_and_estimators():
    text = bench("list").stdout
    for kind, name in (("suites", "euclidean"), ("manifolds", "torus"), ("estimators", "twonn")):
        assert re.search(rf"^{kind}:\n(.+\n)*{name} ", text, re.M)


def test_show_of_a_label_says_in_which_suites_it_is_and_what_it_stands_for():
    text = bench("show", "mle-5").stdout
    assert re.match(r"mle-5 is mle\(neighbors=5\) in suites .*\bdigits, euclidean\b", text)
    assert "estimator mle\n" in text
    shown = bench("show", "mle").stdout
    assert re.search(r"^suites +.*euclidean \(mle-5, mle-20\)", shown, re.M)


def test_a_name_in_other_letters_is_answered_with_the_right_one():
    assert "did you mean 'mle'?" in bench("show", "MLE", check=2).stderr


def test_the_version_is_that_of_the_package():
    assert bench("--version").stdout == f"intrinsic-dimension-bench {__version__}\n"


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("run --suite eucl", ["euclidean"]),
        ("run --estimators mle-5,two", ["mle-5,twonn"]),
        ("run --manifolds line,swi", ["line,swiss-roll"]),
        ("show swiss", ["swiss-roll"]),
        ("stat", ["status"]),
    ],
)
def test_a_shell_completes_commands_and_names(typed, completed):
    words = f"id-bench {typed}"
    output = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv = ['id-bench']; "
         "from bench.cli import main; main()"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "_ID_BENCH_COMPLETE": "complete_bash",
             "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert output.stdout.split() == completed


def test_help_and_list_import_nothing_heavy():
    code = (
        "import sys; sys.argv = ['bench', {0}]\n"
        "from bench.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = {{'torch', 'skdim', 'sklearn', 'scipy', 'pandas', 'matplotlib', 'joblib'}}\n"
        "print('heavy:', sorted(heavy & sys.modules.keys()))"
    )
    for arguments in (
        "'--help'",
        "'list', 'estimators'",
        "'list', 'suites'",
        "'list', 'manifolds'",
    ):
        output = subprocess.run(
            [sys.executable, "-c", code.format(arguments)],
            capture_output=True, text=True, cwd=ROOT, check=True,
        )  # fmt: skip
        assert "heavy: []" in output.stdout
