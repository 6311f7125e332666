"""Parameters of a class of one's own: defaults of any type, and what may be set."""

import datetime
import enum
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from commandline import PLUGINS
from rich.console import Console

import bench
from bench.engine import plan
from bench.engine.job import prepare
from bench.parameters import arguments, check_settable, json_values
from bench.suites import schema
from estimators.catalogue import Entry

PLUGIN = PLUGINS / "defaults.py"
SMALL = {
    "plugins": str(PLUGIN), "preset": "smoke", "manifolds": ["line", "torus"], "n": 100, "seeds": 1,
}  # fmt: skip


def run(tmp_path, name, **more):
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        return bench.run(
            "euclidean", estimators=name, jobs=1, out=tmp_path / "out",
            console=Console(file=nowhere), **SMALL, **more,
        )  # fmt: skip


def test_defaults_of_any_type_reach_the_class_as_they_are_in_every_cell(tmp_path):
    records = run(tmp_path, "any-default")
    assert list(records["status"]) == ["ok", "ok"], list(records["message"])
    # A default that a fit changed (a random generator) is as it was for the next cell.
    assert records["estimate"].nunique() == 1
    shown = json.loads(records["estimator_parameters"][0])
    assert (shown["number"], shown["pair"], shown["infinite"]) == (7, [1, [2, 3]], -np.inf)
    assert not {"function", "plain", "names", "path"} & set(shown)


def test_a_list_that_fits_append_to_is_empty_for_each_cell(tmp_path):
    records = run(tmp_path, "collects")
    assert list(records["estimate"]) == [1.0, 1.0], list(records["message"])


def test_keys_are_the_same_in_every_process_whatever_the_defaults_are():
    code = (
        "import json; from bench.engine.job import prepare; "
        f"cells = prepare('euclidean', estimators=['any-default', 'collects'], **{SMALL!r}).cells; "
        "print(json.dumps([cell.key for cell in cells]))"
    )
    output = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True,
                env={**os.environ, "PYTHONHASHSEED": seed},
            ).stdout
        )
        for seed in ("1", "2")
    ]  # fmt: skip
    cells = prepare("euclidean", estimators=["any-default", "collects"], **SMALL).cells
    here = [cell.key for cell in cells]
    assert output[0] == output[1] == here
    assert len(set(here)) == 4
    # A cell goes to workers and clusters that have not read the plug-in yet.
    assert b"bench_plugin" not in pickle.dumps(cells)


class Colour(str, enum.Enum):
    RED = "red"


class Own:
    """A class of one's own."""

    def __init__(self, pair=(1, 2), other=len, rate=0.5):
        self.pair, self.other, self.rate = pair, other, rate

    def fit(self, points, y=None):
        self.dimension_ = 1.0
        return self


OWN = Entry("own", Own)
HALF = np.float64(0.5)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (len, "builtin_function_or_method 'len'"),
        (lambda points: 1, "function '<lambda>'"),
        (Own, "type 'Own'"),
        (Own(), "a Own"),
        (np.arange(3), "a ndarray"),
        (np.dtype("float32"), "DType"),
        (np.float32, "type 'float32'"),
        (np.datetime64("2020-01-02"), "a date"),
        (np.longdouble(1), "a longdouble"),
        (Path("x"), "Path"),
        ({1, 2}, "a set"),
        (Colour.RED, "a Colour"),
        (datetime.date(2020, 1, 2), "a date"),
        (b"x", "a bytes"),
        ([1, {"deep": {1: 2}}], "a dictionary with keys that are no texts"),
        ([1, (2, object())], "a object"),
    ],
)
def test_what_may_not_be_set_is_refused_with_its_class_name_and_what_is_allowed(value, message):
    with pytest.raises(ValueError, match="own: parameter 'pair' is set to, or holds, ") as raised:
        check_settable(OWN, {"pair": value})
    assert message in str(raised.value)
    assert "allowed: None, a truth value, a number, a text, or a list" in str(raised.value)


def test_a_suite_with_a_function_as_parameter_is_refused_before_any_work():
    own = schema.load("euclidean")
    choice = schema.EstimatorChoice(estimator="mle", parameters={"neighbors": len})
    changed = own.model_copy(update={"estimators": {**own.estimators, "mine": choice}})
    with pytest.raises(ValueError, match=r"estimators\.mine: mle: parameter 'neighbors' is set to"):
        plan.build(changed, "smoke")


def test_numbers_of_numpy_count_as_numbers():
    given = {"pair": [np.int64(3), np.float64(0.5), np.bool_(True)], "rate": np.float32(0.25)}
    values = check_settable(OWN, given)
    assert values == {"pair": [3, 0.5, True], "rate": 0.25}
    assert [type(part) for part in values["pair"]] == [int, float, bool]


@pytest.mark.parametrize("value", [None, True, 3, 0.5, "x", (1, 2), [1, (2,)], {"a": {"b": None}}])
def test_what_may_be_set_reaches_the_class_as_it_is(value):
    assert check_settable(OWN, {"pair": value}) == {"pair": value}
    assert type(check_settable(OWN, {"pair": value})["pair"]) is type(value)


def test_parameters_set_to_their_default_are_left_to_the_class():
    assert arguments(OWN, {"pair": [1, 2], "rate": 0.25}) == {"rate": 0.25}
    assert arguments(OWN, {"pair": [2, 1], "other": "len"}) == {"pair": [2, 1], "other": "len"}


def test_all_that_json_can_hold_describes_an_instance():
    assert json_values(OWN, Own(), {}) == {"pair": [1, 2], "rate": 0.5}
    # What a class makes of a value is described by the value where JSON cannot hold it.
    instance = Own()
    instance.other = {1, 2}
    assert json_values(OWN, instance, {"other": "both"})["other"] == "both"


def test_a_class_of_the_running_program_that_cannot_be_sent_is_named(tmp_path):
    code = (
        "import threading, bench, estimators\n"
        "@estimators.register('locked')\n"
        "class Locked:\n"
        "    def __init__(self, lock=threading.Lock()): self.lock = lock\n"
        "    def fit(self, X, y=None): return self\n"
        "try:\n"
        "    bench.run('euclidean', preset='smoke', manifolds='line', estimators='locked', n=100,\n"
        f"              out={str(tmp_path / 'out')!r})\n"
        "except ValueError as error:\n"
        "    print('refused:', error)\n"
    )
    (tmp_path / "program.py").write_text(code)
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"], capture_output=True, text=True, check=True
    )
    assert "refused: estimator 'locked' of the running program cannot be sent" in done.stdout
