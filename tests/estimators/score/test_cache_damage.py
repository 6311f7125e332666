"""Damaged and foreign files in the model cache are reported, removed and not read."""

import warnings

import pytest
from cached_models import KEY, KEYS, METADATA, file_of, same, tensors


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
