"""Estimators that do to their process what a benchmark must survive."""

import builtins
import ctypes
import gc
import logging
import mmap
import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings

import numpy as np

import estimators
from bench.workers.messages import pack


def hostile(name):
    """Register a function of the points as an estimator that calls it; its answer, or 2."""

    def decorate(act):
        def fit(self, X, y=None):
            self.dimension_ = act(X) or 2.0

        estimators.register(name)(type(act.__name__.title(), (), {"fit": fit}))
        return act

    return decorate


@hostile("bystander")
def bystander(X):
    """Does no harm, and notices if others have done any."""
    assert os.getcwd() == os.environ["EXPECTED_FOLDER"], os.getcwd()
    assert np.geterr()["divide"] == "warn", np.geterr()
    assert os.environ.get("LEFT_BEHIND") is None
    assert threading.active_count() == 1, threading.enumerate()
    assert X.sum() != 0
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY


@hostile("draws")
def draws(X):
    """Draws from the global random states: the same whatever ran before."""
    return np.random.rand()  # noqa: NPY002


@hostile("hangs-in-python")
def hangs_in_python(X):
    while True:
        pass


@hostile("hangs-in-c")
def hangs_in_c(X):
    # Through PyDLL the interpreter's lock is held meanwhile: no Python thread can run.
    ctypes.PyDLL(None).sleep(1000)


@hostile("exhausts-memory")
def exhausts_memory(X):
    hoard = []
    while True:
        hoard.append(np.ones(2**21))
        time.sleep(0.005)


@hostile("exhausts-memory-in-children")
def exhausts_memory_in_children(X):
    code = "import time; hoard = b'x' * 150_000_000; time.sleep(1000)"
    for _ in range(10):
        subprocess.Popen([sys.executable, "-c", code])
        time.sleep(0.1)
    time.sleep(1000)


@hostile("segfaults")
def segfaults(X):
    print("about to follow a null pointer", flush=True)
    ctypes.string_at(0)


@hostile("calls-exit")
def calls_exit(X):
    print("the last line before the end", flush=True)
    os._exit(7)


@hostile("raises-system-exit")
def raises_system_exit(X):
    sys.exit("enough")


@hostile("forks-children-that-stay")
def forks_children_that_stay(X):
    for detached in (False, True):
        if os.fork() == 0:
            if detached:
                os.setsid()
                if os.fork():
                    os._exit(0)
            os.execv(sys.executable, [sys.executable, "-c", _STRAY])


_STRAY = f"import time; left_behind = '{os.environ.get('STRAY_MARK')}'; time.sleep(1000)"


@hostile("forks-and-both-return")
def forks_and_both_return(X):
    os.fork()


@hostile("forks-then-exits")
def forks_then_exits(X):
    if os.fork() == 0:
        time.sleep(1000)
    os._exit(8)


@hostile("prints-megabytes")
def prints_megabytes(X):
    for _ in range(200):
        print("x" * 99_999)
        os.write(2, b"y" * 100_000)
    print("the end of it")
    raise RuntimeError("printed enough")


@hostile("changes-the-process")
def changes_the_process(X):
    np.random.seed(0)  # noqa: NPY002
    np.seterr(all="raise")
    os.chdir("/")
    os.environ["LEFT_BEHIND"] = "1"
    sys.path.clear()
    X[:] = 0


@hostile("leaves-a-thread")
def leaves_a_thread(X):
    threading.Thread(target=hangs_in_python, args=(X,), daemon=True).start()


@hostile("closes-everything")
def closes_everything(X):
    os.closerange(0, 1000)


@hostile("forks-and-hangs")
def forks_and_hangs(X):
    forks_children_that_stay(X)
    hangs_in_c(X)


@hostile("writes-to-a-disk")
def writes_to_a_disk(X):
    with open(os.path.join(os.environ["DISK"], "large"), "wb") as file:
        file.write(bytes(4 * 2**20))


@hostile("needs-300-mib")
def needs_300_mib(X):
    array = np.ones(300 * 2**17)
    time.sleep(1)
    return array[0]


@hostile("exhausts-shared-memory")
def exhausts_shared_memory(X):
    hoard = mmap.mmap(-1, 2**30)
    for start in range(0, 2**30, 2**24):
        hoard[start : start + 2**24] = bytes(2**24)
        time.sleep(0.01)
    time.sleep(1000)


@hostile("exhausts-memory-and-talks")
def exhausts_memory_and_talks(X):
    hoard = []
    while True:
        hoard.append(np.ones(2**20))
        logging.getLogger("estimators").info("%d", len(hoard))
        time.sleep(0.005)


@hostile("says-what-is-no-text")
def says_what_is_no_text(X):
    raise RuntimeError("caf\udce9")


@hostile("has-details-of-odd-names")
def has_details_of_odd_names(X):
    return 2.0


estimators.entry("has-details-of-odd-names").cls.details_ = {"file": np.zeros(3)}


@hostile("changes-limits")
def changes_limits(X):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


@hostile("meddles-with-libraries")
def meddles_with_libraries(X):
    """Changes what all code of a process shares, in ways that no list of settings covers."""
    import decimal

    import sklearn

    sklearn.set_config(transform_output="pandas")
    np.median = lambda *arguments, **more: np.float64(7.0)
    np.random.default_rng = lambda *arguments: np.random.Generator(np.random.PCG64(0))
    builtins.sum = lambda *arguments: 0
    builtins.open = None
    time.perf_counter = lambda: 42.0
    warnings.warn = lambda *arguments, **more: None
    warnings.simplefilter("error")
    decimal.getcontext().prec = 2
    ctypes.CDLL(None).fesetround(0x800)
    signal.setitimer(signal.ITIMER_PROF, 0.2)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    gc.disable()
    os.umask(0o777)
    os.set_blocking(1, False)
    logging.disable(logging.CRITICAL)
    sys.stdout.close()
    sys.modules["scipy"] = None
    HOARD.append(np.ones(2**20))


HOARD = []


@hostile("notices")
def notices(X):
    """Fails where anything is not as it is in a new process."""
    import decimal

    import scipy  # noqa: F401
    import sklearn

    assert sklearn.get_config()["transform_output"] == "default"
    assert np.median([1, 2, 30]) == 2
    assert np.random.default_rng(1).random() != np.random.default_rng(2).random()
    assert sum([1, 2]) == 3
    with open(os.devnull):
        pass
    assert time.perf_counter() != 42
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("heard", stacklevel=1)
    assert len(caught) == 1
    assert decimal.getcontext().prec == 28
    assert repr(float(np.float64(1) / np.float64(3))) == "0.3333333333333333"
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert gc.isenabled()
    assert os.umask(0o022) == 0o022
    assert os.get_blocking(1)
    assert logging.getLogger("estimators").isEnabledFor(logging.INFO)
    print("as usual")
    assert not HOARD


def sockets():
    """Descriptors of this process's sockets: what it talks to the coordinator through."""
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
    logging.getLogger("estimators").info("at it")


@hostile("logs-what-cannot-be-formatted")
def logs_what_cannot_be_formatted(X):
    logging.getLogger("estimators").info("%d", "x")
    logging.getLogger("estimators").info("\x1b]0;owned\x07 caf\udce9")


@hostile("stops-its-parent")
def stops_its_parent(X):
    os.kill(os.getppid(), signal.SIGSTOP)


@hostile("kills-its-parent")
def kills_its_parent(X):
    forks_children_that_stay(X)
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(1000)


def grandparent():
    with open(f"/proc/{os.getppid()}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


@hostile("kills-its-grandparent")
def kills_its_grandparent(X):
    forks_children_that_stay(X)
    os.kill(grandparent(), signal.SIGKILL)
    time.sleep(1000)


@hostile("stops-its-grandparent-and-hangs")
def stops_its_grandparent_and_hangs(X):
    forks_children_that_stay(X)
    os.kill(grandparent(), signal.SIGSTOP)
    time.sleep(1000)


@hostile("fills-memory-that-it-has-not-mapped")
def fills_memory_that_it_has_not_mapped(X):
    file = os.memfd_create("hoard")
    for _ in range(32):
        os.write(file, bytes(2**24))
    time.sleep(1000)


@hostile("leaves-a-file-in-memory")
def leaves_a_file_in_memory(X):
    with open(os.environ["SHARED_FILE"], "wb") as file:
        for _ in range(32):
            file.write(bytes(2**24))
        time.sleep(1000)
