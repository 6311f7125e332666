import threading
import time

import pytest

from bench.engine.local import FairSemaphore
from bench.limits import Capacity


@pytest.mark.parametrize(
    ("declared", "cores", "jobs", "threads", "places"),
    [
        (None, 2, 2, 1, 1),  # the share
        (None, 16, 4, 4, 1),
        (1, 16, 4, 1, 1),  # what it declares, though its share is larger
        (2, 2, 2, 2, 2),  # two cores, so that nothing runs beside it
        (8, 16, 16, 8, 8),
        (64, 2, 2, 2, 2),  # no more than there are
        (2, 2, 1, 2, 1),
    ],
)
def test_a_cell_gets_the_threads_it_declares_and_takes_the_place_of_so_many(
    declared, cores, jobs, threads, places
):
    capacity = Capacity(jobs, cores)
    assert capacity.threads_of(declared) == threads
    assert capacity.jobs_of(threads) == places


def test_never_more_units_are_acquired_than_there_are_and_nobody_waits_for_ever():
    semaphore, guard = FairSemaphore(4), threading.Lock()
    taken, most, done = 0, 0, []

    def work(places):
        nonlocal taken, most
        with semaphore.acquire(places):
            with guard:
                taken += places
                most = max(most, taken)
            time.sleep(0.002)
            with guard:
                taken -= places
        done.append(places)

    threads = [threading.Thread(target=work, args=(1 + i % 4,)) for i in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 60
    assert most == 4


def test_who_needs_many_units_is_not_passed_over():
    semaphore, order = FairSemaphore(2), []
    first = semaphore.acquire(1)
    first.__enter__()

    def work(name, places):
        with semaphore.acquire(places):
            order.append(name)
            time.sleep(0.02)

    threads = []
    for name, places in (("many", 2), ("few", 1)):
        threads.append(threading.Thread(target=work, args=(name, places)))
        threads[-1].start()
        # One of them asks after the other.
        until = time.monotonic() + 60
        while len(semaphore._waiting) < len(threads) and time.monotonic() < until:
            time.sleep(0.005)
    assert order == []
    first.__exit__(None, None, None)
    for thread in threads:
        thread.join(60)
    assert order == ["many", "few"]
