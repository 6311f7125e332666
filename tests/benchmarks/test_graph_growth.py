"""Time of the neighbour graph against n and D: ``tox -e bench``.

scikit-learn searches by a tree in up to 15 coordinates, and through all distances in more.
"""

import pytest
from alone import forget_graph

import manifolds
from estimators.neighbors import neighbor_graph

pytestmark = [pytest.mark.benchmark(group="graph of 100 neighbours")]

NS, N = (1000, 2000, 4000, 8000), 4000
#: Ambient dimensions of each way to search, with the one that is not varied first.
AMBIENTS = {"tree": (12, 3, 6), "all distances": (100, 25, 50, 200)}


def cases():
    for search, (first, *others) in AMBIENTS.items():
        for n in NS:
            yield search, n, first
        for ambient in others:
            yield search, N, ambient


@pytest.mark.parametrize(("search", "n", "ambient"), list(cases()))
def test_graph(search, n, ambient, timed):
    points = manifolds.get("noisy-sphere", dimension=2, ambient=ambient).sample(n, 0).points
    timed(lambda: neighbor_graph(points, 100), forget_graph, search=search, n=n, D=ambient)
