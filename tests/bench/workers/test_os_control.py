import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from bench.workers import os_control


def isolated(code):
    """Run code in a process of its own, which may end its children; what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"from bench.workers import os_control\n{code}"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


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


@pytest.mark.parametrize("listed", [True, False])
def test_descendants_are_listed_with_and_without_the_files_that_list_children(
    listed, monkeypatch, tmp_path, start_process
):
    if not listed:
        monkeypatch.setattr(os_control, "_CHILDREN", tmp_path / "missing")
    process = start_process(
        "import subprocess\nchild = subprocess.Popen(['sh', '-c', 'sleep 1000; true'])"
    )
    until = time.monotonic() + 30
    while len(pids := os_control.descendants(process.pid)) < 2:
        assert time.monotonic() < until
    assert sorted(pids) == sorted(
        child.pid for child in psutil.Process(process.pid).children(recursive=True)
    )
    assert os_control.descendants(2**22 + 1) == []


def test_what_carries_a_mark_is_ended_whoever_its_parent_is():
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    isolated(
        "import os, subprocess\n"
        f"subprocess.Popen(['sleep', '1000'], env={{**os.environ, 'MARKED': '{mark}'}}, "
        "start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)"
    )

    def marked():
        results = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("MARKED") == mark:
                    results.append(process.status())
            except psutil.Error:
                pass
        return [status for status in results if status != psutil.STATUS_ZOMBIE]

    assert len(marked()) == 1
    os_control.end_marked("MARKED", mark)
    assert not marked()


def test_a_process_that_is_being_replaced_by_a_marked_program_is_waited_for():
    """As in the moment of an exec, its environment reads as empty; the program has the mark."""
    mark = f"replaced_{os.getpid()}_{time.monotonic_ns()}"
    code = (
        "import os, sys, time; time.sleep(0.4); "
        f"os.execve('/bin/sleep', ['sleep', '1000'], {{'MARKED': '{mark}'}})"
    )
    replaced = subprocess.Popen([sys.executable, "-S", "-c", code], env={})
    try:
        os_control.end_marked("MARKED", mark)
        assert replaced.wait(timeout=10) == -signal.SIGKILL
    finally:
        replaced.kill()


def test_the_end_of_a_process_is_described_for_unnamed_signals_too():
    assert os_control.how_it_ended(3) == "exit code 3"
    assert os_control.how_it_ended(-signal.SIGSEGV) == "killed by SIGSEGV"
    assert os_control.how_it_ended(-40) == "killed by signal 40"
