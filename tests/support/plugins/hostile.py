"""Estimators that hang, crash, exhaust resources or change the state of their process."""

import builtins
import ctypes
import gc
import logging
import mmap
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import warnings

import numpy as np

import estimators


def hostile(name):
    """Register a function of the points as an estimator; its dimension is the result, or 2."""

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
    arrays = []
    while True:
        arrays.append(np.ones(2**21))
        time.sleep(0.005)


@hostile("exhausts-memory-in-children")
def exhausts_memory_in_children(X):
    code = "import time; data = b'x' * 150_000_000; time.sleep(1000)"
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
    memory = mmap.mmap(-1, 2**30)
    for start in range(0, 2**30, 2**24):
        memory[start : start + 2**24] = bytes(2**24)
        time.sleep(0.01)
    time.sleep(1000)


@hostile("exhausts-memory-and-logs")
def exhausts_memory_and_logs(X):
    arrays = []
    while True:
        arrays.append(np.ones(2**20))
        logging.getLogger("estimators").info("%d", len(arrays))
        time.sleep(0.005)


@hostile("raises-invalid-unicode")
def raises_invalid_unicode(X):
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
    LEFT_OVER.append(np.ones(2**20))


LEFT_OVER = []


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
        warnings.warn("a warning", stacklevel=1)
    assert len(caught) == 1
    assert decimal.getcontext().prec == 28
    assert repr(float(np.float64(1) / np.float64(3))) == "0.3333333333333333"
    assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert gc.isenabled()
    assert os.umask(0o022) == 0o022
    assert os.get_blocking(1)
    assert logging.getLogger("estimators").isEnabledFor(logging.INFO)
    print("unchanged")
    assert not LEFT_OVER


@hostile("fills-memory-that-it-has-not-mapped")
def fills_memory_that_it_has_not_mapped(X):
    file = os.memfd_create("large")
    for _ in range(32):
        os.write(file, bytes(2**24))
    time.sleep(1000)


@hostile("leaves-a-file-in-memory")
def leaves_a_file_in_memory(X):
    with open(os.environ["SHARED_FILE"], "wb") as file:
        for _ in range(32):
            file.write(bytes(2**24))
        time.sleep(1000)
