import dataclasses

import numpy as np
import pytest

from bench.engine import plan
from bench.suites import schema
from bench.workers.measure import measure
from bench.workers.messages import BadMessage, Message, pack, unpack
from bench.workers.outcome import measured_values, outcome_record


@pytest.fixture(scope="module")
def cell():
    (cell,) = plan.build(
        schema.load("euclidean"), "smoke", manifold_patterns=["line"],
        estimator_patterns=["mle-5"], n=100, seeds=1,
    )  # fmt: skip
    return cell


@pytest.fixture(scope="module")
def sent(cell):
    """A record of the cell, and the facts in which it is sent."""
    record, _ = measure(cell, "cpu", 1)
    assert record.status == "ok", record.message
    return record, {"key": cell.key, "record": measured_values(record)}


def test_a_record_arrives_as_it_was(cell, sent):
    record, facts = sent
    assert outcome_record(cell, 1, unpack(pack("done", facts))) == record


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "fine"), ("status", []), ("estimate", "3"), ("estimate", True),
        ("estimate", None), ("estimate", -1.0), ("estimate", float("inf")), ("n", 10**30),
        ("n", 1.5), ("n", -1), ("n", None), ("message", None), ("device", "toaster"),
        ("groups", "{}"), ("groups", "[1]"), ("groups", "no JSON"), ("groups", 3),
        ("groups", '[["truth", "weight", "estimate", "low", "high"]]'),
        ("groups", '[{"truth": 1}]'), ("fit_seconds", {}),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_so_is_refused(cell, sent, field, value):
    facts = {**sent[1], "record": {**sent[1]["record"], field: value}}
    with pytest.raises(BadMessage):
        outcome_record(cell, 1, Message("done", facts))


def test_a_record_of_another_cell_or_with_other_fields_is_refused(cell, sent):
    other = dataclasses.replace(cell, seed=cell.seed + 1)
    with pytest.raises(BadMessage, match="of another cell"):
        outcome_record(other, 1, Message("done", sent[1]))
    for record in ({**sent[1]["record"], "suite": "x"}, {}, None, []):
        with pytest.raises(BadMessage, match="no record"):
            outcome_record(cell, 1, Message("done", {**sent[1], "record": record}))


def test_arrays_that_are_too_large_to_be_stored_fail_the_cell(cell, monkeypatch):
    from bench.workers import measure as module

    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="at most 0 MiB are stored"):
        module._arrays({"some": np.zeros(100)}, None, {})
