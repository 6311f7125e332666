"""Whatever an estimator returns, its record is valid and the run's tables are written."""

import sqlite3

import numpy as np
import pytest
from plain_record import record
from rich.console import Console

import bench
from bench.format import printable
from bench.html_report.page import write_report
from bench.record import COLUMNS
from bench.store.arrays import MAX_BYTES, load_arrays
from bench.store.store import FILE, Store
from bench.store.validation import validate_outcome

GROUP = '[{"truth": 2, "weight": 1.0, "estimate": 2.0, "low": %s, "high": 2.0}]'


def ok(**values):
    return record("a", **{"estimate": 2.0, "n": 50, **values})


@pytest.mark.parametrize(
    "values",
    [
        {"estimate": value}
        for value in (None, 0.0, -3.0, np.nan, np.inf, 1.7e308, 1e100, 10**400, "3", 3 + 0j)
    ]
    + [
        {"status": "fine"},
        {"fit_seconds": np.nan},
        {"shared_seconds": -1e9},
        {"peak_memory_mib": "much"},
        {"points_read": -1},
        {"groups": "[" * 100_000},
        {"groups": "{}"},
        {"groups": "[1]"},
        {"groups": GROUP % "NaN"},
        {"groups": GROUP % "-1e300"},
        {"groups": GROUP % '"low"'},
    ],
)
def test_a_number_that_is_not_valid_makes_a_failure_that_says_so(values):
    result, arrays = validate_outcome(ok(**values), {"x": np.ones(2)})
    assert (result.status, result.estimate, result.groups, arrays) == ("failed", None, "[]", {})
    assert result.message.startswith("the result is not valid: ")


def test_a_stored_record_is_checked_as_one_that_arrives(tmp_path):
    bad = ok(fit_seconds=-1.0)
    reason = "the result is not valid: fit_seconds must be greater than or equal to 0, not -1.0"
    assert validate_outcome(bad, {})[0].message == reason
    with Store(tmp_path) as store:
        store.add(bad)
        (stored,) = store.frame(["a"]).to_dict("records")
    assert (stored["status"], stored["message"]) == ("failed", reason)
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE records SET n = 'many'")
    with (
        Store(tmp_path, writing=False) as store,
        pytest.raises(ValueError, match="record 'a' is damaged: n must be a valid integer"),
    ):
        store.frame(["a"])


BAD = {
    "vector": {"singular_values": np.arange(3.0)},
    "scalar": {"singular_values": np.float64(3.0)},
    "empty": {"singular_values": np.ones((0, 3))},
    "nan": {"singular_values": np.full((10, 3), np.nan)},
    "negative": {"singular_values": -np.ones((10, 3))},
    "rows": {"singular_values": np.ones((77, 3)), "dimension": np.ones(10)},
    "texts": {"singular_values": np.array([["a"]])},
    "sigmas": {"chosen_sigma": np.ones(2)},
    "sigma": {"chosen_sigma": np.array(np.nan)},
    "readings": {"dimension": np.ones((10, 3))},
    "words": {"dimension": np.array(["a"] * 10)},
    "more": {"dimension": np.ones(5000)},
    "truths": {"dimension": np.ones(10), "truth": np.ones(9)},
    "beyond": {"dimension": np.ones(2), "query": np.array([0, 50])},
    "before": {"dimension": np.ones(2), "query": np.array([-1, 2])},
    "fractions": {"dimension": np.ones(2), "query": np.array([0.0, 2.0])},
    "confidence": {"confidence": np.array("high")},
    "objects": {"x": np.array([None])},
    "records": {"x": np.zeros(3, dtype=[("a", "f8")])},
    "nothing": {"x": np.zeros(3, dtype="V0")},
    "list": {"x": [1.0]},
    "name": {"a b": np.ones(2)},
    "taken": {"allow_pickle": np.ones(2)},
    "nul": {"a\0b": np.ones(2)},
    "long": {"x" * 300: np.ones(2)},
    "large": {"x": np.broadcast_to(np.float64(1), MAX_BYTES // 8 + 1)},
    "times": {"x": np.zeros(3, dtype="M8[s]")},
    "many": {f"x{number}": np.ones(1) for number in range(101)},
}


@pytest.mark.parametrize("arrays", BAD.values(), ids=BAD)
def test_arrays_that_are_not_valid_make_a_failure_and_are_not_stored(arrays):
    result, stored = validate_outcome(ok(), arrays)
    assert (result.status, stored) == ("failed", {})
    assert result.message.startswith("the result is not valid: ")
    assert result.n == 50


def test_valid_arrays_are_stored_without_a_class_or_metadata_of_their_own(tmp_path):
    class Own(np.ndarray):
        pass

    given = {
        "singular_values": np.ones((10, 3)),
        "dimension": np.array([np.nan, np.inf, *[2.0] * 8]),
        "truth": np.full(10, 2),
        "query": np.arange(10),
        "chosen_sigma": np.array(0.1),
        "confidence": np.float32(0.5) * np.ones(10),
        "x": np.zeros(3, dtype=np.dtype("f8", metadata={"m": object()})).view(Own),
        "names": np.array(["ü"]),
    }
    result, stored = validate_outcome(ok(), given)
    assert result == ok()
    assert all(type(array) is np.ndarray and not array.dtype.metadata for array in stored.values())
    with Store(tmp_path) as store:
        place = store.add(result, stored).arrays
    for name, array in load_arrays(tmp_path, place).items():
        np.testing.assert_array_equal(array, given[name])


def test_arrays_of_an_older_store_load_if_larger_or_of_other_kinds_than_a_cell_may_send(
    tmp_path, monkeypatch
):
    stored = {
        "times": np.zeros(3, dtype="M8[s]"),
        "complex": np.ones(2, dtype=complex),
        "bytes": np.array([b"a"]),
        "large": np.ones(100),
    }
    np.savez(tmp_path / "older.npz", **stored)
    monkeypatch.setattr("bench.store.arrays.MAX_BYTES", 100)
    loaded = load_arrays(tmp_path, "older.npz")
    assert loaded.keys() == stored.keys()
    for name, array in loaded.items():
        np.testing.assert_array_equal(array, stored[name])


def test_texts_of_a_record_cannot_control_a_terminal():
    odd = "\x1b]0;owned\x07\x1b[2J\r\x9b31m \u202e caf\udce9 \x00"
    result, _ = validate_outcome(ok(message=odd * 1000, manifold=odd), {})
    assert result.message.isprintable()
    assert len(result.message) <= 2000
    assert result.manifold == r"\x1b]0;owned\x07\x1b[2J\r\x9b31m \u202e caf\udce9 \x00"
    assert printable("two\nlines, ü ☃ \u00a0 漢") == "two\nlines, ü ☃ \u00a0 漢"


PLUGIN = """
import estimators, logging, numpy as np

BAD = {
    "vector": {"singular_values": np.arange(3.0), "chosen_sigma": 0.1},
    "sigmas": {"singular_values": np.ones((10, 3)), "chosen_sigma": np.ones(2)},
    "empty": {"singular_values": np.ones((0, 3)), "chosen_sigma": 0.1},
    "nan": {"singular_values": np.full((10, 3), np.nan), "chosen_sigma": 0.1},
    "rows": {"singular_values": np.ones((77, 3)), "chosen_sigma": 0.1},
    "word": {"confidence": "high"},
    "saved": {"saved_seconds": -1e9},
    "good": {"singular_values": np.ones((10, 3)), "chosen_sigma": 0.1},
}
for name, details in BAD.items():
    def fit(self, X, y=None, details=details):
        logging.getLogger("estimators").info("\\x1b[2J and \\x07")
        self.dimension_ = 2.0
        self.dimension_pw_, self.query_ = np.full(10, 2.0), np.arange(10)
        self.details_ = details
    estimators.register(name)(type(name.title(), (), {"fit": fit}))
@estimators.register("huge")
class Huge:
    def fit(self, X, y=None): self.dimension_ = 1.7e308
@estimators.register("escapes")
class Escapes:
    def fit(self, X, y=None): raise RuntimeError("\\x1b]0;owned\\x07\\x1b[31m red")
"""


def test_estimators_with_odd_results_do_not_cost_the_others_their_tables(tmp_path, capsys):
    (tmp_path / "odd.py").write_text(PLUGIN)
    names = "vector,sigmas,empty,nan,rows,word,saved,good,huge,escapes".split(",")
    records = bench.run(
        "euclidean", preset="smoke", n=50, manifolds="swiss-roll", estimators=names, jobs=2,
        plugins=str(tmp_path / "odd.py"), out=tmp_path / "out", console=Console(width=160),
    )  # fmt: skip
    statuses = dict(zip(records["estimator"], records["status"], strict=True))
    assert statuses == {**dict.fromkeys(names, "failed"), "good": "ok"}
    assert (tmp_path / "out" / "accuracy.csv").exists()
    assert (tmp_path / "out" / "score-spectra.png").exists()
    assert write_report(tmp_path / "out").exists()
    printed = capsys.readouterr()
    assert "\x1b" not in printed.out + printed.err
    assert "\\x1b]0;owned" in printed.out


def test_all_numbers_of_a_record_are_checked():
    for name, column in COLUMNS.items():
        if column.type is not str and column.default is None:
            result, _ = validate_outcome(ok(**{name: "x"}), {})
            assert (result.status == "failed") or getattr(result, name) is None, name
