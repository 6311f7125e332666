"""Estimators that attack their supervisor, and the messages that they send to the coordinator."""

import logging
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time

import numpy as np

import estimators
from bench.workers.messages import pack

_STRAY = f"import time; left_behind = '{os.environ.get('STRAY_MARK')}'; time.sleep(1000)"


def hostile(name):
    """Register a function of the points as an estimator of dimension 2."""

    def decorate(act):
        def fit(self, X, y=None):
            act(X)
            self.dimension_ = 2.0

        estimators.register(name)(type(act.__name__.title(), (), {"fit": fit}))
        return act

    return decorate


def start_children_that_stay():
    for detached in (False, True):
        subprocess.Popen([sys.executable, "-c", _STRAY], start_new_session=detached)


def sockets():
    """Yield the descriptors of this process's sockets to the coordinator."""
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                yield int(name)
        except OSError:
            pass


def write_to_sockets(data):
    for descriptor in sockets():
        os.write(descriptor, data)


@hostile("sends-junk")
def sends_junk(X):
    write_to_sockets(b"junk that is no message" * 10)


@hostile("sends-a-pickle")
def sends_a_pickle(X):
    write_to_sockets(pickle.dumps(("done", 1, 2, 3)))


@hostile("sends-too-much")
def sends_too_much(X):
    write_to_sockets(struct.pack("!4sIQ", b"\x93IDm", 100, 2**60))


@hostile("sends-half-a-message")
def sends_half_a_message(X):
    write_to_sockets(pack("log", {"text": "x" * 100})[:50])
    os._exit(0)


@hostile("sends-half-a-message-and-hangs")
def sends_half_a_message_and_hangs(X):
    write_to_sockets(pack("log", {"text": "x" * 100})[:50])
    time.sleep(1000)


@hostile("sends-the-outcome-of-another-cell")
def sends_the_outcome_of_another_cell(X):
    write_to_sockets(pack("done", {"key": "0" * 64, "record": {}, "modules": []}))
    time.sleep(1000)


@hostile("closes-its-sockets")
def closes_its_sockets(X):
    for descriptor in list(sockets()):
        os.close(descriptor)


@hostile("logs-in-threads")
def logs_in_threads(X):
    """Eight threads that log while the outcome is sent, and do not stop."""
    logger = logging.getLogger("estimators")

    def log():
        while True:
            logger.info("x" * 300)

    for _ in range(8):
        threading.Thread(target=log, daemon=True).start()
    time.sleep(0.2)


estimators.entry("logs-in-threads").cls.details_ = {"some": np.arange(300_000.0)}


@hostile("logs-and-ends")
def logs_and_ends(X):
    logging.getLogger("estimators").info("a message")


@hostile("logs-what-cannot-be-formatted")
def logs_what_cannot_be_formatted(X):
    logging.getLogger("estimators").info("%d", "x")
    logging.getLogger("estimators").info("\x1b]0;owned\x07 caf\udce9")


@hostile("stops-its-parent")
def stops_its_parent(X):
    os.kill(os.getppid(), signal.SIGSTOP)


@hostile("kills-its-parent")
def kills_its_parent(X):
    start_children_that_stay()
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def grandparent():
    with open(f"/proc/{os.getppid()}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


@hostile("kills-its-grandparent")
def kills_its_grandparent(X):
    start_children_that_stay()
    os.kill(grandparent(), signal.SIGKILL)
    time.sleep(1000)


@hostile("stops-its-grandparent-and-hangs")
def stops_its_grandparent_and_hangs(X):
    start_children_that_stay()
    os.kill(grandparent(), signal.SIGSTOP)
    time.sleep(1000)
