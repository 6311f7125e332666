"""Whatever is damaged: points, a table or a page come out, or one clear error."""

import os

import pytest
from targets import TARGETS, Counts, fuzz

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
