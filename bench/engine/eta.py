"""How long a run will take yet: predictions, corrected by how they have done so far."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.cell import Cell

#: What the predictions are taken to have been right for before there is any result: seconds of
#: each worker, and so many average cells, but no more than a part of the run.
TRUSTED_SECONDS, TRUSTED_CELLS, TRUSTED_PART = 10.0, 20, 0.1
#: What a cell that is overdue will take yet, as a part of what it has had.
OVERDUE = 0.1
#: Workers take no longer than this to start, in seconds.
LONGEST_START = 15.0
#: How cells say what they will take yet.
_SECONDS_LEFT = re.compile(r"([0-9]+(?:\.[0-9]+)?) s left")


def seconds_said(text: str, otherwise: float) -> float:
    """Seconds left that the words of a running cell give, else what is predicted otherwise."""
    said = _SECONDS_LEFT.search(text)
    return float(said[1]) if said else otherwise


class TimeLeft:
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
        #: Seconds, by batch, and cells that have not begun.
        self._ahead: dict[int | str, float] = dict.fromkeys(self._batch.values(), 0.0)
        for key, batch in self._batch.items():
            self._ahead[batch] += costs[key]
        self._unbegun = dict.fromkeys(costs)
        self._total = self._all_ahead = sum(costs.values())
        #: Batches that have not begun, the longest last, and cells yet to finish of each.
        self._whole = sorted(self._ahead, key=self._ahead.__getitem__)
        self._open = Counter(self._batch.values())
        self._begun: set[int | str] = set()
        self._active = 0  # batches that have begun and not ended
        self._running: dict[str, float] = {}
        #: What running cells last said that they will take yet.
        self._said: dict[str, float] = {}
        self._any_result = False
        # Of the past, in seconds of one worker: what was predicted of cells that have finished,
        # what they took, and what all workers had that had something to do.
        self._predicted = self._taken = self._worked = 0.0
        self._seen = clock()

    def started(self, key: str) -> None:
        """A cell has begun, maybe anew."""
        now = self._pass()
        self._begin(key)
        self._running[key] = now
        self._said.pop(key, None)

    def told(self, key: str, text: str) -> None:
        """A cell says how far it is: heeded where that has the seconds that are left ("12 s left").

        A training knows better than a prediction.
        """
        if key in self._running and _SECONDS_LEFT.search(text):
            self._said[key] = seconds_said(text, 0.0)

    def finished(self, key: str) -> None:
        """A cell has ended."""
        now = self._pass()
        self._begin(key)
        taken = now - self._running.pop(key, now)
        self._said.pop(key, None)
        if not self._any_result:
            taken -= self._leave_out_start(now, taken - self._costs[key])
        self._predicted += self._costs[key]
        self._taken += taken
        batch = self._batch[key]
        self._open[batch] -= 1
        self._active -= not self._open[batch]

    def seconds(self) -> float | None:
        """Predicted seconds until the end; None before the first result.

        At least what the rest takes all workers together, what the longest batch takes one, and
        what any running cell says of itself.
        """
        if not self._any_result:
            return None
        now = self._clock()
        # Another thread may ask, hence the copy.
        running = [(key, now - start) for key, start in list(self._running.items())]
        part = min(TRUSTED_PART, TRUSTED_CELLS / len(self._costs))
        trust = TRUSTED_SECONDS * self._jobs + part * self._total
        done = trust + self._predicted + sum(min(self._costs[key], had) for key, had in running)
        # By how much cells take longer than was predicted, and with what is between them.
        alone = (trust + self._taken + sum(had for _, had in running)) / done
        among = (trust + self._worked + self._lanes() * (now - self._seen)) / done
        rest = among * max(0.0, self._all_ahead)
        lanes = [0.0] * max(0, self._jobs - len(running))
        for key, had in running:
            predicted = max(alone * self._costs[key] - had, OVERDUE * had)
            # Not less than is shown beside the cell until it says more.
            own = self._said.get(key, predicted)
            rest += own
            lanes.append(own + alone * max(0.0, self._ahead[self._batch[key]]))
        return max(rest / self._jobs, max(lanes), min(lanes) + alone * self._longest_whole())

    def _pass(self) -> float:
        """Count the time since the last event; returns the present one."""
        now = self._clock()
        self._worked += self._lanes() * (now - self._seen)
        self._seen = now
        return now

    def _lanes(self) -> int:
        """Workers that have something to do."""
        return min(self._jobs, self._active + len(self._ahead) - len(self._begun))

    def _begin(self, key: str) -> None:
        if key not in self._unbegun:
            return
        del self._unbegun[key]
        batch = self._batch[key]
        self._ahead[batch] -= self._costs[key]
        self._all_ahead -= self._costs[key]
        self._active += batch not in self._begun
        self._begun.add(batch)

    def _leave_out_start(self, now: float, late: float) -> float:
        """Forget what the workers took to start, as the first result says; returns that."""
        self._any_result = True
        start = min(max(late, 0.0), LONGEST_START)
        self._worked = max(0.0, self._worked - self._jobs * start)
        self._running = {key: min(now, begun + start) for key, begun in self._running.items()}
        return start

    def _longest_whole(self) -> float:
        """Predicted seconds of the longest batch that has not begun."""
        while self._whole and self._whole[-1] in self._begun:
            self._whole.pop()
        return self._ahead[self._whole[-1]] if self._whole else 0.0


class LongestLeft:
    """Time left where groups of cells have workers of their own: that of the longest.

    ``costs`` are the predicted seconds of the cells by key; each of the ``groups`` is how many of
    its cells run at a time, and its batches.
    """

    def __init__(
        self, costs: Mapping[str, float], groups: Iterable[tuple[int, Sequence[Sequence[Cell]]]]
    ) -> None:
        self._groups: list[TimeLeft] = []
        self._of: dict[str, TimeLeft] = {}
        for jobs, batches in groups:
            keys = [cell.key for batch in batches for cell in batch]
            left = TimeLeft({key: costs[key] for key in keys}, jobs, batches)
            self._groups.append(left)
            self._of.update(dict.fromkeys(keys, left))

    def started(self, key: str) -> None:
        """A cell has begun, maybe anew."""
        self._of[key].started(key)

    def told(self, key: str, text: str) -> None:
        """A cell says how far it is."""
        self._of[key].told(key, text)

    def finished(self, key: str) -> None:
        """A cell has ended."""
        self._of[key].finished(key)

    def seconds(self) -> float | None:
        """Predicted seconds until the end; None before the first result."""
        return max((s for left in self._groups if (s := left.seconds()) is not None), default=None)
