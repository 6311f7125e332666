"""Estimated time until the end of a run: predictions, corrected by how they have done so far."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.cell import Cell

#: What the predictions are taken to have been right for before there is any result: seconds of
#: each worker, and so many average cells, but no more than a part of the run.
PRIOR_SECONDS, PRIOR_CELLS, PRIOR_PART = 10.0, 20, 0.1
#: What a cell that is overdue will still take, as a part of what it has taken.
OVERDUE = 0.1
#: Workers take no longer than this to start, in seconds.
LONGEST_START = 15.0
#: How the report of a cell gives what it will still take.
_SECONDS_LEFT = re.compile(r"([0-9]+(?:\.[0-9]+)?) s left")


def seconds_left(report: str) -> float | None:
    """Return the seconds that the report of a running cell gives ("12 s left"); None without."""
    match = _SECONDS_LEFT.search(report)
    return float(match[1]) if match else None


class Eta:
    """Predicts the wall seconds until the end of a run from what has started and finished.

    ``costs`` are the predicted seconds of the cells by key, of which ``jobs`` run at a time; the
    cells of one of the ``batches`` run one after another (without any, all are independent).
    Each call takes a time that goes with the number of running cells, not of all.
    """

    def __init__(
        self,
        costs: Mapping[str, float],
        jobs: int,
        batches: Iterable[Sequence[Cell]] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._costs = costs
        self._jobs = jobs
        self._clock = clock
        # A cell that is in none of the batches is one by itself.
        number = {cell.key: number for number, batch in enumerate(batches) for cell in batch}
        self._batch: dict[str, int | str] = {key: number.get(key, key) for key in costs}
        #: Seconds, by batch, and cells that have not started.
        self._ahead: dict[int | str, float] = dict.fromkeys(self._batch.values(), 0.0)
        for key, batch in self._batch.items():
            self._ahead[batch] += costs[key]
        self._waiting = dict.fromkeys(costs)
        self._total = self._all_ahead = sum(costs.values())
        #: Batches that have not started, the longest last, and cells yet to finish of each.
        self._whole = sorted(self._ahead, key=self._ahead.__getitem__)
        self._open = Counter(self._batch.values())
        self._started: set[int | str] = set()
        self._active = 0  # batches that have started and not ended
        self._running: dict[str, float] = {}
        self._reports: dict[str, float] = {}  # seconds that running cells report as left
        self._any_result = False
        # Of the past, in seconds of one worker: what was predicted of cells that have finished,
        # what they took, and what all workers had that had something to do.
        self._predicted = self._taken = self._worked = 0.0
        self._last_event = clock()

    def start(self, key: str) -> None:
        """Note that a cell has started, maybe anew."""
        now = self._advance()
        self._start(key)
        self._running[key] = now
        self._reports.pop(key, None)

    def report(self, key: str, text: str) -> None:
        """Note the report of a cell, if it gives the seconds that are left.

        A training knows better than a prediction.
        """
        seconds = seconds_left(text)
        if key in self._running and seconds is not None:
            self._reports[key] = seconds

    def finish(self, key: str) -> None:
        """Note that a cell has ended."""
        now = self._advance()
        self._start(key)
        taken = now - self._running.pop(key, now)
        self._reports.pop(key, None)
        if not self._any_result:
            taken -= self._leave_out_start(now, taken - self._costs[key])
        self._predicted += self._costs[key]
        self._taken += taken
        batch = self._batch[key]
        self._open[batch] -= 1
        self._active -= not self._open[batch]

    def seconds(self) -> float | None:
        """Return the predicted seconds until the end; None before the first result.

        At least what the rest takes all workers together, what the longest batch takes one, and
        what any running cell reports.
        """
        if not self._any_result:
            return None
        now = self._clock()
        # Another thread may call this, hence the copy.
        running = [(key, now - start) for key, start in list(self._running.items())]
        part = min(PRIOR_PART, PRIOR_CELLS / len(self._costs))
        prior = PRIOR_SECONDS * self._jobs + part * self._total
        done = prior + self._predicted + sum(min(self._costs[key], past) for key, past in running)
        # By how much cells take longer than was predicted, and with what is between them.
        alone = (prior + self._taken + sum(past for _, past in running)) / done
        among = (prior + self._worked + self._busy() * (now - self._last_event)) / done
        rest = among * max(0.0, self._all_ahead)
        slots = [0.0] * max(0, self._jobs - len(running))
        for key, past in running:
            predicted = max(alone * self._costs[key] - past, OVERDUE * past)
            # Not less than is shown beside the cell until it reports more.
            own = self._reports.get(key, predicted)
            rest += own
            slots.append(own + alone * max(0.0, self._ahead[self._batch[key]]))
        return max(rest / self._jobs, max(slots), min(slots) + alone * self._longest_whole())

    def _advance(self) -> float:
        """Count the time since the last event; return the present one."""
        now = self._clock()
        self._worked += self._busy() * (now - self._last_event)
        self._last_event = now
        return now

    def _busy(self) -> int:
        """Return the number of workers that have something to do."""
        return min(self._jobs, self._active + len(self._ahead) - len(self._started))

    def _start(self, key: str) -> None:
        if key not in self._waiting:
            return
        del self._waiting[key]
        batch = self._batch[key]
        self._ahead[batch] -= self._costs[key]
        self._all_ahead -= self._costs[key]
        self._active += batch not in self._started
        self._started.add(batch)

    def _leave_out_start(self, now: float, late: float) -> float:
        """Forget what the workers took to start, as the first result shows; return that."""
        self._any_result = True
        start = min(max(late, 0.0), LONGEST_START)
        self._worked = max(0.0, self._worked - self._jobs * start)
        self._running = {key: min(now, begun + start) for key, begun in self._running.items()}
        return start

    def _longest_whole(self) -> float:
        """Return the predicted seconds of the longest batch that has not started."""
        while self._whole and self._whole[-1] in self._started:
            self._whole.pop()
        return self._ahead[self._whole[-1]] if self._whole else 0.0


class LongestEta:
    """Time left where groups of cells have workers of their own: that of the longest.

    ``costs`` are the predicted seconds of the cells by key; each of the ``groups`` is how many of
    its cells run at a time, and its batches.
    """

    def __init__(
        self, costs: Mapping[str, float], groups: Iterable[tuple[int, Sequence[Sequence[Cell]]]]
    ) -> None:
        self._groups: list[Eta] = []
        self._guard = threading.Lock()
        self._by_key: dict[str, Eta] = {}
        for jobs, batches in groups:
            keys = [cell.key for batch in batches for cell in batch]
            self._groups.append(Eta({key: costs[key] for key in keys}, jobs, batches))
            self._by_key.update(dict.fromkeys(keys, self._groups[-1]))

    def of(self, key: str) -> Eta:
        """Return the time left of a cell's group."""
        return self._by_key[key]

    def seconds(self) -> float | None:
        """Return the predicted seconds until the end; None before the first result."""
        # Of the terminal, the heartbeat and the run itself.
        with self._guard:
            seconds = [eta.seconds() for eta in self._groups]
        return max((one for one in seconds if one is not None), default=None)
