"""What belongs to the whole process, as it was before a cell: the next one is not to notice it."""

from __future__ import annotations

import locale
import os
import random
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np


@contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Seed the global random states, and afterwards put back what a cell may have changed.

    That is: working directory, environment, random states, numpy's error state, print options,
    warning filters, import path, standard streams, timers and signal handlers, recursion limit,
    locale, and PyTorch's threads, default type and gradient mode.
    """
    folder = os.getcwd()
    environment = dict(os.environ)
    numbers = np.random.get_state()  # noqa: NPY002 (the global one is what is to be put back)
    draws = random.getstate()
    errors = np.geterr()
    printing = np.get_printoptions()
    path = list(sys.path)
    streams = sys.stdin, sys.stdout, sys.stderr
    handlers = {number: signal.getsignal(number) for number in _HANDLED}
    depth = sys.getrecursionlimit()
    language = locale.setlocale(locale.LC_ALL)
    torch = _torch_state()
    _seed(seed)
    try:
        with warnings.catch_warnings():
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)
        sys.stdin, sys.stdout, sys.stderr = streams
        with suppress(OSError):
            os.chdir(folder)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        np.random.set_state(numbers)  # noqa: NPY002
        random.setstate(draws)
        np.seterr(**errors)
        np.set_printoptions(**printing)
        sys.path[:] = path
        sys.setrecursionlimit(depth)
        with suppress(locale.Error):
            locale.setlocale(locale.LC_ALL, language)
        _restore_torch(torch)


_LIMITS = tuple(value for name, value in vars(resource).items() if name.startswith("RLIMIT_"))
# Those that Python code may catch and that end or interrupt a process.
_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE)


def beyond_repair() -> tuple[object, ...]:
    """What cannot be put back, or not safely: a process in which it has changed is to be replaced.

    Threads, limits of resources, the processors that it may use, where its output goes.
    """
    limits = [resource.getrlimit(kind) for kind in _LIMITS]
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None
    outputs = [(found.st_dev, found.st_ino) for found in map(os.fstat, (1, 2))]
    return threading.active_count(), limits, cores, outputs


def _seed(seed: int) -> None:
    np.random.seed(seed % 2**32)  # noqa: NPY002 (for estimators that draw from it)
    random.seed(seed)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


def _torch_state() -> dict[str, Any] | None:
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    return {
        "threads": torch.get_num_threads(),
        "type": torch.get_default_dtype(),
        "gradients": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }


def _restore_torch(state: dict[str, Any] | None) -> None:
    torch = sys.modules.get("torch")
    if torch is None or state is None:
        return
    if torch.get_num_threads() != state["threads"]:
        torch.set_num_threads(state["threads"])
    torch.set_default_dtype(state["type"])
    torch.set_grad_enabled(state["gradients"])
    # Which imports a compiler: only where it is needed.
    if torch.are_deterministic_algorithms_enabled() != state["deterministic"]:
        torch.use_deterministic_algorithms(state["deterministic"])
