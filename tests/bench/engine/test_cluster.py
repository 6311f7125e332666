"""Events of a cluster as its workers send them."""

import pickle

import numpy as np

from bench.engine import plan
from bench.engine.cluster import _News
from bench.engine.local import Finished
from bench.suites import schema
from bench.workers.dask_host import pack_result
from bench.workers.measure import blank
from bench.workers.worker_slot import CellResult


def test_news_that_is_none_is_ignored_and_news_arrives_as_it_was_sent():
    (cell,) = plan.build(
        schema.load("euclidean"), "smoke", manifold_patterns=["line"],
        estimator_patterns=["mle-5"], n=100, seeds=1,
    )  # fmt: skip
    news = _News({cell.key: cell})
    junk = [
        "text", None, {}, {"key": "nope", "what": "started"}, {"key": cell.key},
        {"key": cell.key, "what": "ended"}, {"key": cell.key, "what": "ended", "ended": b"junk"},
        {"key": cell.key, "what": "ended", "ended": pickle.dumps(cell)},
        {"key": [], "what": "ended"},
    ]  # fmt: skip
    for one in junk:
        news.take(one)
    assert news.events.empty()
    ended = CellResult(blank(cell, threads=2), {"some": np.arange(3.0)}, ("here", {"cores": 2}))
    news.take({"key": cell.key, "what": "ended", "ended": pack_result(ended)})
    event = news.events.get()
    assert isinstance(event, Finished)
    assert (event.record, event.environment) == (ended.record, ended.environment)
    assert (event.arrays["some"] == ended.arrays["some"]).all()
