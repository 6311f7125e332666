"""Baselines and suites, damaged."""

import copy
import functools
import io
import json
import re
from pathlib import Path

from hypothesis import strategies as st
from mutations import damaged, odd_values
from rich.console import Console

from bench.engine import plan
from bench.regression import command, report
from bench.regression.baseline import load
from bench.regression.comparison import compare
from bench.suites import schema

_TOML = [
    "0", "-1", "1e400", "nan", "-inf", "true", '""', '"x"', "[]", "{}", "[[]]",
    "9223372036854775808", "1" * 30, "1" * 5000, "1979-05-27T07:32:00Z",
    "07:32:00", '"\\u0000"', "1.5", '[1, "a", [2]]',
    "{a = {b = {c = 1}}}", '"../../x"', '"=1+1"', "'''\n'''", "[" * 60 + "]" * 60, "[" * 9000,
    "1e-320", '"1e3 GB"', '"-1GB"', '"nanGB"', "1000000000", "99999",
]  # fmt: skip
_KEYS = ["n", "seeds", "seed", "timeout", "memory", "parameters", "manifold", "estimator", "name"]
_KEYS += ["only_manifolds", "dimension", "ambient", "__class__", "noise", "device", "path", "x"]


@functools.cache
def _baseline():
    path = Path(__file__).parents[2] / "results" / "baselines" / "ci.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["cells"] = content["cells"][:6]
    return content


def _paths(content, at=()):
    yield at
    if isinstance(content, (dict, list)):
        inner = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in inner:
            yield from _paths(value, (*at, key))


def baselines():
    """A baseline with values changed, removed or doubled; or with its bytes changed."""
    paths = [path for path in _paths(_baseline()) if path]
    change = st.tuples(
        st.sampled_from(paths), st.sampled_from(["set", "set", "set", "drop", "more"]), odd_values()
    )
    values = st.lists(change, min_size=1, max_size=3).map(_changed)
    return values | damaged([json.dumps(_baseline()).encode()])


def _changed(changes):
    content = copy.deepcopy(_baseline())
    for path, how, value in changes:
        try:
            place = functools.reduce(lambda it, key: it[key], path[:-1], content)
            if how == "set":
                place[path[-1]] = value
            elif how == "drop":
                del place[path[-1]]
            else:
                place.append(place[path[-1]])
        except (LookupError, AttributeError, TypeError):
            pass
    return json.dumps(content).encode("utf-8", "surrogatepass")


def check_baseline(data, folder):
    """Load, show, and compare either way with a good one."""
    good, bad = folder / "good.json", folder / "bad.json"
    if not good.exists():
        good.write_text(json.dumps(_baseline()), encoding="utf-8")
    bad.write_bytes(data)
    loaded, whole = load(bad), load(good)
    command.show(bad, 4, Console(file=io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), width=120))
    for was, now in ((loaded, whole), (whole, loaded)):
        outcome = compare(was, now, tolerance=1e-9, slower=1.25, whole=True)
        report.markdown(outcome).encode()
        report.junit(outcome).encode()
        report.verdict(outcome)


def suites():
    """The package's suites with values and keys changed, or with their bytes changed."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(schema.FOLDER.glob("*.toml"))]
    change = st.tuples(
        st.integers(0, 2**16), st.sampled_from(_TOML), st.sampled_from(_KEYS), st.booleans()
    )
    changes = st.lists(change, min_size=1, max_size=3)
    values = st.builds(_retyped, st.sampled_from(texts), changes)
    return values | damaged([text.encode() for text in texts])


def _retyped(text, changes):
    for place, value, key, new in changes:
        lines = text.split("\n")
        if new:
            lines.insert(place % len(lines), f"{key} = {value}")
            text = "\n".join(lines)
        elif result := list(re.finditer(r"=\s*([^=\n]+?)(?=[,}\n])", text)):
            match = result[place % len(result)]
            text = text[: match.start(1)] + value + text[match.end(1) :]
    return text.encode()


def check_suite(data, folder):
    """Load it and plan its cells."""
    path = folder / "suite.toml"
    path.write_bytes(data)
    plan.build(schema.load(str(path)), "smoke")
