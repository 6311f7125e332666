"""Command lines, parsed and carried out in this process up to where cells would run."""

import contextlib
import io
import os
from pathlib import Path
from unittest import mock

import numpy as np
import stores
from hypothesis import strategies as st

from bench.cli import app
from bench.errors import RunStopped

_NUMBERS = ["0", "-1", "1", "2", "1e3", "nan", "inf", "-inf", "9223372036854775808", "9" * 26,
            "1" * 5000, "", " ", "0x10", "١", "1_000", "true", "1e-320", "5"]  # fmt: skip
_TEXTS = ["", " ", ",", "*", "[", "[!", "[a-", "\\", "x" * 5000, "é", "\u202e", "\n", "nope/x",
          "--", "-", "[red]", "[/red]", "%s", "{0}", "line", "mle*", "twonn", "euclidean", "ci",
          "quick", "smoke", "a\tb", "\udcff", "\x1b[2J", "$\\frac$", "=1", "tcp://", "tcp://x", "http://[",
          "cuda:99", "auto", "cpu", "dask", "local", "1GB", "-1GB", "nan", "1e400GB", "0.1MB",
          "9" * 400 + "GB", "out", "suite.toml", "points.npy", "none.npy", "/dev/null", "..", "mle",
          "a\x00b"]  # fmt: skip
_OPTIONS = {
    "run": ["--suite", "--preset", "--estimators", "--manifolds", "--seeds", "--n", "--jobs",
            "--out", "--device", "--timeout", "--memory", "--gpu-jobs", "--backend", "--scheduler",
            "--data-root", "--plugin", "--dry-run!", "--fresh!"],
    "status": ["--out", "--json!"],
    "report": ["--out", "--to"],
    "estimate": ["--estimators", "--array", "--halves", "--out", "--records", "--jobs", "--device",
                 "--timeout", "--memory", "--plugin"],
    "autoencoder": ["--dimension", "--bottlenecks", "--n", "--steps", "--seed", "--device",
                    "--array"],
    "list": ["--plugin"],
    "show": ["--plugin"],
    "study": ["--budget"],
    "paper": ["--out"],
    "check": ["--baseline", "--suite", "--preset", "--seeds", "--tolerance", "--slower",
              "--manifolds", "--estimators", "--no-run!"],
    "baseline show": ["--seeds"],
    "baseline save": ["--suite", "--preset", "--seeds", "--to", "--no-run!"],
    "cache list": [],
    "--version": [],
}  # fmt: skip
_COUNTED = {
    "--seeds",
    "--n",
    "--jobs",
    "--timeout",
    "--gpu-jobs",
    "--halves",
    "--budget",
    "--steps",
}
_COUNTED |= {"--seed", "--dimension", "--bottlenecks", "--tolerance", "--slower"}


#: What most options are given, so that commands come as far as they can.
_USUAL = {
    "--suite": ["euclidean", "ci", "suite.toml"], "--preset": ["smoke", "quick"],
    "--estimators": ["twonn", "mle*", "mle-5,twonn"], "--manifolds": ["line", "torus,line", "*"],
    "--out": ["out", "new", "."], "--to": ["report.html", "out/x.html", "b.json"],
    "--device": ["cpu", "auto"], "--backend": ["local"], "--memory": ["1GB", "2GiB"],
    "--baseline": ["ci.json"], "--array": ["x"], "--records": ["out"], "--plugin": ["plugin.py"],
}  # fmt: skip
_THINGS = {
    "list": ["suites", "manifolds", "estimators"], "show": ["mle", "euclidean", "sphere", "mle-5"],
    "study": ["ablation"], "estimate": ["points.npy", "points.csv"], "paper": ["stanczuk2024"],
    "autoencoder": ["points.npy", "torus"], "baseline show": ["ci.json"],
}  # fmt: skip
_NEEDED = {"status": ["--out", "out"], "report": ["--out", "out"], "run": ["--manifolds", "line"]}


@st.composite
def cases(draw):
    """A command with an argument where it takes one, and up to four options."""
    command = draw(st.sampled_from(list(_OPTIONS)))
    words = command.split()
    rarely = st.integers(0, 4).map(lambda number: number == 0)
    if command in _THINGS:
        words.append(draw(st.sampled_from(_TEXTS if draw(rarely) else _THINGS[command])))
    if not draw(rarely):
        words += _NEEDED.get(command, [])
    for option in draw(st.lists(st.sampled_from(_OPTIONS[command] or ["--x"]), max_size=4)):
        if option.endswith("!"):
            words.append(option[:-1])
        elif draw(rarely):
            words += [option, draw(st.sampled_from(_TEXTS + _NUMBERS))]
        else:
            usual = _NUMBERS if option in _COUNTED else _USUAL.get(option, ["1"])
            words += [option, draw(st.sampled_from(usual))]
    return words


_PLUGIN = """
import estimators
@estimators.register("own")
class Own:
    def fit(self, X, y=None): self.dimension_ = 2.0
"""


def _stop(*_, **__):
    raise RunStopped("cells are not run here")


#: Where hours would begin.
_WORK = [
    "bench.engine.complete.run_cells",
    *("bench.studies.autoencoder.Prepared", "bench.studies.autoencoder._estimate"),
    *("bench.studies.ablation.run", "bench.studies.compute.run"),
]


def check(words, folder):
    """Run the command; ValueError where it ends with one of its exit codes for an error."""
    if not (folder / "out").exists():
        stores._lay_out(folder / "out")
        (folder / "suite.toml").write_text((_suites() / "ci.toml").read_text(encoding="utf-8"))
        points = np.random.default_rng(0).random((50, 3))
        np.save(folder / "points.npy", points)
        np.savetxt(folder / "points.csv", points, delimiter=",")
        good = Path(__file__).parents[2] / "results" / "baselines" / "ci.json"
        (folder / "ci.json").write_bytes(good.read_bytes())
        (folder / "plugin.py").write_text(_PLUGIN)
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
    with (
        contextlib.chdir(folder) if hasattr(contextlib, "chdir") else _changed(folder),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        contextlib.ExitStack() as patches,
    ):
        for place in _WORK:
            patches.enter_context(mock.patch(place, _stop))
        patches.enter_context(mock.patch("bench.engine.cluster._CONNECT", 0.1))
        try:
            app(words, prog_name="bench")
        except SystemExit as error:
            if error.code not in (None, 0, 1, 2, 3, 130):
                raise
            if error.code:
                raise ValueError("an error that was reported") from None
        except RunStopped:
            pass


def _suites():
    from bench.suites import schema

    return schema.FOLDER


@contextlib.contextmanager
def _changed(folder):
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
