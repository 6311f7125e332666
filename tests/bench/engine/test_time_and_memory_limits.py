"""Limits come from the command line, else the suite, else what an estimator declares."""

import pytest

import estimators
from bench.engine import plan
from bench.limits import Limits, parse_limits
from bench.suites import schema

SUITE = """
about = "limits"
{top}
[manifolds.line]
manifold = "spaghetti-line"
[estimators.mine]
estimator = "mine"
{choice}
[presets.smoke]
n = 50
seeds = 1
{preset}
[presets.smoke.estimators.mine]
{override}
[presets.quick]
n = 50
seeds = 1
[presets.full]
n = 50
seeds = 1
"""
LEVELS = ("override", "preset", "choice", "top")


@pytest.fixture
def planned(tmp_path):
    """The limits of a cell, where levels of a suite give some and the estimator declares 7 s."""

    @estimators.register("mine", timeout=7, memory=7 * 2**30)
    class Mine:
        def fit(self, X, y=None):
            pass

    def limits(given, asked_for=Limits()):  # noqa: B008
        path = tmp_path / "own.toml"
        path.write_text(SUITE.format(**{level: given.get(level, "") for level in LEVELS}))
        (cell,) = plan.build(schema.load(str(path)), "smoke", limits=asked_for)
        return cell.limits

    return limits


def test_what_is_nearer_to_the_cell_comes_first_and_the_command_line_before_all(planned):
    given = {level: f"timeout = {second}" for second, level in enumerate(LEVELS, 1)}
    assert planned(given, Limits(timeout=99)).timeout == 99
    for second, level in enumerate(LEVELS, 1):
        assert planned(given).timeout == second
        del given[level]
    assert planned({}).timeout == 7


def test_time_and_memory_are_limited_independently(planned):
    cells = planned({"top": 'memory = "2GiB"', "choice": "timeout = 5"}, Limits(timeout=3))
    assert cells == Limits(3, 2 * 2**30)


def test_limits_are_not_part_of_what_a_cell_is(planned, tmp_path):
    planned({"top": "timeout = 5"})
    one = plan.build(schema.load(str(tmp_path / "own.toml")), "smoke")[0]
    planned({"top": "timeout = 6"})
    other = plan.build(schema.load(str(tmp_path / "own.toml")), "smoke")[0]
    assert one.key == other.key


@pytest.mark.parametrize("memory", ["lots", "-1GB", "10", "0"])
def test_a_size_that_makes_no_sense_is_reported(memory):
    with pytest.raises(ValueError, match="memory must be a size of at least 1MiB"):
        parse_limits(None, memory)


@pytest.mark.parametrize(
    ("line", "message"),
    [("timeout = 0", "timeout"), ("timeout = '5'", "timeout"), ("memory = 'much'", "memory")],
)
def test_a_limit_of_a_suite_that_makes_no_sense_is_reported_with_its_key(planned, line, message):
    with pytest.raises(ValueError, match=rf"own\.toml: {message}: .*found"):
        planned({"top": line})
