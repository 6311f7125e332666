import time

import pytest

from bench.workers import usage


def test_a_clock_stands_still_while_nobody_can_read_it(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = usage.Clock()
    now[0] += 0.3
    assert round(clock.seconds(0.2), 6) == 0.3
    now[0] += 3600
    assert round(clock.seconds(0.2), 6) == 0.3 + 0.2 + 1
    for _ in range(100):
        now[0] += 0.2
        seconds = clock.seconds(0.2)
    assert round(seconds, 6) == 1.5 + 20


def test_memory_is_that_of_a_process_and_what_it_started(start_process):
    process = start_process(
        "import subprocess, sys\nkept = b'x' * 200_000_000\n"
        "child = subprocess.Popen([sys.executable, '-c', 'data = b\"x\" * 100_000_000; "
        "print(1, flush=True); import time; time.sleep(1000)'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()"
    )
    assert 300e6 < usage.memory(process.pid) < 400e6


@pytest.mark.parametrize(
    "code",
    [
        "import os\nfile = os.memfd_create('x')\nos.write(file, bytes(10**8))",
        "import os\nfile = os.memfd_create('x')\nos.write(file, bytes(10**8))\n"
        "if os.fork() == 0: os.close(1); import time; time.sleep(1000)",
        "import mmap\nfile = mmap.mmap(-1, 10**8)\nfile.write(bytes(10**8))",
        "import os, mmap\nfile = os.memfd_create('x')\nos.write(file, bytes(10**8))\n"
        "mapped = mmap.mmap(file, 10**8)\nsum(mapped[::4096])",
        "import os, mmap\nfile = os.memfd_create('x')\nos.write(file, bytes(10**8))\n"
        "mapped = mmap.mmap(file, 4096)\nmapped[0]",
    ],
    ids=["written", "open-in-two", "mapped", "written-and-mapped", "mapped-in-part"],
)
def test_memory_in_files_counts_once_however_it_is_held(code, start_process):
    process = start_process(code)
    assert 1e8 < usage.memory(process.pid) < 1.6e8


def test_excluded_processes_do_not_count_though_their_children_do(start_process):
    process = start_process(
        "import subprocess, sys\nkept = bytes(range(256)) * 10**6\n"
        "child = subprocess.Popen([sys.executable, '-c', 'data = bytes([1]) * 10**8; "
        "print(1, flush=True); import time; time.sleep(1000)'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()"
    )
    assert 1e8 < usage.memory(process.pid, None, {process.pid}) < 1.6e8


def test_a_process_that_has_ended_has_no_memory(start_process):
    process = start_process("")
    assert usage.memory(process.pid) > 0
    process.kill()
    process.wait()
    assert usage.memory(process.pid) == 0


def test_the_limit_of_a_control_group_counts_where_it_is_less_than_the_machine(
    tmp_path, monkeypatch
):
    before = usage.available()
    monkeypatch.setattr(usage, "_GROUPS", tmp_path)
    assert usage.available() == pytest.approx(before, rel=0.2)
    for name, text in (
        ("memory.max", "1000000\n"),
        ("memory.current", "700000\n"),
        ("memory.stat", "anon 500000\ninactive_file 100000\n"),
    ):
        (tmp_path / name).write_text(text)
    assert usage.available() == 400_000
    for name, text in (("memory.max", str(2**34)), ("memory.current", "0")):
        (tmp_path / name).write_text(text)
    # Of the group, not of a machine that may have far more.
    assert usage.reserve() <= 2**34 // 32
