"""Targets of fuzzing; a fault is all but success and the product's clear error."""

import collections
import contextlib
import logging
import re
import signal
import threading
import traceback
import warnings
from dataclasses import dataclass, field

import command_lines
import data_files
import stores
import texts
from hypothesis import HealthCheck, Phase, given, seed, settings

#: Name -> the strategy of cases, and what is done with one in a folder.
TARGETS = {
    "data files": (data_files.cases, data_files.check),
    "stores": (stores.cases, stores.check),
    "array files": (stores.array_cases, stores.check_arrays),
    "baselines": (texts.baselines, texts.check_baseline),
    "suites": (texts.suites, texts.check_suite),
    "command lines": (command_lines.cases, command_lines.check),
}
#: Seconds after which a case counts as one that hangs.
LONGEST = 30
#: A ValueError that passes on one of these is no clear error: it is how a fault in a program looks.
INTERNAL = re.compile(
    r"cannot be read: "
    r"((Index|Key|Type|Attribute|Assertion|Recursion|UnboundLocal|Name|ZeroDivision)Error\b"
    # Their texts, where the class was left out.
    r"|.*(index out of range|object has no attribute|not subscriptable|unsupported operand type"
    r"|recursion depth exceeded|referenced before assignment|object is not iterable))"
)


class Hang(BaseException):
    """A case takes too long; no error of a library's, which is what the product waits for."""


@dataclass
class Counts:
    """Cases of a target that went well, that were refused clearly, and faults by kind."""

    fine: int = 0
    refused: int = 0
    faults: collections.Counter = field(default_factory=collections.Counter)
    examples: dict = field(default_factory=dict)

    @property
    def cases(self):
        return self.fine + self.refused + sum(self.faults.values())


def fuzz(name, folder, examples, number, counts):
    """Draw so many cases of a target, from a seed, and count how they end."""
    strategy, check = TARGETS[name]

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy())
    def run(case):
        try:
            with _limited(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                check(case, folder)
            counts.fine += 1
        except (Exception, Hang, SystemExit) as error:
            if is_clear(error):
                counts.refused += 1
                return
            # The first error has the line; "from None" hides only its message.
            first = error.__context__ if INTERNAL.search(str(error)) else None
            kind = _kind(first or error)
            counts.faults[kind] += 1
            trace = "".join(traceback.format_exception(first or error))
            counts.examples.setdefault(kind, (case, trace))

    logging.disable()
    try:
        run()
    finally:
        logging.disable(logging.NOTSET)


def is_clear(error):
    """Return whether it is the product's error for wrong input, and no fault inside of one."""
    plain = isinstance(error, ValueError) and not isinstance(error, UnicodeError)
    return plain and not INTERNAL.search(str(error))


def _kind(error):
    """The class of an error and the last line of the product's that it came through."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if any(f"/{part}/" in f.filename for part in ("bench", "manifolds"))]
    place = (own or frames)[-1]
    return f"{type(error).__name__} in {place.filename.rpartition('/')[2]}:{place.lineno}"


@contextlib.contextmanager
def _limited():
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(*_):
        raise Hang(f"more than {LONGEST} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
