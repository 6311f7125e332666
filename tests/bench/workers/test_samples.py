import errno
import multiprocessing
import os

import numpy as np
import pytest

from bench.engine import plan
from bench.suites import schema
from bench.workers import samples


@pytest.fixture
def cells():
    return plan.build(
        schema.load("euclidean"), "smoke", manifold_patterns=["torus", "line"],
        estimator_patterns=["mle-5", "twonn"], n=200,
    )  # fmt: skip


def test_a_sample_is_generated_once_and_mapped_from_then_on(cells, tmp_path, monkeypatch):
    first = samples.load_or_draw(cells[0], str(tmp_path))
    monkeypatch.setattr(samples, "_draw", lambda cell: pytest.fail("drawn again"))
    same = next(c for c in cells[1:] if c.sample_key == cells[0].sample_key)
    again = samples.load_or_draw(same, str(tmp_path))
    assert again.points.tobytes() == first.points.tobytes()
    assert (again.dimension == first.dimension).all()
    assert again.seconds == first.seconds
    assert type(again.points) is np.ndarray
    assert isinstance(again.points.base, np.memmap)


def test_it_is_what_the_manifold_gives(cells, tmp_path):
    alone = samples.load_or_draw(cells[0], "")
    samples.load_or_draw(cells[0], str(tmp_path))
    assert samples.load_or_draw(cells[0], str(tmp_path)).points.tobytes() == alone.points.tobytes()


def test_what_an_estimator_writes_to_it_is_seen_by_nobody_else(cells, tmp_path):
    samples.load_or_draw(cells[0], str(tmp_path))
    one, other = (samples.load_or_draw(cells[0], str(tmp_path)).points for _ in range(2))
    before = other.copy()
    one[:] = 0
    assert (other == before).all()
    assert (samples.load_or_draw(cells[0], str(tmp_path)).points == before).all()


def _seconds(arguments):
    return samples.load_or_draw(*arguments).seconds


def test_two_processes_that_need_it_at_once_draw_it_once(cells, tmp_path):
    context = multiprocessing.get_context("spawn")
    with context.Pool(2) as pool:
        # The seconds of drawing are those of the one that drew it.
        assert len(set(pool.map(_seconds, [(cells[0], str(tmp_path))] * 6))) == 1


def test_a_sample_that_cannot_be_stored_is_generated_anyway(cells, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, "save", full)
    assert len(samples.load_or_draw(cells[0], str(tmp_path)).points) == 200
    assert not list(tmp_path.rglob("*.npy"))


def test_files_that_are_damaged_or_pickled_are_not_read(cells, tmp_path):
    good = samples.load_or_draw(cells[0], str(tmp_path)).points
    place = samples.folder(str(tmp_path), cells[0])
    np.save(place / "points.npy", np.array([{"an": "object"}]), allow_pickle=True)
    assert (samples.load_or_draw(cells[0], str(tmp_path)).points == good).all()


def test_a_sample_goes_when_no_cell_is_left_that_reads_it(cells):
    cache = samples.SampleCache(cells)
    try:
        for cell in cells:
            samples.load_or_draw(cell, cache.scratch)
        of_first = [cell for cell in cells if cell.sample_key == cells[0].sample_key]
        for cell in of_first:
            assert samples.folder(cache.scratch, cell).exists()
            cache.release(cell)
        assert not samples.folder(cache.scratch, cells[0]).exists()
        assert len({*os.listdir(cache.scratch)} - {samples.LOCK}) == 1
    finally:
        cache.close()
    assert not os.path.exists(cache.scratch)


def test_no_more_is_stored_than_the_limit(cells):
    cache = samples.SampleCache([*cells, *cells], limit=1)
    try:
        for cell in cells:
            samples.load_or_draw(cell, cache.scratch)
            cache.release(cell)
        assert len({*os.listdir(cache.scratch)} - {samples.LOCK}) == 1
    finally:
        cache.close()
