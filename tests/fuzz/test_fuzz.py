"""Whatever is damaged: points, a table or a page come out, or one clear error."""

import os

import pytest
from hypothesis import strategies as st
from targets import TARGETS, Counts, fuzz

from manifolds.datasets.errors import file_errors
from manifolds.datasets.reading import FILES

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))


@pytest.mark.fuzz
@pytest.mark.parametrize("name", TARGETS)
def test_damaged_input_ends_well_or_in_a_clear_error(name, tmp_path):
    counts = Counts()
    fuzz(name, tmp_path, EXAMPLES, 0, counts)
    print(f"{name}: {counts.cases} cases, {counts.fine} fine, {counts.refused} refused")
    assert not counts.faults, counts.examples
    assert counts.cases >= EXAMPLES / 2
    assert counts.refused


@pytest.mark.parametrize("name", TARGETS)
def test_some_damaged_input_of_each_kind_ends_well_or_in_a_clear_error(name, tmp_path):
    counts = Counts()
    fuzz(name, tmp_path, 15, 1, counts)
    assert not counts.faults, counts.examples


def test_every_ending_that_is_read_has_whole_files_to_damage():
    import data_files

    assert all(data_files._whole(ending) for ending in FILES)


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (IndexError("list index out of range"), True),
        (KeyError("x"), True),
        (AttributeError("'int' object has no attribute 'shape'"), True),
        (RecursionError("maximum recursion depth exceeded"), True),
        (ValueError("list index out of range"), True),
        (ValueError("there is no header"), False),
        (EOFError("the file ends early"), False),
    ],
)
def test_a_program_error_inside_of_a_clear_one_is_a_fault(tmp_path, monkeypatch, wrong, fault):
    def check(case, folder):
        with file_errors(folder / "points.csv", "allowed: a table"):
            raise wrong

    monkeypatch.setitem(TARGETS, "planted", (lambda: st.just(0), check))
    counts = Counts()
    fuzz("planted", tmp_path, 1, 0, counts)
    assert (counts.refused, sum(counts.faults.values())) == (not fault, fault)
    if fault:
        (kind,) = counts.faults
        assert kind.startswith(f"{type(wrong).__name__} in ")
