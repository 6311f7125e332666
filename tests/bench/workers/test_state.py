import locale
import os
import random
import signal
import sys
import warnings

import numpy as np
import torch

from bench.workers.state import undisturbed


def everything():
    return {
        "folder": os.getcwd(),
        "environment": dict(os.environ),
        "numpy": np.random.get_state()[1].tobytes(),  # noqa: NPY002
        "random": random.getstate(),
        "errors": np.geterr(),
        "printing": str(np.get_printoptions()),
        "warnings": list(warnings.filters),
        "path": list(sys.path),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "alarm": signal.getsignal(signal.SIGALRM),
        "timer": signal.getitimer(signal.ITIMER_REAL)[0],
        "depth": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "torch": (torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_num_threads()),
    }


def test_whatever_a_cell_changes_of_its_process_is_put_back(tmp_path):
    before = everything()
    with undisturbed(0):
        os.chdir(tmp_path)
        os.environ["LEFT"] = "1"
        os.environ.pop("PATH")
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)
        np.seterr(all="raise")
        np.set_printoptions(precision=2)
        warnings.simplefilter("error")
        sys.path.clear()
        sys.stdout = None
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        signal.alarm(1)
        sys.setrecursionlimit(500)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        torch.set_num_threads(1 + before["torch"][2])
    assert everything() == before


def test_global_random_states_follow_the_seed():
    def draws(seed):
        with undisturbed(seed):
            return np.random.rand(), random.random(), torch.rand(1).item()  # noqa: NPY002

    assert draws(5) == draws(5)
    assert all(a != b for a, b in zip(draws(5), draws(6), strict=True))
