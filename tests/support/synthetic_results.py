"""Stores of synthetic records: many, or hostile."""

from dataclasses import replace

from bench.record import Record
from bench.store.store import Store

FAMILIES = ("neighbours", "angles", "linear", "score", "topology", "other")

HOSTILE = (
    "</script><script>window.hacked=1</script>",
    "\"><img src=x onerror='window.hacked=1'>",
    "' onmouseover=window.hacked=1 x='",
    "{{ 7 * 7 }} {% raw %} \u2028 \u2029 🦆 <!-- <b>&amp;",
)


def record(place, manifold, estimator, seed=0, **more):
    """A record of an ok cell: an estimate that is off by the index of its estimator, in percent."""
    truth = 2.0 + len(manifold)
    off = 0.01 * (1 + sum(map(ord, estimator)) % 97)
    result = Record(
        key=f"{place:064x}",
        suite="synthetic",
        manifold=manifold,
        estimator=estimator,
        manifold_name="sphere",
        manifold_parameters='{"dimension": 2}',
        estimator_name="mle",
        estimator_parameters='{"neighbors": 20}',
        family=FAMILIES[sum(map(ord, estimator)) % len(FAMILIES)],
        n=1000,
        seed=seed,
        status="ok",
        ambient=30,
        points_used=1000,
        points_read=1000,
        estimate=truth * (1 + off) + 0.01 * seed,
        truth=truth,
        error=truth * off + 0.01 * seed,
        fit_seconds=0.1 * (1 + place % 50),
        shared_seconds=0.1,
        peak_memory_mib=200.0 + place % 100,
        threads=1,
        environment="e" * 12,
        finished=f"2026-01-02T03:{place % 60:02d}:00+00:00",
    )
    return replace(result, **more)


def many(folder, manifolds=50, estimators=40, seeds=5):
    """A store of manifolds x estimators x seeds records, every 23rd of them a failure."""
    records = []
    for manifold in range(manifolds):
        for estimator in range(estimators):
            for seed in range(seeds):
                place = len(records)
                names = f"manifold-{manifold:03d}", f"estimator-{estimator:03d}"
                one = record(place, *names, seed=seed)
                if place % 23 == 0:
                    lost = {"estimate": None, "error": None}
                    message = f"ValueError: too few points near {manifold}\nlast line of output"
                    one = replace(one, status="failed", message=message, **lost)
                records.append(one)
    return save_records(folder, records)


def save_records(folder, records):
    """A store of these records; returns its folder."""
    with Store(folder) as store:
        store.add_environment("e" * 12, {"python": "3.12", "packages": {"numpy": "2.0"}})
        store.add_all([(result, {}) for result in records])
    return folder
