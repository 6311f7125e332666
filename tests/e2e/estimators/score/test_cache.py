"""The cache of trained models among processes, some of which are killed."""

import os
import signal
import subprocess
import sys
import warnings

import filelock
import pytest
from cached_models import KEY, METADATA, file_of, names, same, tensors
from commandline import ROOT

from estimators.score.cache import ModelCache


@pytest.fixture
def cache(tmp_path):
    return ModelCache(tmp_path / "models", 10**9)


@pytest.fixture
def process():
    """Starts processes that have the cache's names; they print lines, and wait for lines."""
    started = []

    def start(code, *arguments):
        names = (
            "import os, sys, time, torch\n"
            "from pathlib import Path\n"
            "from estimators.score.cache import ModelCache\n"
            "cache, key = ModelCache(Path(sys.argv[1]), 10**9), sys.argv[2]\n"
            "say = lambda *words: print(*words, flush=True)\n"
        )
        started.append(
            subprocess.Popen(
                [sys.executable, "-c", names + code, *map(str, arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        )
        return started[-1]

    yield start
    for each in started:
        if each.poll() is None:
            each.kill()
            each.communicate()


TRAIN = """
say("ready")
sys.stdin.readline()
loaded = cache.load(key)
if loaded is None:
    with cache.lock(key):
        loaded = cache.load(key)
        if loaded is None:
            say("trains")
            time.sleep(1)
            cache.save(key, {"pid": torch.tensor(os.getpid())}, {})
            loaded = cache.load(key)
say(loaded.tensors["pid"].item())
"""


def test_of_two_processes_one_trains_and_the_other_gets_the_model(cache, process):
    racers = [process(TRAIN, cache.folder, KEY) for _ in range(2)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    outputs = [racer.communicate(timeout=60)[0].split() for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0]
    assert sorted(len(words) for words in outputs) == [1, 2]
    [trainer] = [racer.pid for racer, words in zip(racers, outputs, strict=True) if len(words) == 2]
    assert {int(words[-1]) for words in outputs} == {trainer}


def test_clear_spares_a_lock_that_is_held_and_a_killed_process_frees_it_at_once(cache, process):
    holder = process(
        "with cache.lock(key):\n    say('held')\n    time.sleep(600)", cache.folder, KEY
    )
    assert holder.stdout.readline() == "held\n"
    lock = filelock.FileLock(cache.folder / f"{KEY}.lock")
    with pytest.raises(filelock.Timeout):
        lock.acquire(timeout=0)
    being_written = cache.folder / f"{KEY}.safetensors.{'0' * 32}.tmp"
    being_written.write_bytes(b"part")
    cache.save(KEY, tensors(), METADATA)
    size = file_of(cache).stat().st_size
    assert cache.clear() == (1, size)
    assert names(cache) == [f"{KEY}.lock", being_written.name]

    holder.kill()
    holder.communicate()
    lock.acquire(timeout=60)
    lock.release()
    assert cache.clear() == (0, 0)
    assert names(cache) == []


@pytest.mark.parametrize("where", ["fsync", "replace"])
def test_a_writer_killed_before_it_is_done_leaves_what_was_there(cache, process, where):
    cache.save(KEY, tensors(), METADATA)
    writer = process(
        f"os.{where} = lambda *_: os.kill(os.getpid(), 9)\n"
        "cache.save(key, {'new': torch.zeros(100_000)}, {})",
        cache.folder, KEY,
    )  # fmt: skip
    writer.communicate(timeout=60)
    assert writer.returncode == -signal.SIGKILL
    assert len(names(cache)) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same(cache.load(KEY).tensors, tensors())
    assert len(cache.entries()) == 1
    cache.clear()
    assert names(cache) == []


def test_a_model_is_whole_while_it_is_written_and_after_its_writer_is_killed(cache, process):
    writer = process(
        "for index in range(10**9):\n"
        "    cache.save(key, {'x': torch.full((500_000,), index)}, {'index': str(index)})\n"
        "    if index == 0: say('written')\n",
        cache.folder, KEY,
    )  # fmt: skip
    assert writer.stdout.readline() == "written\n"

    def whole():
        loaded = cache.load(KEY)
        assert (loaded.tensors["x"] == int(loaded.metadata["index"])).all()
        return loaded.metadata["index"]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        seen = set()
        while len(seen) < 20:
            assert writer.poll() is None
            seen.add(whole())
        writer.kill()
        writer.communicate()
        whole()
