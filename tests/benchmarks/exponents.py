"""Exponents of n and D in the times that pytest-benchmark saved.

``python tests/benchmarks/exponents.py [FILE or FOLDER]`` prints the exponents of the last saved run
(of ``.benchmarks``), and how its times differ from those of the last run before it.

A benchmark says n, D or both in its ``extra_info``; what else it says there names the series that
it belongs to. Of its rounds the fastest counts: what else the machine does only adds.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

#: What is shorter, in seconds, is calls and the timer more than it is work.
SHORTEST = 1e-3
#: Fewest sizes of a fit, and the least ratio of the largest to the smallest one.
FEWEST, NARROWEST = 3, 4.0

Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Timed:
    """Seconds of one benchmark: ``name`` is the test's, ``sizes`` has n, D, both or none."""

    name: str
    group: str
    series: str
    sizes: Sizes
    seconds: float


@dataclass(frozen=True)
class Exponent:
    """Seconds grow as size^value; ``error`` is the standard error. NaN with a reason in ``why``."""

    value: float
    error: float
    why: str = ""

    def __str__(self) -> str:
        return self.why or f"{self.value:.2f} ± {self.error:.2f}"


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> Exponent:
    """Return the slope of log seconds against log size, by least squares.

    Times under ``SHORTEST`` are left out; without enough sizes, or where they are too close to each
    other, there is no exponent, but a reason.
    """
    long = np.array(seconds) >= SHORTEST
    x, y = np.array(sizes, dtype=float)[long], np.array(seconds)[long]
    short = len(sizes) - len(x)
    why = ""
    if len(set(sizes)) < FEWEST:
        why = f"only {len(set(sizes))} sizes"
    elif len(set(x)) < FEWEST:
        why = f"{short} of {len(sizes)} under {1000 * SHORTEST:g} ms"
    elif max(x) < NARROWEST * min(x):
        why = f"sizes within a factor of {max(x) / min(x):.1f}"
    if why:
        return Exponent(math.nan, math.nan, why)
    (slope, _), covariance = np.polyfit(np.log(x), np.log(y), 1, cov=True)
    return Exponent(float(slope), math.sqrt(covariance[0, 0]))


def read(file: Path) -> list[Timed]:
    """The benchmarks of a saved run. ValueError where the file is none."""
    try:
        return [parsed(one) for one in json.loads(file.read_text(encoding="utf-8"))["benchmarks"]]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no run that pytest-benchmark saved: {error!r}") from None


def parsed(benchmark: Mapping[str, Any]) -> Timed:
    """One benchmark of a saved run."""
    info = benchmark["extra_info"]
    series = [str(value) for key, value in info.items() if key not in ("n", "D")]
    return Timed(
        name=benchmark["fullname"],
        group=benchmark["group"] or "",
        series=", ".join(series) or benchmark["name"],
        sizes={key: info[key] for key in ("n", "D") if key in info},
        seconds=benchmark["stats"]["min"],
    )


def along(axis: str, series: Iterable[Timed]) -> list[Timed]:
    """The benchmarks of a series that differ in ``axis`` alone, in its order: most of them."""
    lines: dict[tuple[tuple[str, int], ...], list[Timed]] = {}
    for one in series:
        if axis in one.sizes:
            rest = tuple(sorted((key, size) for key, size in one.sizes.items() if key != axis))
            lines.setdefault(rest, []).append(one)
    longest = max(lines.values(), key=len, default=[])
    return sorted(longest, key=lambda one: one.sizes[axis])


def reference(series: Sequence[Timed]) -> Timed:
    """The benchmark of a series that is in most of its fits; of several the largest."""
    lines = [line for line in (along(axis, series) for axis in ("n", "D")) if len(line) > 1]
    often = Counter(one.name for line in lines for one in line)
    return max(series, key=lambda one: (often[one.name], *one.sizes.values()))


def change(series: Iterable[Timed], before: Mapping[str, Timed]) -> str:
    """Geometric mean of the ratios of times to those before, less one; with the range of them.

    Only of times of at least ``SHORTEST``.
    """
    pairs = [(one, before[one.name]) for one in series if one.name in before]
    ratios = [
        now.seconds / then.seconds
        for now, then in pairs
        if min(now.seconds, then.seconds) >= SHORTEST
    ]
    if not ratios:
        return ""
    mean = math.exp(np.log(ratios).mean())
    return f"{mean - 1:+.0%} ({min(ratios) - 1:+.0%} to {max(ratios) - 1:+.0%})"


def table(now: Iterable[Timed], before: Iterable[Timed] = ()) -> pd.DataFrame:
    """One row a series: exponents, seconds at its reference size, change against before."""
    known = {one.name: one for one in before}
    grouped: dict[tuple[str, str], list[Timed]] = {}
    for one in now:
        grouped.setdefault((one.group, one.series), []).append(one)
    rows = []
    for (group, name), series in grouped.items():
        row = {"benchmark": group, "of": name}
        for axis in ("n", "D"):
            line = along(axis, series)
            varies = len(line) > 1
            row[f"exponent in {axis}"] = (
                str(exponent([one.sizes[axis] for one in line], [one.seconds for one in line]))
                if varies
                else ""
            )
        at = reference(series)
        row["seconds"] = f"{at.seconds:.3g}"
        row["at"] = ", ".join(f"{key} = {size}" for key, size in at.sizes.items())
        row["change"] = change(series, known)
        rows.append(row)
    return pd.DataFrame(rows)


def saved(place: Path) -> tuple[Path, list[Path]]:
    """Return the last saved run of a folder, or that of a file, and earlier ones of its machine.

    The latter newest first. FileNotFoundError where there is none.
    """
    runs = [place] if place.is_file() else list(place.glob("*/*.json"))
    if not runs:
        raise FileNotFoundError(f"no saved run of benchmarks in {place}")
    last = max(runs, key=lambda file: file.stat().st_mtime)
    # Saved runs are numbered.
    return last, sorted((file for file in last.parent.glob("*.json") if file < last), reverse=True)


def last_times(files: Iterable[Path]) -> list[Timed]:
    """Of each benchmark the last times that are known, from runs with the newest first."""
    known: dict[str, Timed] = {}
    for file in files:
        for one in read(file):
            known.setdefault(one.name, one)
    return list(known.values())


def report(place: Path) -> str:
    """Return the report of the last run in a folder, or of one file."""
    last, earlier = saved(place)
    result = table(read(last), last_times(earlier))
    against = "no run before it to compare with"
    if earlier:
        against = f"change against the last run that has the benchmark too, from {earlier[0].name}"
    else:
        result = result.drop(columns="change", errors="ignore")
    return (
        f"{last.name}\n"
        "seconds of the fastest round, which grow as size^exponent (± standard error of the fit)\n"
        f"{against}\n\n"
        f"{result.to_string(index=False)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("place", nargs="?", type=Path, default=Path(".benchmarks"))
    try:
        print(report(parser.parse_args().place))
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
