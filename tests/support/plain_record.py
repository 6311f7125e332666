"""A record with nothing but what every record has."""

from bench.record import Record


def record(key, **values):
    facts = {
        "suite": "s", "manifold": "m", "estimator": "e", "manifold_name": "sphere",
        "manifold_parameters": "{}", "estimator_name": "mle", "estimator_parameters": "{}",
        "family": "neighbours", "n": 10, "seed": 0, "status": "ok",
    }  # fmt: skip
    return Record(key=key, **{**facts, **values})
