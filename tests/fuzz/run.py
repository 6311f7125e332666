"""Fuzz every target for some minutes: ``python tests/fuzz/run.py --minutes 10``.

Prints how many cases each target had and how they ended; fails where one ended in anything but
success or the product's clear error, and prints the first such case of each kind.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("BENCH_CACHE", tempfile.mkdtemp(prefix="fuzz-cache-"))
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[2])]

from targets import TARGETS, Counts, fuzz  # noqa: E402

_BATCH = 100
_MEMORY = 12 * 2**30  # bytes of address space: what would take more is a MemoryError


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="default: another one every time")
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="default: all")
    options = parser.parse_args()
    number = int(time.time()) if options.seed is None else options.seed
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    print(f"seed {number}", flush=True)
    counts = {name: Counts() for name in options.target or TARGETS}
    spent = dict.fromkeys(counts, 0.0)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        while sum(spent.values()) < 60 * options.minutes:
            # Each target gets the same time.
            name = min(spent, key=spent.get)
            folder = Path(place) / name.replace(" ", "-")
            folder.mkdir(exist_ok=True)
            start = time.monotonic()
            fuzz(name, folder, _BATCH, number, counts[name])
            spent[name] += time.monotonic() - start
            number += 1
    for name, result in counts.items():
        print(
            f"{name}: {result.cases} cases in {spent[name]:.0f} s: {result.fine} fine, "
            f"{result.refused} refused, {sum(result.faults.values())} faults"
        )
        for kind, count in result.faults.most_common():
            case, trace = result.examples[kind]
            print(f"  {count} x {kind}, such as {str(case)[:500]}\n{trace[-1500:]}")
    faults = sum(sum(result.faults.values()) for result in counts.values())
    print(f"{sum(result.cases for result in counts.values())} cases, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
