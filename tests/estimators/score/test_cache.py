"""The cache of trained models: real files, real processes."""

import os
import resource
import sys
import threading
import time
import warnings
from datetime import datetime, timedelta

import filelock
import numpy as np
import pytest
import torch
from cached_models import KEY, KEYS, METADATA, file_of, names, same, tensors

from estimators.score.cache import ModelCache, default_folder, default_limit
from estimators.score.recipe import content_key


@pytest.fixture
def cache(tmp_path):
    return ModelCache(tmp_path / "models", 10**9)


@pytest.fixture
def quiet():
    """No warning may be given."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# Saving and loading


@pytest.mark.usefixtures("quiet")
def test_what_is_loaded_is_what_was_saved(cache):
    cache.save(KEY, tensors(), METADATA)
    found = cache.load(KEY)
    assert same(found.tensors, tensors())
    assert found.metadata == METADATA
    assert names(cache) == [f"{KEY}.safetensors"]


@pytest.mark.usefixtures("quiet")
def test_nothing_is_found_in_an_empty_or_missing_cache(cache):
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
    found = cache.load_checkpoint(KEY)
    assert same(found.tensors, tensors(2))
    assert found.metadata == {"facts": "2"}
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


# Damage


def assert_reported_and_removed(cache, kind, reason):
    path = file_of(cache, kind=kind)
    load = cache.load if kind == "model" else cache.load_checkpoint
    with pytest.warns(UserWarning, match=reason) as caught:
        assert load(KEY) is None
    [warning] = caught
    assert str(path) in str(warning.message)
    again = "trained again" if kind == "model" else "training begins again"
    assert again in str(warning.message)
    # The line of the warning is that of the caller.
    assert warning.filename == __file__
    assert not path.exists()


@pytest.mark.parametrize("kind", ["model", "checkpoint"])
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda data: b"", "it is empty"),
        (lambda data: data[:5], "cut off"),
        (lambda data: data[:8], "cut off"),
        (lambda data: data[:40], "cut off"),
        (lambda data: data[:-20], "checksum"),
        (lambda data: data[:-1], "checksum"),
        (lambda data: data + b"\0", "checksum"),
        (lambda data: b"torch weights" * 50, "cut off"),
        (lambda data: b"\2\0\0\0\0\0\0\0{}", "has no metadata"),
        (lambda data: b"\2\0\0\0\0\0\0\0[]", "has no metadata"),
        (lambda data: b"\1\0\0\0\0\0\0\0" + b"[" * 100_000, "not JSON"),
        (lambda data: data.replace(b"sha256", b"sha257"), "no checksum"),
    ],
)
def test_a_damaged_file_is_reported_removed_and_not_read(cache, kind, harm, reason):
    (cache.save if kind == "model" else cache.save_checkpoint)(KEY, tensors(), METADATA)
    path = file_of(cache, kind=kind)
    path.write_bytes(harm(path.read_bytes()))
    assert_reported_and_removed(cache, kind, reason)


def test_a_file_of_another_program_is_reported_removed_and_not_read(cache):
    from safetensors.torch import save_file

    cache.folder.mkdir()
    save_file(tensors(), file_of(cache), {"about": "not ours"})
    assert_reported_and_removed(cache, "model", "no checksum")


def test_a_file_cut_anywhere_or_with_any_byte_flipped_is_never_taken_for_good(cache):
    cache.save(KEY, tensors(), METADATA)
    path = file_of(cache)
    data = path.read_bytes()
    harmed = [data[:length] for length in range(len(data))]
    for place in range(len(data)):
        for bit in (1, 8, 128):
            harmed.append(data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :])
    for broken in harmed:
        path.write_bytes(broken)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert cache.load(KEY) is None
        assert len(caught) == 1
        assert not path.exists()


def test_the_model_is_saved_again_after_damage(cache):
    cache.save(KEY, tensors(), METADATA)
    file_of(cache).write_bytes(b"")
    with pytest.warns(UserWarning, match="empty"):
        cache.load(KEY)
    cache.save(KEY, tensors(), METADATA)
    assert same(cache.load(KEY).tensors, tensors())


# The limit


def used(cache, key, kind="model", *, minutes_ago):
    then = time.time() - 60 * minutes_ago
    os.utime(file_of(cache, key, kind), (then, then))


def test_the_least_recently_used_go_first_and_loading_is_a_use(tmp_path):
    wide = ModelCache(tmp_path, 10**9)
    for index, key in enumerate(KEYS[:4]):
        wide.save(key, tensors(numbers=2000), METADATA)
        used(wide, key, minutes_ago=10 - index)
    size = file_of(wide).stat().st_size
    wide.load(KEYS[0])
    ModelCache(tmp_path, 3 * size).save(KEYS[4], tensors(numbers=2000), METADATA)
    assert [entry.key for entry in wide.entries()] == [KEYS[4], KEYS[0], KEYS[3]]


def test_checkpoints_count_and_locks_of_what_is_removed_go_too(tmp_path):
    wide = ModelCache(tmp_path, 10**9)
    wide.save_checkpoint(KEYS[0], tensors(numbers=2000), METADATA)
    used(wide, KEYS[0], "checkpoint", minutes_ago=5)
    with wide.lock(KEYS[0]):
        pass
    size = file_of(wide, KEYS[0], "checkpoint").stat().st_size
    ModelCache(tmp_path, size).save(KEYS[1], tensors(numbers=2000), METADATA)
    assert names(wide) == [f"{KEYS[1]}.safetensors"]


def test_a_total_of_just_the_limit_stays(tmp_path):
    wide = ModelCache(tmp_path, 10**9)
    wide.save(KEYS[0], tensors(), METADATA)
    ModelCache(tmp_path, 2 * file_of(wide).stat().st_size).save(KEYS[1], tensors(), METADATA)
    assert len(wide.entries()) == 2


def test_the_model_just_written_stays_though_it_is_larger_than_the_limit(tmp_path):
    cache = ModelCache(tmp_path, 10)
    for key in KEYS[:3]:
        cache.save(key, tensors(), METADATA)
        assert [entry.key for entry in cache.entries()] == [key]


def test_old_temporary_files_go_and_files_that_are_not_ours_stay(tmp_path):
    cache = ModelCache(tmp_path, 0)
    hours_ago = time.time() - 7200
    left = [f"{KEY}.safetensors.{'a' * 32}.tmp", f"{KEY}.checkpoint.safetensors.{'b' * 32}.tmp"]
    others = ["model.safetensors", "notes.tmp", "x.lock", f"{KEY}.txt"]
    for name in left + others:
        (tmp_path / name).write_bytes(b"words")
    os.utime(tmp_path / left[0], (hours_ago, hours_ago))
    cache.save(KEYS[1], tensors(), METADATA)
    assert names(cache) == sorted([*others, left[1], f"{KEYS[1]}.safetensors"])
    cache.clear()
    assert names(cache) == sorted(others)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("500MB", 500 * 10**6),
        ("2 GB", 2 * 10**9),
        ("1.5gb", 1_500_000_000),
        ("10kB", 10_000),
        ("1TB", 10**12),
        ("12345", 12345),
        ("12345 B", 12345),
        ("0", 0),
        ("", 2 * 10**9),
        (None, 2 * 10**9),
    ],
)
def test_the_limit_is_a_size_with_or_without_unit(monkeypatch, text, limit):
    monkeypatch.delenv("BENCH_CACHE_LIMIT", raising=False)
    if text is not None:
        monkeypatch.setenv("BENCH_CACHE_LIMIT", text)
    assert default_limit() == limit


@pytest.mark.parametrize("text", ["much", "-1", "GB", "1e9", "2 GiB", "inf", "1,5GB", "٣GB"])
def test_a_bad_limit_is_reported_with_what_is_allowed(monkeypatch, text):
    monkeypatch.setenv("BENCH_CACHE_LIMIT", text)
    with pytest.raises(ValueError, match=r"BENCH_CACHE_LIMIT is .*allowed: .*500MB") as raised:
        default_limit()
    assert repr(text) in str(raised.value)


def test_the_folder_is_that_of_the_variable_or_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.setenv("BENCH_CACHE", "~/here")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / "here"
    monkeypatch.delenv("BENCH_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = default_folder()
    assert folder.parts[-2:] == ("intrinsic-dimension-bench", "score-models")
    assert tmp_path in folder.parents or sys.platform != "linux"


# A folder that cannot be used


def goes_on_without(cache):
    for save in (cache.save, cache.save_checkpoint):
        with pytest.warns(UserWarning, match="cannot be saved in") as caught:
            save(KEY, tensors(numbers=100_000), METADATA)
        [warning] = caught
        assert str(cache.folder) in str(warning.message)
        assert warning.filename == __file__


def test_a_folder_that_cannot_be_made_is_reported_and_nothing_fails(tmp_path):
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


def test_entries_tell_key_kind_size_use_and_metadata_the_last_used_first(cache):
    for index, (key, kind) in enumerate([(KEYS[1], "model"), (KEYS[0], "checkpoint")]):
        save = cache.save if kind == "model" else cache.save_checkpoint
        save(key, tensors(), {"about": kind})
        used(cache, key, kind, minutes_ago=10 * index)
    cache.folder.joinpath(f"{KEYS[2]}.safetensors").write_bytes(b"broken")
    used(cache, KEYS[2], minutes_ago=60)
    found = cache.entries()
    assert [(entry.key, entry.kind) for entry in found] == [
        (KEYS[1], "model"),
        (KEYS[0], "checkpoint"),
        (KEYS[2], "model"),
    ]
    assert [entry.metadata for entry in found] == [{"about": "model"}, {"about": "checkpoint"}, {}]
    assert found[0].size == file_of(cache, KEYS[1]).stat().st_size
    past = datetime.now().astimezone() - found[1].used
    assert abs(past - timedelta(minutes=10)) < timedelta(minutes=1)


def test_clear_says_how_many_and_how_much_it_removed(cache):
    cache.save(KEYS[0], tensors(), METADATA)
    cache.save_checkpoint(KEYS[1], tensors(), METADATA)
    size = sum(entry.size for entry in cache.entries())
    assert cache.clear() == (2, size)
    assert names(cache) == []
    assert cache.load(KEYS[0]) is None


@pytest.mark.parametrize("other", ["model", "checkpoint"])
def test_a_whole_file_of_another_name_is_refused(cache, other):
    cache.save(KEYS[0], tensors(0), METADATA)
    cache.save(KEYS[1], tensors(1), METADATA)
    cache.save_checkpoint(KEYS[0], tensors(2), METADATA)
    place = cache.folder / f"{KEYS[0]}.safetensors"
    taken = {"model": f"{KEYS[1]}.safetensors", "checkpoint": f"{KEYS[0]}.checkpoint.safetensors"}
    place.write_bytes((cache.folder / taken[other]).read_bytes())
    with pytest.warns(UserWarning, match="damaged .*not written as the file of this name"):
        assert cache.load(KEYS[0]) is None
    assert not place.exists()
    assert same(cache.load(KEYS[1]).tensors, tensors(1))
