"""The shared neighbour graph: right to full accuracy, built once a sample, whoever needs it."""

import warnings

import numpy as np
import pytest
from scipy.spatial.distance import cdist

import estimators
import manifolds
from estimators import neighbors
from estimators.neighbors import neighbor_graph, query_neighbors


def by_hand(points, k):
    """All distances, sorted: the graph without any search."""
    every = cdist(points, points)
    np.fill_diagonal(every, np.inf)
    order = np.argsort(every, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(every, order, axis=1), order


@pytest.fixture(autouse=True)
def nothing_shared():
    """Each test begins without a graph and without a folder of them."""
    neighbors._shared.__init__()
    yield
    neighbors._shared.__init__()


@pytest.fixture
def searches(monkeypatch):
    """Numbers of points whose neighbours were searched, search by search."""
    sizes, real = [], neighbors._search

    def search(points, query, k):
        sizes.append(len(points) if query is None else len(query))
        return real(points, query, k)

    monkeypatch.setattr(neighbors, "_search", search)
    return sizes


SAMPLES = {
    "few coordinates": np.random.default_rng(0).random((300, 3)),
    "many coordinates": manifolds.get("sphere").sample(300, seed=0).points,
    "far from the origin": 1e4 + manifolds.get("sphere").sample(300, seed=1).points,
    "close pairs": manifolds.get("spaghetti-line").sample(2000, seed=0).points,
    # Distances of 1e-6 within clusters that are 1 apart: |x|^2 - 2 xy + |y|^2 leaves 4 digits.
    "tiny clusters": np.repeat(np.eye(30), 20, axis=0)
    + 1e-6 * np.random.default_rng(0).random((600, 30)),
}


@pytest.mark.parametrize("points", SAMPLES.values(), ids=SAMPLES)
def test_graph_is_that_of_all_distances(points):
    distances, indices = neighbor_graph(points, 15)
    expected, order = by_hand(points, 15)
    # Shifting to the centre rounds coordinates at their own size.
    rounding = 4 * np.finfo(float).eps * np.abs(points).max() * np.sqrt(points.shape[1])
    np.testing.assert_allclose(distances, expected, rtol=1e-10, atol=rounding)
    assert np.mean(indices == order) > 0.999  # all but ties within rounding
    assert not (indices == np.arange(len(points))[:, None]).any()
    assert (np.diff(distances, axis=1) >= 0).all()


def test_neighbours_of_queries_are_rows_of_the_graph(searches):
    points = SAMPLES["many coordinates"]
    query = np.array([0, 7, 299])
    graph = query_neighbors(points, query, 15)
    assert searches == [3]
    np.testing.assert_array_equal(graph, neighbor_graph(points, 15)[1][query])
    # Now that there is a graph, they are taken from it.
    np.testing.assert_array_equal(graph, query_neighbors(points, query, 15))
    assert searches == [3, 300]


def test_neighbours_of_all_points_are_the_graph(searches):
    points = SAMPLES["many coordinates"]
    order = np.arange(300)[::-1]
    graph = query_neighbors(points, order, 15)
    np.testing.assert_array_equal(graph, neighbor_graph(points, 15)[1][order])
    assert searches == [300]


def test_graph_is_built_once_a_sample():
    points = np.random.default_rng(5).random((200, 4))
    first, _ = neighbor_graph(points, 20)
    again, _ = neighbor_graph(points.copy(), 2)
    assert np.shares_memory(first, again)
    moved, _ = neighbor_graph(points + 1, 20)
    assert not np.shares_memory(first, moved)


def test_more_neighbours_than_are_stored():
    points = np.random.default_rng(6).random((300, 4))
    neighbor_graph(points, 2)
    distances, _ = neighbor_graph(points, 200)
    np.testing.assert_allclose(distances, by_hand(points, 200)[0])


def test_same_bytes_in_another_shape_are_another_sample():
    points = np.random.default_rng(7).random((100, 6))
    assert len(neighbor_graph(points, 3)[0]) == 100
    assert len(neighbor_graph(points.reshape(200, 3), 3)[0]) == 200


def test_seconds_of_a_reused_graph_are_reported_once():
    points = np.random.default_rng(8).random((500, 5))
    neighbor_graph(points, 5)
    assert neighbors.pop_saved_seconds() == 0
    neighbor_graph(points, 5)
    assert neighbors.pop_saved_seconds() > 0
    assert neighbors.pop_saved_seconds() == 0


def test_seconds_of_the_reused_part_of_a_graph():
    points = np.random.default_rng(8).random((500, 5))
    neighbor_graph(points, 5)
    neighbors.pop_saved_seconds()
    neighbor_graph(points, 5)
    whole = neighbors.pop_saved_seconds()
    query_neighbors(points, np.arange(100), 5)
    assert neighbors.pop_saved_seconds() == pytest.approx(whole / 5)


def test_no_estimator_writes_to_the_graph():
    points = SAMPLES["many coordinates"]
    for array in neighbor_graph(points, 15):
        assert type(array) is np.ndarray
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    for entry in estimators.catalogue.registry.entries():
        if entry.neighbors or entry.family == "linear":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                estimators.get(entry.name).fit(points)


@pytest.mark.parametrize("k", [3, 4])
def test_too_few_points_for_k(k):
    points = np.eye(3)
    with pytest.raises(ValueError, match=f"at least {k + 1} points, but there are 3"):
        neighbor_graph(points, k)
    with pytest.raises(ValueError, match=f"at least {k + 1} points, but there are 3"):
        query_neighbors(points, np.array([0]), k)
