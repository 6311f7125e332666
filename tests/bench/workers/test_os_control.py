import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from bench.workers import os_control


@pytest.fixture
def sleeper():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    yield process
    process.kill()
    process.wait()


def isolated(code):
    """Run code in a process of its own, which may end its children; what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"from bench.workers import os_control\n{code}"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


def test_children_are_noticed_running_and_ended_and_not_reaped():
    said = isolated(
        "import subprocess, time\n"
        "print(os_control.has_children())\n"
        "child = subprocess.Popen(['sleep', '0.2'])\n"
        "print(os_control.has_children())\n"
        "time.sleep(0.5)\n"
        "print(os_control.has_children(), child.wait(), os_control.has_children())\n"
    )
    assert said.split() == ["False", "True", "True", "0", "False"]


def test_descendants_end_though_they_left_the_group_and_lost_their_parent():
    mark = f"orphan_of_{os.getpid()}_{time.monotonic_ns()}"
    isolated(
        "import os, subprocess, sys, time\n"
        "os_control.adopt_orphans()\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        f"        os.execv(sys.executable, [sys.executable, '-c', '{mark}=1; "
        "import time; time.sleep(1000)'])\n"
        "    os._exit(0)\n"
        "time.sleep(0.5)\n"
        "os_control.end_descendants()\n"
    )
    commands = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if mark in " ".join(command)]


def test_memory_is_that_of_a_process_and_what_it_started():
    code = (
        "import subprocess, sys, time\n"
        "kept = b'x' * 200_000_000\n"
        "child = subprocess.Popen([sys.executable, '-c', "
        "'import time; kept = b\"x\" * 100_000_000; print(1, flush=True); time.sleep(1000)'])\n"
        "time.sleep(1000)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        assert 300e6 < os_control.memory(process.pid) < 400e6
    finally:
        for child in psutil.Process(process.pid).children():
            child.kill()
        process.kill()
        process.communicate()


def held(code):
    """A process that runs code and then sleeps."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nprint(1, flush=True)\nimport time\ntime.sleep(1000)"],
        stdout=subprocess.PIPE,
    )
    process.stdout.readline()
    return process


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
def test_memory_in_files_counts_once_however_it_is_held(code):
    process = held(code)
    try:
        assert 1e8 < os_control.memory(process.pid) < 1.6e8
    finally:
        for pid in os_control.descendants(process.pid):
            os.kill(pid, 9)
        process.kill()
        process.communicate()


def test_processes_apart_do_not_count_though_their_children_do():
    process = held(
        "import subprocess, sys\nkept = bytes(range(256)) * 10**6\n"
        "child = subprocess.Popen([sys.executable, '-c', 'kept = bytes([1]) * 10**8; "
        "print(1, flush=True); import time; time.sleep(1000)'], stdout=subprocess.PIPE)\n"
        "child.stdout.readline()"
    )
    try:
        assert 1e8 < os_control.memory(process.pid, None, {process.pid}) < 1.6e8
    finally:
        for pid in os_control.descendants(process.pid):
            os.kill(pid, 9)
        process.kill()
        process.communicate()


@pytest.mark.parametrize("listed", [True, False])
def test_descendants_are_found_with_and_without_the_files_that_list_children(
    listed, monkeypatch, tmp_path
):
    if not listed:
        monkeypatch.setattr(os_control, "_CHILDREN", tmp_path / "missing")
    process = held("import subprocess\nchild = subprocess.Popen(['sh', '-c', 'sleep 1000; true'])")
    try:
        until = time.monotonic() + 30
        while len(found := os_control.descendants(process.pid)) < 2:
            assert time.monotonic() < until
        assert sorted(found) == sorted(
            child.pid for child in psutil.Process(process.pid).children(recursive=True)
        )
        assert os_control.descendants(2**22 + 1) == []
    finally:
        for pid in os_control.descendants(process.pid):
            os.kill(pid, 9)
        process.kill()
        process.communicate()


def test_what_carries_a_mark_is_ended_whoever_its_parent_is():
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    isolated(
        "import os, subprocess\n"
        f"subprocess.Popen(['sleep', '1000'], env={{**os.environ, 'MARKED': '{mark}'}}, "
        "start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    )

    def marked():
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("MARKED") == mark:
                    found.append(process.status())
            except psutil.Error:
                pass
        return [status for status in found if status != psutil.STATUS_ZOMBIE]

    assert len(marked()) == 1
    os_control.end_marked("MARKED", mark)
    assert not marked()


def test_a_process_that_is_gone_has_no_memory(sleeper):
    assert os_control.memory(sleeper.pid) > 0
    sleeper.kill()
    sleeper.wait()
    assert os_control.memory(sleeper.pid) == 0


def test_the_limit_of_a_control_group_counts_where_it_is_less_than_the_machine(
    tmp_path, monkeypatch
):
    before = os_control.available()
    monkeypatch.setattr(os_control, "_GROUPS", tmp_path)
    assert os_control.available() == pytest.approx(before, rel=0.2)
    for name, text in (
        ("memory.max", "1000000\n"),
        ("memory.current", "700000\n"),
        ("memory.stat", "anon 500000\ninactive_file 100000\n"),
    ):
        (tmp_path / name).write_text(text)
    assert os_control.available() == 400_000
    for name, text in (("memory.max", str(2**34)), ("memory.current", "0")):
        (tmp_path / name).write_text(text)
    # Of the group, not of a machine that may have far more.
    assert os_control.reserve() <= 2**34 // 32


def test_how_a_process_ended_is_said_of_signals_without_a_name_too():
    assert os_control.how_it_ended(3) == "exit code 3"
    assert os_control.how_it_ended(-signal.SIGSEGV) == "killed by SIGSEGV"
    assert os_control.how_it_ended(-40) == "killed by signal 40"
