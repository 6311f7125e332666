"""The model cache stays within its limit, and is where the user wants it."""

import os
import sys
import time

import pytest
from cached_models import KEY, KEYS, METADATA, file_of, names, set_last_use, tensors

from estimators.score.cache import ModelCache, default_folder, default_limit


def test_the_least_recently_used_go_first_and_loading_is_a_use(tmp_path):
    wide = ModelCache(tmp_path, 10**9)
    for index, key in enumerate(KEYS[:4]):
        wide.save(key, tensors(numbers=2000), METADATA)
        set_last_use(wide, key, minutes_ago=10 - index)
    size = file_of(wide).stat().st_size
    wide.load(KEYS[0])
    ModelCache(tmp_path, 3 * size).save(KEYS[4], tensors(numbers=2000), METADATA)
    assert [entry.key for entry in wide.entries()] == [KEYS[4], KEYS[0], KEYS[3]]


def test_checkpoints_count_and_locks_of_what_is_removed_go_too(tmp_path):
    wide = ModelCache(tmp_path, 10**9)
    wide.save_checkpoint(KEYS[0], tensors(numbers=2000), METADATA)
    set_last_use(wide, KEYS[0], "checkpoint", minutes_ago=5)
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
