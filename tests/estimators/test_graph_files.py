"""Neighbour graphs through files: built by one process, whole or not there, never in the way."""

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import manifolds
from estimators import neighbors
from estimators.neighbors import neighbor_graph, query_neighbors

ROOT = Path(__file__).parents[2]
POINTS = manifolds.get("sphere").sample(300, seed=0).points


@pytest.fixture(autouse=True)
def folder(tmp_path):
    """A folder, not yet there, that this process shares its graphs through."""
    as_another_process(tmp_path / "graphs")
    yield tmp_path / "graphs"
    as_another_process(None)


def as_another_process(folder):
    """Forget all but the files."""
    neighbors._shared.__init__()
    neighbors.share(folder)


@pytest.fixture
def searches(monkeypatch):
    """Numbers of points whose neighbours were searched, search by search."""
    sizes, real = [], neighbors._search

    def search(points, query, k):
        sizes.append(len(points) if query is None else len(query))
        return real(points, query, k)

    monkeypatch.setattr(neighbors, "_search", search)
    return sizes


def test_a_graph_is_taken_from_its_files(folder, searches):
    built = neighbor_graph(POINTS, 15)
    written = neighbors.pop_saved_seconds()
    seconds = neighbors._shared.graph.seconds
    assert -1 < written < 0  # what writing took is not part of the fit
    as_another_process(folder)
    for array, expected in zip(neighbor_graph(POINTS, 15), built, strict=True):
        np.testing.assert_array_equal(array, expected)
        assert type(array) is np.ndarray
        assert array.dtype == expected.dtype
        assert not array.flags.writeable
    assert searches == [300]
    read = seconds - neighbors.pop_saved_seconds()
    assert 0 < read < 1
    # In this process it is now in memory.
    neighbor_graph(POINTS, 15)
    assert neighbors.pop_saved_seconds() == seconds
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".lock", ".npy", ".npy"]


def test_files_have_the_requested_number_of_neighbours(folder, searches):
    for k, expected in ((15, [300]), (100, [300]), (150, [300, 300]), (140, [300, 300])):
        as_another_process(folder)
        distances, _ = neighbor_graph(POINTS, k)
        assert searches == expected
        assert distances.shape == (300, k)


def test_queries_read_the_files_of_a_graph(folder, searches):
    _, indices = neighbor_graph(POINTS, 15)
    as_another_process(folder)
    np.testing.assert_array_equal(query_neighbors(POINTS, np.array([3, 5]), 15), indices[[3, 5]])
    assert searches == [300]


def test_queries_leave_no_files(folder, searches):
    query_neighbors(POINTS, np.array([3, 5]), 15)
    assert searches == [2]
    assert not folder.exists()


def truncate(path):
    path.write_bytes(path.read_bytes()[:1000])


def zeros(path):
    path.write_bytes(bytes(path.stat().st_size))


def one_digit(path):
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def folder_instead(path):
    path.unlink()
    path.mkdir()


DAMAGE = [truncate, zeros, one_digit, empty, folder_instead, Path.unlink]
ARRAYS = [(damage, kind) for damage in DAMAGE for kind in ("distances.npy", "indices.npy")]
FACTS = [(damage, ".json") for damage in (zeros, empty, folder_instead, Path.unlink)]


@pytest.mark.parametrize(("damage", "kind"), ARRAYS + FACTS)
def test_a_damaged_file_is_built_again(folder, searches, damage, kind):
    expected, _ = neighbor_graph(POINTS, 15)
    (path,) = folder.glob(f"*{kind}")
    damage(path)
    as_another_process(folder)
    np.testing.assert_array_equal(neighbor_graph(POINTS, 15)[0], expected)
    assert searches == [300, 300]
    # The next process finds it whole, unless it cannot be put there.
    as_another_process(folder)
    neighbor_graph(POINTS, 15)
    assert len(searches) == (3 if damage is folder_instead else 2)


@pytest.mark.parametrize(
    "facts", [[], {}, {"seconds": None}, {"seconds": 1, "distances": 3, "indices": ""}, "text"]
)
def test_facts_of_something_else(folder, searches, facts):
    neighbor_graph(POINTS, 15)
    (path,) = folder.glob("*.json")
    path.write_text(json.dumps(facts), encoding="utf-8")
    as_another_process(folder)
    neighbor_graph(POINTS, 15)
    assert searches == [300, 300]


@pytest.mark.parametrize("written", [0, 1])
def test_a_full_disk_leaves_the_graph_in_memory(folder, searches, monkeypatch, written):
    real, calls = np.save, []

    def save(file, array, **options):
        calls.append(file)
        real(file, array[:10] if len(calls) > written else array, **options)
        if len(calls) > written:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", save)
    assert (neighbor_graph(POINTS, 15)[0] > 0).all()
    assert [path.suffix for path in folder.iterdir()] == [".lock"]
    neighbor_graph(POINTS, 15)
    assert searches == [300]


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_folder_that_cannot_be(tmp_path, searches, place):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    neighbors.share(tmp_path / place)
    neighbor_graph(POINTS, 15)
    neighbor_graph(POINTS, 15)
    assert searches == [300]


# Reports that it waits; builds once it may.
WORKER = """
import sys, time
from pathlib import Path
import numpy as np
from estimators import neighbors

folder = Path(sys.argv[1])
real = neighbors._search
def search(points, query, k):
    print("builds", flush=True)
    while not (folder / "may build").exists():
        time.sleep(0.01)
    return real(points, query, k)

neighbors._search = search
neighbors.share(folder)
points = np.random.default_rng(0).random((300, 30))
print("needs", flush=True)
start = time.perf_counter()
distances, indices = neighbors.neighbor_graph(points, 15)
seconds = time.perf_counter() - start
print(distances.sum(), indices.sum(), flush=True)
print(seconds, neighbors.pop_saved_seconds(), flush=True)
"""


@pytest.fixture
def worker(tmp_path):
    """Starts processes that need the same graph."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        assert process.stdout.readline() == "needs\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def lines(process):
    # communicate() would miss what readline() has read ahead.
    return process.stdout.read().splitlines()


def test_two_processes_share_one_build(tmp_path, worker):
    first = worker()
    assert first.stdout.readline() == "builds\n"
    second = worker()
    time.sleep(0.5)
    (tmp_path / "may build").touch()
    result, _ = lines(first)
    same, times = lines(second)  # and no "builds"
    assert same == result
    _, borrowed = map(float, times.split())
    (facts,) = tmp_path.glob("*.json")
    alone = json.loads(facts.read_text(encoding="utf-8"))["seconds"]
    # What it waited for does not count twice.
    assert 0 <= borrowed < alone


def test_a_process_that_is_killed_lets_the_next_one_build(tmp_path, worker):
    first = worker()
    assert first.stdout.readline() == "builds\n"
    second = worker()
    time.sleep(0.2)
    first.kill()
    assert second.stdout.readline() == "builds\n"
    (tmp_path / "may build").touch()
    result, _ = lines(second)
    assert lines(worker())[0] == result
