"""The clock of a calibrated fit: the processor time of this process and its children."""

import subprocess
import sys
import time

import pytest

from bench.workers.timing import clock_of, kernel_seconds, processor_seconds


def spent(work, clock=processor_seconds):
    start = clock()
    work()
    return clock() - start


def busy():
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass


def test_processor_time_counts_work_but_not_waiting():
    assert spent(lambda: time.sleep(0.5)) < 0.1
    assert spent(busy) == pytest.approx(0.3, abs=0.05)


def test_work_of_children_that_have_ended_counts():
    loop = "import time\nwhile time.process_time() < 0.5: pass"
    assert spent(lambda: subprocess.run([sys.executable, "-c", loop], check=True)) > 0.4


def test_where_a_gpu_works_the_clock_on_the_wall_counts():
    assert spent(lambda: time.sleep(0.2), clock_of("cuda")) >= 0.2
    assert spent(lambda: time.sleep(0.2), clock_of("cpu")) < 0.1


def test_the_kernel_takes_a_moment_of_the_processor():
    kernels = [kernel_seconds() for _ in range(5)]
    assert 0 < min(kernels) <= max(kernels) < 1
