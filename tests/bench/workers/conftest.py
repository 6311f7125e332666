import os
import subprocess
import sys

import pytest

from bench.workers import os_control


@pytest.fixture
def start_process():
    """Start a process that runs code and then sleeps; it ends with the test, with descendants."""
    processes = []

    def start_process(code):
        code = f"{code}\nprint(1, flush=True)\nimport time\ntime.sleep(1000)"
        process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        processes.append(process)
        process.stdout.readline()
        return process

    yield start_process
    for process in processes:
        for pid in os_control.descendants(process.pid):
            os.kill(pid, 9)
        process.kill()
        process.communicate()
