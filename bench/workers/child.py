"""The process of one cell: run it, send its outcome, end."""

from __future__ import annotations

import ctypes
import io
import json
import logging
import os
import random
import socket
import sys
import traceback
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NoReturn

import numpy as np

from bench.cell import Cell
from bench.store.validation import validate_outcome
from bench.workers import preload
from bench.workers.measure import DiskFull, measure
from bench.workers.messages import Sender, pack
from bench.workers.outcome import DONE, FULL, PROGRESS, STAGE, measured_values

_LONGEST_TEXT = 500


def run_cell(
    cell: Cell, device: str, threads: int, setup: Mapping[str, Any], results: socket.socket
) -> NoReturn:
    """Run a cell, send its outcome, and end this process.

    Without cleanup: threads that an estimator has left, say, could wait for ever.
    """
    code = 1
    try:
        _run(cell, device, threads, setup, Sender(results))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            _flush()
        os._exit(code)


def rehearse() -> None:
    """Call once what all cells call before and after their fit.

    That copies memory that is shared with the parent process while no cell waits for it.
    """
    seed(0)
    file = io.BytesIO()
    np.save(file, np.zeros((2, 2)), allow_pickle=False)
    file.seek(0)
    np.load(file, allow_pickle=False)
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("default")
    _flush()
    pack(DONE, json.loads('{"seconds": 1.0}'), {})


def _run(cell: Cell, device: str, threads: int, setup: Mapping[str, Any], sender: Sender) -> None:
    pid, modules_before = os.getpid(), len(sys.modules)
    seed(cell.random_state)
    logger = logging.getLogger("estimators")
    logger.addHandler(_LogSender(sender))
    logger.setLevel(logging.INFO)
    try:
        record, arrays = measure(
            cell,
            device,
            threads,
            setup["scratch"],
            setup["calibrated"],
            lambda stage: sender.send(STAGE, {"stage": stage}),
        )
    except DiskFull as error:
        sender.send(FULL, {"text": str(error)})
        return
    if os.getpid() != pid:
        # An estimator forked, and this is the child that came back from its fit.
        os._exit(0)
    record, arrays = validate_outcome(record, arrays)
    # The output must reach the supervisor before the outcome reaches the worker slot.
    _flush()
    facts = {
        "key": cell.key,
        "record": measured_values(record),
        "modules": preload.imported_since(modules_before),
    }
    sender.send(DONE, facts, arrays)


def seed(number: int) -> None:
    """Seed the global random states, for estimators that draw from them."""
    np.random.seed(number % 2**32)  # noqa: NPY002
    random.seed(number)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(number)


class _LogSender(logging.Handler):
    """Sends log records to the coordinator as progress reports."""

    def __init__(self, sender: Sender) -> None:
        super().__init__()
        self._sender = sender
        self._process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        if os.getpid() == self._process:
            try:
                self._sender.offer(PROGRESS, {"text": record.getMessage()[:_LONGEST_TEXT]})
            except Exception:
                self.handleError(record)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    ctypes.CDLL(None).fflush(None)
