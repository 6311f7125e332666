"""The cache of trained models: real files, real processes."""

import os
import resource
import threading
import time
from datetime import datetime, timedelta

import filelock
import numpy as np
import pytest
import torch
from cached_models import KEY, KEYS, METADATA, file_of, names, same, set_last_use, tensors

from estimators.score.cache import ModelCache
from estimators.score.recipe import content_key

# Saving and loading


@pytest.mark.usefixtures("quiet")
def test_what_is_loaded_is_what_was_saved(cache):
    cache.save(KEY, tensors(), METADATA)
    loaded = cache.load(KEY)
    assert same(loaded.tensors, tensors())
    assert loaded.metadata == METADATA
    assert names(cache) == [f"{KEY}.safetensors"]


@pytest.mark.usefixtures("quiet")
def test_an_empty_or_missing_cache_has_no_entry(cache):
    assert cache.load(KEY) is None
    assert cache.load_checkpoint(KEY) is None
    assert cache.entries() == []
    assert cache.clear() == (0, 0)
    cache.remove_checkpoint(KEY)
    assert not cache.folder.exists()


def test_tensors_that_share_memory_or_are_views_are_saved(cache):
    whole = torch.arange(12.0).reshape(3, 4).requires_grad_()
    views = {"whole": whole, "same": whole, "turned": whole.mT, "part": whole[1, ::2]}
    cache.save(KEY, views, {})
    assert same(cache.load(KEY).tensors, {name: view.detach() for name, view in views.items()})


def test_a_checkpoint_stays_beside_the_model_until_it_is_removed(cache):
    cache.save_checkpoint(KEY, tensors(1), {"facts": "1"})
    cache.save_checkpoint(KEY, tensors(2), {"facts": "2"})
    assert cache.load(KEY) is None
    cache.save(KEY, tensors(3), METADATA)
    loaded = cache.load_checkpoint(KEY)
    assert same(loaded.tensors, tensors(2))
    assert loaded.metadata == {"facts": "2"}
    cache.remove_checkpoint(KEY)
    assert cache.load_checkpoint(KEY) is None
    assert same(cache.load(KEY).tensors, tensors(3))


@pytest.mark.parametrize("key", ["", "abc", "../" + "0" * 61, "0" * 63 + "G", "0" * 65])
def test_a_key_that_is_no_content_key_is_refused(cache, key):
    for use in (cache.load, cache.load_checkpoint, cache.remove_checkpoint):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            use(key)
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        cache.save(key, tensors(), {})


def test_the_key_follows_points_shape_and_facts_and_nothing_else():
    points = np.random.default_rng(0).normal(size=(6, 4))
    facts = {"recipe": {"steps": 10, "levels": (0.1, 1.0)}, "seed": 0}
    key = content_key(points, facts)
    assert len(key) == 64
    assert int(key, 16) >= 0
    turned = {"seed": 0, "recipe": {"levels": [0.1, 1.0], "steps": 10}}
    assert content_key(np.asfortranarray(points), turned) == key
    moved = points.copy()
    moved[3, 2] = np.nextafter(moved[3, 2], 1)
    others = [
        content_key(moved, facts),
        content_key(points.reshape(4, 6), facts),
        content_key(points[:5], facts),
        content_key(points, {**facts, "seed": 1}),
        content_key(points, {**facts, "more": None}),
    ]
    assert len({key, *others}) == 6
    with pytest.raises(TypeError):
        content_key(points, {"device": torch.device("cpu")})


# A folder that cannot be used


def goes_on_without(cache):
    for save in (cache.save, cache.save_checkpoint):
        with pytest.warns(UserWarning, match="cannot be saved in") as caught:
            save(KEY, tensors(numbers=100_000), METADATA)
        [warning] = caught
        assert str(cache.folder) in str(warning.message)
        assert warning.filename == __file__


def test_a_folder_that_cannot_be_created_is_reported_and_nothing_fails(tmp_path):
    (tmp_path / "file").write_text("")
    cache = ModelCache(tmp_path / "file" / "models", 10**9)
    goes_on_without(cache)
    with cache.lock(KEY):
        assert cache.load(KEY) is None
        assert cache.load_checkpoint(KEY) is None
        cache.remove_checkpoint(KEY)


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_is_reported_and_can_still_be_read(cache):
    cache.save(KEY, tensors(), METADATA)
    cache.folder.chmod(0o500)
    try:
        goes_on_without(cache)
        with cache.lock(KEY):
            assert same(cache.load(KEY).tensors, tensors())
    finally:
        cache.folder.chmod(0o700)


def test_a_full_disk_is_reported_and_leaves_nothing_behind(cache):
    cache.save(KEY, tensors(), METADATA)
    before = file_of(cache).read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # What a write beyond this limit raises is an OSError as of a full disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        goes_on_without(cache)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(cache) == [f"{KEY}.safetensors"]
    assert file_of(cache).read_bytes() == before


def test_a_file_that_cannot_be_read_is_reported_and_stays(cache):
    file_of(cache).mkdir(parents=True)
    with pytest.warns(UserWarning, match=r"cannot be read .*trained again"):
        assert cache.load(KEY) is None
    assert file_of(cache).exists()


def test_a_lock_holds_back_threads_of_the_same_process_too(cache):
    inside, most = [], []

    def enter(index):
        with cache.lock(KEY):
            inside.append(index)
            most.append(len(inside))
            time.sleep(0.05)
            inside.remove(index)

    threads = [threading.Thread(target=enter, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == [1] * 4


def test_an_exception_inside_passes_and_releases_the_lock(cache):
    with pytest.raises(OSError, match="mine"), cache.lock(KEY):
        raise OSError("mine")
    filelock.FileLock(cache.folder / f"{KEY}.lock").acquire(timeout=0).lock.release()


# Entries


def test_entries_have_key_kind_size_use_and_metadata_the_last_used_first(cache):
    for index, (key, kind) in enumerate([(KEYS[1], "model"), (KEYS[0], "checkpoint")]):
        save = cache.save if kind == "model" else cache.save_checkpoint
        save(key, tensors(), {"about": kind})
        set_last_use(cache, key, kind, minutes_ago=10 * index)
    cache.folder.joinpath(f"{KEYS[2]}.safetensors").write_bytes(b"broken")
    set_last_use(cache, KEYS[2], minutes_ago=60)
    entries = cache.entries()
    assert [(entry.key, entry.kind) for entry in entries] == [
        (KEYS[1], "model"),
        (KEYS[0], "checkpoint"),
        (KEYS[2], "model"),
    ]
    assert [entry.metadata for entry in entries] == [
        {"about": "model"},
        {"about": "checkpoint"},
        {},
    ]
    assert entries[0].size == file_of(cache, KEYS[1]).stat().st_size
    past = datetime.now().astimezone() - entries[1].used
    assert abs(past - timedelta(minutes=10)) < timedelta(minutes=1)


def test_clear_says_how_many_and_how_much_it_removed(cache):
    cache.save(KEYS[0], tensors(), METADATA)
    cache.save_checkpoint(KEYS[1], tensors(), METADATA)
    size = sum(entry.size for entry in cache.entries())
    assert cache.clear() == (2, size)
    assert names(cache) == []
    assert cache.load(KEYS[0]) is None
