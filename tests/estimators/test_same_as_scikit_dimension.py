"""Same estimates as the classes of scikit-dimension and scikit-learn, fitted alone.

The wrappers share one neighbour graph, set parameters that matter, or reproduce a formula: none
of that may change the number.
"""

import warnings

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import estimators
import manifolds
from estimators import neighbors
from estimators.points import subsample_rows

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning:skdim")
N = 300


@pytest.fixture(scope="module")
def skdim():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import skdim.id

        yield skdim.id


@pytest.fixture(
    params=[
        ("sphere", {"dimension": 4, "ambient": 40}),
        ("hypercube", {"dimension": 3, "ambient": 8}),
        ("sphere-union", {"dimensions": (2, 9), "ambient": 20}),
    ],
    ids=lambda case: case[0],
)
def points(request):
    name, parameters = request.param
    return manifolds.get(name, **parameters).sample(N, seed=3).points


class WithoutReplacement(np.random.RandomState):
    """A random state for KNN that repeats no row."""

    def randint(self, low, high=None, size=None, dtype=int):
        return self.choice(np.arange(low, high), size, replace=False)


def unit(points):
    return np.linalg.norm(points - points.mean(axis=0), axis=1).mean()


# Each: our name and parameters, and how scikit-dimension is called for the same.
LOCAL = {
    "mle": ({"neighbors": 7}, lambda s, x: s.MLE().fit(x, n_neighbors=7)),
    "mle median": (
        {"neighbors": 7, "aggregate": "median"},
        lambda s, x: s.MLE().fit(x, n_neighbors=7, comb="median"),
    ),
    "mom": ({"neighbors": 30, "aggregate": "mean"}, lambda s, x: s.MOM().fit(x, n_neighbors=30)),
    "mada": ({"aggregate": "mean"}, lambda s, x: s.MADA().fit(x, n_neighbors=20)),
    "mada odd": (
        {"neighbors": 9, "aggregate": "mean"},
        lambda s, x: s.MADA().fit(x, n_neighbors=9),
    ),
    "lpca-local": (
        {"neighbors": 30, "queries": None},
        lambda s, x: s.lPCA().fit_pw(x, n_neighbors=30),
    ),
}
GLOBAL = {
    "lpca-global": ({}, lambda s, x: s.lPCA().fit(x)),
    "twonn": ({}, lambda s, x: s.TwoNN().fit(x)),
    "gride": ({"near": 3, "far": 8}, lambda s, x: s.GRIDE(n1=3, n2=8).fit(x)),
    "mind-ml": ({}, lambda s, x: s.MiND_ML(D=x.shape[1]).fit(x)),
    "mind-ml whole": (
        {"version": "MLi", "neighbors": 5},
        lambda s, x: s.MiND_ML(D=x.shape[1], ver="MLi", k=5).fit(x),
    ),
    "corrint": ({}, lambda s, x: s.CorrInt().fit(x)),
    "fishers": ({}, lambda s, x: s.FisherS().fit(x)),
    "danco-skdim": ({}, lambda s, x: s.DANCo(ver="DANCoFit").fit(x)),
    "ph": (
        {"sizes": 4, "repeats": 2},
        lambda s, x: s.PH(n_range_min=0.1, nsteps=4, subsamples=2, random_state=0).fit(x),
    ),
    "knn": (
        {"sizes": 3, "repeats": 4},
        lambda s, x: s.KNN(
            k=2, ps=np.array([37, 93, 150]), M=4, random_state=WithoutReplacement(0)
        ).fit(x / unit(x)),
    ),
}


@pytest.mark.parametrize("case", LOCAL)
def test_local(case, points, skdim):
    parameters, alone = LOCAL[case]
    ours = estimators.get(case.split()[0], **parameters).fit(points)
    theirs = alone(skdim, points)
    # Of a fit, no pointwise estimate is above the ambient dimension.
    expected = np.minimum(theirs.dimension_pw_, points.shape[1])
    np.testing.assert_allclose(ours.dimension_pw_, expected, rtol=1e-9)
    assert len(ours.query_) == N
    if case != "lpca-local":  # fit_pw leaves the last neighbourhood in dimension_
        assert ours.dimension_ == pytest.approx(theirs.dimension_, rel=1e-9)


@pytest.mark.parametrize("case", GLOBAL)
def test_global(case, points, skdim):
    parameters, alone = GLOBAL[case]
    ours = estimators.get(case.split()[0], **parameters).fit(points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = float(np.squeeze(alone(skdim, points).dimension_))
    assert ours.dimension_ == pytest.approx(theirs, rel=1e-9)


# The neighbour family: what is fitted on one graph, and each class alone.
FAMILY = {
    "mle 5": ({"neighbors": 5}, lambda s, x: s.MLE().fit(x, n_neighbors=5)),
    "mle 20": ({"neighbors": 20}, lambda s, x: s.MLE().fit(x, n_neighbors=20)),
    "twonn": GLOBAL["twonn"],
    "mom": ({"aggregate": "mean"}, lambda s, x: s.MOM().fit(x, n_neighbors=100)),
    "mada": LOCAL["mada"],
    "mind-ml": GLOBAL["mind-ml"],
    "corrint": GLOBAL["corrint"],
    "gride": ({"near": 5, "far": 10}, lambda s, x: s.GRIDE(n1=5, n2=10).fit(x)),
    "lpca-local": ({"queries": None}, lambda s, x: s.lPCA().fit_pw(x, n_neighbors=100)),
}


@pytest.fixture(scope="module")
def family_alone(skdim):
    points = manifolds.get("sphere", dimension=10, ambient=100).sample(N, seed=3).points
    fitted = {case: alone(skdim, points) for case, (_, alone) in FAMILY.items()}
    # fit_pw leaves the last neighbourhood in dimension_.
    fitted["lpca-local"].dimension_ = fitted["lpca-local"].dimension_pw_.mean()
    return points, fitted


# Each pair of the nine in both orders, with graphs of few neighbours built before, or none.
ORDERS = [list(FAMILY), list(FAMILY)[::-1]]


@pytest.mark.parametrize("neighbors_built", [1, 100], ids=lambda number: f"{number} built")
@pytest.mark.parametrize("before", [None, 1, 30])
@pytest.mark.parametrize("order", ORDERS, ids=["as listed", "reversed"])
def test_family_on_one_graph(order, before, neighbors_built, family_alone, monkeypatch):
    points, theirs = family_alone
    # With fewer neighbours built at once, graphs grow as they are requested.
    monkeypatch.setattr(neighbors, "GRAPH_NEIGHBORS", neighbors_built)
    monkeypatch.setattr(neighbors, "_shared", neighbors._Shared())
    if before:
        neighbors.neighbor_graph(points, before)
    for case in order:
        ours = estimators.get(case.split()[0], **FAMILY[case][0]).fit(points)
        assert ours.dimension_ == pytest.approx(float(theirs[case].dimension_), rel=1e-9), case
        if ours.dimension_pw_ is not None:
            np.testing.assert_allclose(ours.dimension_pw_, theirs[case].dimension_pw_, rtol=1e-9)


@pytest.mark.parametrize("shape", [(150, 5), (150, 60)], ids=["flat", "wide"])
@pytest.mark.parametrize("k", [3, 20, 100])
def test_local_pca_of_any_shape(shape, k, skdim):
    points = np.random.default_rng(1).standard_normal(shape) * np.geomspace(1, 1e-3, shape[1])
    ours = estimators.get("lpca-local", neighbors=k, queries=None, threshold=0.01).fit(points)
    theirs = skdim.lPCA(alphaFO=0.01).fit_pw(points, n_neighbors=k)
    np.testing.assert_array_equal(ours.dimension_pw_, theirs.dimension_pw_)


def test_tle_in_units_of_the_sample(points, skdim):
    # Its cut-off for small distances is a length: the estimate is that at one length scale.
    radius = np.median(np.sort(cdist(points, points), axis=1)[:, 20])
    theirs = skdim.TLE().fit(points / radius)
    ours = estimators.get("tle").fit(points)
    np.testing.assert_allclose(ours.dimension_pw_, theirs.dimension_pw_, rtol=1e-9)


@pytest.mark.parametrize("version", ["a", "b"])
def test_ess(version, points, skdim):
    # 40 neighbours are 780 pairs: scikit-dimension takes all of them, and not a sample.
    ours = estimators.get("ess", neighbors=40, version=version, queries=5).fit(points)
    theirs = skdim.ESS(ver=version, random_state=0)
    order = np.argsort(np.linalg.norm(points[:, None] - points[ours.query_], axis=2), axis=0)
    expected = [theirs.fit_once(points[order[1:41, j]]).dimension_ for j in range(5)]
    np.testing.assert_allclose(ours.dimension_pw_, expected, rtol=1e-9)


def test_correlation_integral_where_points_have_more_than_a_hundred_within_reach(skdim):
    # Near the middle of a Gaussian sample, far more points are within the median radius.
    points = np.random.default_rng(0).standard_normal((2000, 10))
    radius = np.median(np.sort(cdist(points, points), axis=1)[:, 20])
    assert ((cdist(points, points) < radius).sum(axis=1) > 101).any()
    ours = estimators.get("corrint").fit(points).dimension_
    assert ours == pytest.approx(skdim.CorrInt().fit(points).dimension_, rel=1e-9)


def test_correlation_integral_of_a_subset_counts_its_pairs_with_all_points():
    points = np.random.default_rng(0).standard_normal((900, 6))
    fitted = estimators.get("corrint", points=300, random_state=4).fit(points)
    rows = subsample_rows(900, 300, 4)
    distances = np.sort(cdist(points[rows], points), axis=1)[:, 1:]
    near, far = np.median(distances[:, 9]), np.median(distances[:, 19])
    expected = np.log((distances < far).sum() / (distances < near).sum()) / np.log(far / near)
    assert fitted.dimension_ == pytest.approx(expected, rel=1e-9)
