"""Events of a cluster as its workers send them."""

import pickle

import numpy as np

from bench.engine import plan
from bench.engine.cluster import _Inbox
from bench.engine.events import CellEnd
from bench.suites import schema
from bench.workers.dask_host import pack_result
from bench.workers.outcome import empty_record
from bench.workers.worker_slot import CellResult


def test_invalid_messages_are_ignored_and_others_arrive_as_they_were_sent():
    (cell,) = plan.build(
        schema.load("euclidean"), "smoke", manifold_patterns=["line"],
        estimator_patterns=["mle-5"], n=100, seeds=1,
    )  # fmt: skip
    inbox = _Inbox({cell.key: cell})
    junk = [
        "text", None, {}, {"key": "nope", "what": "started"}, {"key": cell.key},
        {"key": cell.key, "what": "ended"}, {"key": cell.key, "what": "ended", "ended": b"junk"},
        {"key": cell.key, "what": "ended", "ended": pickle.dumps(cell)},
        {"key": [], "what": "ended"},
    ]  # fmt: skip
    for one in junk:
        inbox.read(one)
    assert inbox.events.empty()
    ended = CellResult(
        empty_record(cell, threads=2), {"some": np.arange(3.0)}, ("here", {"cores": 2})
    )
    inbox.read({"key": cell.key, "what": "ended", "ended": pack_result(ended)})
    event = inbox.events.get()
    assert isinstance(event, CellEnd)
    assert (event.result.record, event.result.environment) == (ended.record, ended.environment)
    assert (event.result.arrays["some"] == ended.arrays["some"]).all()
