"""One graph for the neighbour family against each scikit-dimension class alone: ``tox -e bench``.

Times are printed, never asserted; that both find the same dimension is asserted. Both sides get
the same parameters: so ours reads local PCA at all points, not at 500 of them as by default.
"""

import time
import warnings

import numpy as np
import pandas as pd
import pytest
from alone import forget_graph
from threadpoolctl import threadpool_limits

import estimators
import manifolds

pytestmark = pytest.mark.benchmark

N, AMBIENT = 10_000, 100

# Each: our name and parameters, and how the class is called for the same. Its parameters that
# matter are not its defaults: MLE ignores K, MiND_ML caps the dimension at 10, and lPCA is global
# but for fit_pw.
FAMILY = {
    "MLE m=5": ("mle", {"neighbors": 5}, lambda s, x: s.MLE().fit(x, n_neighbors=5)),
    "MLE m=20": ("mle", {"neighbors": 20}, lambda s, x: s.MLE().fit(x, n_neighbors=20)),
    "TwoNN": ("twonn", {}, lambda s, x: s.TwoNN().fit(x)),
    "MOM": ("mom", {"neighbors": 100}, lambda s, x: s.MOM().fit(x, n_neighbors=100)),
    "MADA": ("mada", {"neighbors": 20}, lambda s, x: s.MADA().fit(x, n_neighbors=20)),
    "MiND_ML": ("mind-ml", {"neighbors": 20}, lambda s, x: s.MiND_ML(k=20, D=AMBIENT).fit(x)),
    "CorrInt": ("corrint", {"near": 10, "far": 20}, lambda s, x: s.CorrInt(k1=10, k2=20).fit(x)),
    "GRIDE": ("gride", {"near": 5, "far": 10}, lambda s, x: s.GRIDE(n1=5, n2=10).fit(x)),
    "local lPCA": (
        "lpca-local",
        {"neighbors": 100, "queries": None},
        lambda s, x: s.lPCA(ver="FO", alphaFO=0.05).fit_pw(x, n_neighbors=100),
    ),
}


@pytest.fixture(scope="module")
def skdim():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import skdim.id

        yield skdim.id


def seconds_of(task):
    start = time.perf_counter()
    fitted = task()
    return time.perf_counter() - start, fitted


def ours(case, points):
    name, parameters, _ = FAMILY[case]
    return lambda: estimators.get(name, **parameters).fit(points)


def theirs(case, points, skdim):
    return lambda: FAMILY[case][2](skdim, points)


def dimension(case, fitted):
    # fit_pw leaves the last neighbourhood in dimension_.
    of_points = case == "local lPCA"
    return float(np.mean(fitted.dimension_pw_) if of_points else fitted.dimension_)


def one_round(points, skdim):
    """Seconds of each on the shared graph, of each class, and of each of ours alone; estimates."""
    rows = {case: {} for case in FAMILY}
    forget_graph()
    for case, row in rows.items():
        row["shared"], fitted = seconds_of(ours(case, points))
        row["estimate"] = dimension(case, fitted)
    for case, row in rows.items():
        row["class"], fitted = seconds_of(theirs(case, points, skdim))
        row["its estimate"] = dimension(case, fitted)
    for case, row in rows.items():
        forget_graph()
        row["alone"], _ = seconds_of(ours(case, points))
    forget_graph()
    return pd.DataFrame(rows).T


@pytest.mark.parametrize(
    ("sphere", "threads", "rounds"),
    [(10, 1, 3), (10, 2, 1), (50, 1, 1)],
    ids=["10-sphere, 1 thread", "10-sphere, 2 threads", "50-sphere, 1 thread"],
)
def test_neighbour_family(sphere, threads, rounds, skdim, capsys):
    points = manifolds.get("sphere", dimension=sphere, ambient=AMBIENT).sample(N, 0).points
    with threadpool_limits(threads):
        one_round(points[:500], skdim)  # imports and first calls
        results = [one_round(points, skdim) for _ in range(rounds)]
    shared = np.median([one["shared"].sum() for one in results])
    alone = np.median([one["class"].sum() for one in results])
    table = pd.concat(results).groupby(level=0, sort=False).median()
    with capsys.disabled():
        print(
            f"\n{sphere}-sphere, n = {N}, D = {AMBIENT}, threads: {threads}, rounds: {rounds}; "
            f"medians: neighbour family on one graph {shared:.2f} s, scikit-dimension's classes "
            f"alone {alone:.2f} s, ratio {shared / alone:.3f}\n"
            "seconds: 'shared' in this order on one graph, which the first builds; 'class' of "
            "scikit-dimension; 'alone' ours with a graph of its own"
        )
        print(table[["shared", "class", "alone", "estimate", "its estimate"]].round(4).to_string())
    np.testing.assert_allclose(table["estimate"], table["its estimate"], rtol=1e-9)
