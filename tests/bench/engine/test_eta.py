import random
from dataclasses import dataclass

import pytest

from bench.engine.eta import OVERDUE, Eta, LongestEta


@dataclass(frozen=True)
class Cell:
    key: str


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def named(count, seconds, prefix="cell"):
    return {f"{prefix}-{index}": seconds for index in range(count)}


def run(costs, actual, jobs, batches=(), until=1.0, start=0.0):
    """Seconds left, predicted and true, when a part of the cells has finished."""
    clock = Clock()
    left = Eta(costs, jobs, [[Cell(key) for key in batch] for batch in batches], clock)
    waiting = [list(batch) for batch in batches] or [[key] for key in costs]
    slots = [[] for _ in range(jobs)]
    ends = {}  # slot -> end and key

    def fill(slot):
        if not slots[slot] and waiting:
            slots[slot] = waiting.pop(0)
        if slots[slot]:
            key = slots[slot].pop(0)
            left.start(key)
            ends[slot] = clock.now + actual[key], key

    for slot in range(jobs):
        fill(slot)
    ends = {slot: (end + start, key) for slot, (end, key) in ends.items()}
    output = None
    done = 0
    while ends:
        slot = min(ends, key=lambda slot: ends[slot][0])
        clock.now, key = ends.pop(slot)
        left.finish(key)
        fill(slot)
        done += 1
        if output is None and done >= until * len(costs):
            output = clock.now, left.seconds()
    return output[1], clock.now - output[0]


def test_there_is_no_guess_before_the_first_result():
    left = Eta(named(2, 1.0), 1)
    assert left.seconds() is None
    left.start("cell-0")
    assert left.seconds() is None
    left.finish("cell-0")
    assert left.seconds() is not None


@pytest.mark.parametrize("jobs", [1, 2, 5])
@pytest.mark.parametrize("until", [0.01, 0.5, 0.9])
def test_good_predictions_are_believed(jobs, until):
    costs = named(100, 3.0)
    output, true = run(costs, costs, jobs, until=until)
    assert output == pytest.approx(true, rel=0.05)


def test_the_start_of_the_workers_is_not_counted_as_slowness():
    costs = named(100, 3.0)
    output, true = run(costs, costs, jobs=4, until=0.03, start=10.0)
    assert output == pytest.approx(true, rel=0.05)


@pytest.mark.parametrize("factor", [0.001, 0.2, 4])
def test_wrong_predictions_are_corrected(factor):
    costs = named(20_000, 1.0)
    output, true = run(costs, dict.fromkeys(costs, factor), jobs=2, until=0.4)
    assert output == pytest.approx(true, rel=0.3, abs=40)


def test_one_result_that_was_late_does_not_change_everything():
    costs = named(100, 3.0)
    output, true = run(costs, {**costs, "cell-0": 30.0, "cell-1": 30.0}, jobs=2, until=0.02)
    assert output == pytest.approx(true, rel=0.5)


def test_a_batch_at_the_end_is_one_worker_s():
    long = list(named(10, 10.0, "long"))
    short = named(40, 2.0)
    costs = {**dict.fromkeys(long, 10.0), **short}
    output, true = run(costs, costs, 4, [long, *([key] for key in short)], until=0.8)
    assert true > 40
    assert output == pytest.approx(true, rel=0.05)


def test_a_batch_that_waits_for_a_worker_is_waited_for():
    last = list(named(5, 10.0, "last"))
    costs = {**named(2, 60.0), **dict.fromkeys(last, 10.0)}
    batches = [["cell-0"], ["cell-1"], last]
    output, true = run(costs, {**costs, "cell-1": 60.5}, 2, batches, until=1 / 7)
    assert (true, output) == (50.0, pytest.approx(50.0, rel=0.1))


def test_a_cell_that_is_overdue_takes_longer_yet():
    clock = Clock()
    left = Eta({"first": 1.0, "hangs": 5.0}, 2, (), clock)
    for key in ("first", "hangs"):
        left.start(key)
    clock.now = 1.0
    left.finish("first")
    clock.now = 500.0
    assert left.seconds() == pytest.approx(OVERDUE * 500, rel=0.02)
    left.finish("hangs")
    assert left.seconds() == 0


def test_a_cell_that_begins_anew_counts_once():
    clock = Clock()
    left = Eta(named(3, 10.0), 1, (), clock)
    left.start("cell-0")
    clock.now = 10.0
    left.finish("cell-0")
    for _ in range(2):
        left.start("cell-1")
    assert left.seconds() == pytest.approx(20)


def test_whatever_the_order_nothing_is_left_at_the_end():
    rng = random.Random(0)
    costs = {f"cell-{index}": rng.expovariate(1) for index in range(60)}
    keys = sorted(costs)
    batches = [keys[start : start + 7] for start in range(0, 60, 7)]
    actual = {key: cost * rng.expovariate(1) for key, cost in costs.items()}
    output, _ = run(costs, actual, 3, batches)
    assert output == pytest.approx(0, abs=1e-9)


def test_with_workers_of_their_own_the_longest_group_counts():
    """One slot of a GPU with 10 cells of 10 s, beside 4 slots with 8 cells of 1 s."""
    gpu, cpu = named(10, 10.0, "gpu"), named(8, 1.0, "cpu")
    groups = [(1, [[Cell(key)] for key in gpu]), (4, [[Cell(key)] for key in cpu])]
    left = LongestEta({**gpu, **cpu}, groups)
    assert left.seconds() is None
    for key in ("gpu-0", "cpu-0"):
        left.of(key).start(key)
        left.of(key).finish(key)
    # Divided among all five slots it would be 20 s.
    assert left.seconds() > 60


@pytest.mark.parametrize("prediction", [1.0, 30.0, 5000.0])
@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_the_eta_is_never_less_than_that_of_a_running_cell(prediction, jobs):
    clock = Clock()
    costs = {**named(20, 1.0), "training": prediction}
    left = Eta(costs, jobs, clock=clock)
    left.start("training")
    left.report("training", "step 10 of 90, 700 s left")
    for index in range(20):
        left.start(f"cell-{index}")
        clock.now += 1.0
        left.finish(f"cell-{index}")
        assert left.seconds() >= 700
    left.report("training", "step 80 of 90, loss 2, 40 s left")
    assert 40 <= left.seconds() < 60
    left.report("training", "reading")
    assert left.seconds() >= 40
    left.finish("training")
    assert left.seconds() < 1


def test_time_of_the_rest_of_a_batch_is_added_to_the_eta_of_its_running_cell():
    costs = {"training": 1.0, "reading": 50.0, "other": 1.0}
    batches = [[Cell("training"), Cell("reading")], [Cell("other")]]
    left = LongestEta(costs, [(2, batches)])
    left.of("other").start("other")
    left.of("other").finish("other")
    left.of("training").start("training")
    left.of("training").report("training", "700 s left")
    left.of("other").report("other", "900 s left")  # of one that has ended
    assert 700 < left.seconds() < 900
