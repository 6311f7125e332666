import time

from bench.workers.watch import Clock


def test_a_clock_stands_still_while_nobody_can_read_it(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    clock = Clock()
    now[0] += 0.3
    assert round(clock.seconds(0.2), 6) == 0.3
    now[0] += 3600
    assert round(clock.seconds(0.2), 6) == 0.3 + 0.2 + 1
    for _ in range(100):
        now[0] += 0.2
        seconds = clock.seconds(0.2)
    assert round(seconds, 6) == 1.5 + 20
