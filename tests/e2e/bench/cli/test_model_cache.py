"""``python -m bench cache``, in processes of its own."""

import os
import subprocess
import sys
import time

import pytest
import torch
from commandline import ROOT, bench

from estimators.score.cache import ModelCache

KEYS = [f"{digit:x}" * 64 for digit in range(8)]


@pytest.fixture
def filled(tmp_path):
    """A cache with two models, a checkpoint and a broken file, the first one used last."""
    cache = ModelCache(tmp_path / "models", 10**9)
    weights = {"weight": torch.zeros(250_000)}
    cache.save(KEYS[0], weights, {"about": "residual, 5000 steps"})
    cache.save(KEYS[1], weights, {"about": "unet", "points": "500 × 20", "steps": "70"})
    cache.save_checkpoint(KEYS[2], weights, {"about": "training stopped\nat step 125"})
    (cache.folder / f"{KEYS[3]}.safetensors").write_bytes(b"broken")
    for index, entry in enumerate(sorted(cache.entries(), key=lambda entry: entry.key)):
        then = time.mktime((2025, 3, 4 - index, 12, 30, 0, 0, 0, -1))
        name = f"{entry.key}{'.checkpoint' * (entry.kind == 'checkpoint')}.safetensors"
        os.utime(cache.folder / name, (then, then))
    return cache


def test_list_shows_a_line_for_each_file_and_the_total(filled):
    output = bench(
        "cache", "list", BENCH_CACHE=str(filled.folder), BENCH_CACHE_LIMIT="1.5GB"
    ).stdout
    heading, *rows, empty, last = output.splitlines()
    assert heading.split() == ["key", "kind", "what", "points", "steps", "size", "last", "used"]
    place = {name: heading.index(name) for name in ("key", "kind", "what", "points", "size")}
    assert [row[: place["kind"]].strip() for row in rows] == [key[:12] for key in KEYS[:4]]
    kinds = [row[place["kind"] : place["what"]].strip() for row in rows]
    assert kinds == ["model", "model", "checkpoint", "model"]
    about = [row[place["what"] : place["points"]].strip() for row in rows]
    assert about == [
        "residual, 5000 steps", "unet", "training stopped at step 125", "unreadable"
    ]  # fmt: skip
    facts = [row[place["points"] : place["size"]].split() for row in rows]
    assert facts == [[], ["500", "×", "20", "70"], [], []]
    assert rows[0][place["size"] :].split() == ["1", "MB", "2025-03-04", "12:30"]
    assert rows[3][place["size"] :].split() == ["6", "B", "2025-03-01", "12:30"]
    assert empty == ""
    assert last == f"3 models, 1 checkpoint: 3 MB of at most 1.5 GB, in {filled.folder}"


def test_list_changes_nothing(filled):
    before = {path: path.stat().st_mtime_ns for path in filled.folder.iterdir()}
    bench("cache", "list", BENCH_CACHE=str(filled.folder))
    assert {path: path.stat().st_mtime_ns for path in filled.folder.iterdir()} == before


def test_columns_that_no_file_fills_are_not_shown(tmp_path):
    ModelCache(tmp_path, 10**9).save(KEYS[0], {"x": torch.zeros(1)}, {"about": "unet"})
    output = bench("cache", "list", BENCH_CACHE=str(tmp_path)).stdout
    assert output.splitlines()[0].split() == ["key", "kind", "what", "size", "last", "used"]
    assert "1 model: " in output


def test_an_empty_cache_says_so(tmp_path):
    folder = tmp_path / "none"
    output = bench("cache", "list", BENCH_CACHE=str(folder)).stdout
    assert output == f"no trained models in {folder} (limit 2 GB)\n"
    output = bench("cache", "clear", BENCH_CACHE=str(folder)).stdout
    assert output == f"removed 0 files, 0 B, from {folder}\n"
    assert not folder.exists()


def test_clear_removes_all_without_a_question_and_prints_how_much(filled):
    output = bench("cache", "clear", BENCH_CACHE=str(filled.folder)).stdout
    assert output == f"removed 4 files, 3 MB, from {filled.folder}\n"
    assert list(filled.folder.iterdir()) == []


@pytest.mark.parametrize("what", ["list", "clear"])
def test_a_bad_limit_or_folder_is_one_clear_message_and_exit_code_2(tmp_path, what):
    output = bench("cache", what, BENCH_CACHE=str(tmp_path), check=2, BENCH_CACHE_LIMIT="lots")
    assert "BENCH_CACHE_LIMIT is 'lots'; allowed:" in output.stderr
    (tmp_path / "file").write_text("mine")
    more = bench("cache", what, BENCH_CACHE=str(tmp_path / "file"), check=2)
    assert f"cannot use {tmp_path / 'file'}: Not a directory" in more.stderr
    assert (tmp_path / "file").read_text() == "mine"
    for stderr in (output.stderr, more.stderr):
        assert "Traceback" not in stderr
        assert stderr.count("error:") == 1


def test_help_names_both_commands(tmp_path):
    assert "cache" in bench("--help", BENCH_CACHE=str(tmp_path)).stdout
    output = bench("cache", "--help", BENCH_CACHE=str(tmp_path)).stdout
    assert "list" in output
    assert "clear" in output


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], {"torch", "safetensors", "filelock", "platformdirs", "numpy"}),
        (["cache", "list"], {"torch", "safetensors", "sklearn", "scipy", "pandas", "skdim"}),
        (["cache", "clear"], {"torch", "safetensors", "sklearn", "scipy", "pandas", "skdim"}),
    ],
)
def test_nothing_heavy_is_imported(filled, arguments, heavy):
    code = (
        "import sys\n"
        f"sys.argv = ['bench', *{arguments!r}]\n"
        "from bench.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print('heavy:', sorted({heavy!r} & sys.modules.keys()))\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, cwd=ROOT, check=True,
        env={**os.environ, "BENCH_CACHE": str(filled.folder)},
    )  # fmt: skip
    assert "heavy: []" in output.stdout
