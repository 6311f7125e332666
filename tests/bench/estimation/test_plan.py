"""Which cells `bench estimate` plans: all points, and halves."""

import numpy as np
import pytest

import manifolds
from bench.estimation.plan import HALVES, estimation_job
from manifolds.datasets.reading import LoadedPoints, read_points


@pytest.fixture(scope="module")
def points(tmp_path_factory):
    """A file of 101 points of a sphere in R^6, one of them twice."""
    rows = manifolds.get("sphere", dimension=3, ambient=6).sample(100, seed=0).points
    path = tmp_path_factory.mktemp("points") / "mine.npy"
    np.save(path, np.concatenate([rows, rows[:1]]))
    return path


def job(points, halves, **more):
    return estimation_job(points, read_points(points), array=None, halves=halves, **more)


def test_all_points_and_halves_are_planned_but_for_estimators_that_train(points):
    planned = job(points, 2, estimators=["twonn", "score-svd"])
    assert [(cell.manifold, cell.estimator, cell.n, cell.seed) for cell in planned.cells] == [
        ("all", "score-svd", 100, 0),
        ("all", "twonn", 100, 0),
        ("half-01", "twonn", 50, 0),
        ("half-02", "twonn", 50, 0),
    ]
    assert {cell.limits.timeout for cell in planned.cells} == {1800.0}
    assert {cell.suite for cell in planned.cells} == {"estimate"}
    parts = [cell.manifold_parameters.get("part") for cell in planned.cells]
    assert parts[2:] == [1, 2]
    assert len({cell.sample_key for cell in planned.cells}) == 3


def test_every_registered_estimator_is_run_by_default(points):
    import estimators

    names = {cell.estimator for cell in job(points, 0).cells}
    assert names == {name for name in estimators.names() if not estimators.entry(name).superseded}
    assert "danco-skdim" not in names


@pytest.mark.parametrize("halves", [1, -1])
def test_one_half_or_fewer_than_none_is_refused(points, halves):
    with pytest.raises(
        ValueError, match=f"halves must be 0, for no intervals, or at least 2, not {halves}"
    ):
        job(points, halves)


@pytest.mark.parametrize(("n", "refused"), [(39, True), (40, False)])
def test_halves_need_twice_the_least_number_of_distinct_points(tmp_path, n, refused):
    rows = np.random.default_rng(0).random((n, 2))
    path = tmp_path / "p.npy"
    np.save(path, np.concatenate([rows, rows]))
    loaded = LoadedPoints(np.load(path), (2,))
    if refused:
        with pytest.raises(ValueError, match=f"has {n} distinct rows: halves need at least 40; "):
            estimation_job(path, loaded, array=None, halves=2)
        assert estimation_job(path, loaded, array=None, halves=0, estimators=["twonn"]).cells
    else:
        (whole, *halves) = estimation_job(
            path, loaded, array=None, halves=2, estimators=["twonn"]
        ).cells
        assert (whole.n, [half.n for half in halves]) == (40, [20, 20])


def test_the_array_of_an_archive_is_part_of_the_key(tmp_path):
    path = tmp_path / "p.npz"
    np.savez(path, x=np.random.default_rng(0).random((50, 2)), y=np.zeros((50, 2)))
    loaded = read_points(path, "x")
    (cell,) = estimation_job(path, loaded, array="x", halves=0, estimators=["twonn"]).cells
    assert cell.manifold_parameters["array"] == "x"
    assert cell.manifold_parameters["path"] == str(path.resolve())
    assert cell.manifold_parameters["digest"] == loaded.digest


def test_the_header_option_is_part_of_the_key(tmp_path):
    path = tmp_path / "p.csv"
    np.savetxt(path, np.random.default_rng(0).random((50, 2)), delimiter=",")
    loaded = read_points(path, header=False)

    def parameters(**more):
        planned = estimation_job(path, loaded, array=None, halves=0, estimators=["twonn"], **more)
        return planned.cells[0].manifold_parameters

    both = {
        **{"path": str(path.resolve()), "digest": loaded.digest, "array": None, "part": 0},
        **{"columns": [], "drop": [], "label": None, "rows": None, "standardize": False},
    }
    assert parameters() == {**both, "header": None}
    assert parameters(header=False) == {**both, "header": False}


def test_options_of_a_run_are_those_of_the_job(points, tmp_path):
    planned = job(points, 0, estimators=["twonn"], out=tmp_path, timeout=7.0, preset="full", jobs=1)
    assert (planned.out, planned.preset, planned.capacity.jobs) == (tmp_path, "full", 1)
    (cell,) = planned.cells
    assert cell.limits.timeout == 7.0
    for preset in ("smoke", "quick"):
        assert job(points, 0, estimators=["twonn"], preset=preset).cells[0].n == 100


def test_ten_halves_are_the_default(points):
    planned = job(points, HALVES, estimators=["twonn"])
    assert [cell.manifold for cell in planned.cells] == [
        "all", *(f"half-{part:02d}" for part in range(1, 10)), "half-10",
    ]  # fmt: skip
