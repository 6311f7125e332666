"""Time of a fit of each registered estimator against n and D: ``tox -e bench``.

Each is at its default parameters, on a sample that spans all of R^D, and has no graph and no
trained model of another one. n goes up to 8000, or to the most points that the estimator reads.
Trainings are short: twenty steps.
"""

import tempfile
from functools import cache

import pytest
from alone import forget_graph

import estimators
import manifolds

pytestmark = [pytest.mark.benchmark(group="fit")]

MOST = 8000
PARTS = (8, 4, 2, 1)
AMBIENT, AMBIENTS = 100, (25, 50, 100, 200)
#: Parameters of the estimators of a trained model, beside the default ones.
SHORT = {"steps": 20, "queries": 8}


def sizes(name: str) -> list[tuple[int, int]]:
    """Sizes n, D of an estimator's fits: the n at one D, and the D at half the largest n."""
    limit = estimators.entry(name).parameters.get("points")
    most = min(MOST, getattr(limit, "default", None) or MOST)
    along_n = [(most // part, AMBIENT) for part in PARTS]
    return along_n + [(most // 2, ambient) for ambient in AMBIENTS if ambient != AMBIENT]


CASES = [(name, *size) for name in estimators.names() for size in sizes(name)]


@cache
def sample(n, ambient):
    return manifolds.get("noisy-sphere", ambient=ambient).sample(n, 0).points


@pytest.mark.parametrize(("name", "n", "ambient"), CASES)
def test_fit(name, n, ambient, timed, tmp_path, monkeypatch):
    points = sample(n, ambient)
    parameters = SHORT if estimators.entry(name).shares_model else {}

    def alone():
        forget_graph()
        monkeypatch.setenv("BENCH_CACHE", tempfile.mkdtemp(dir=tmp_path))

    timed(
        lambda: estimators.get(name, **parameters).fit(points),
        alone,
        estimator=name,
        n=n,
        D=ambient,
    )
