"""The published numbers: those that come with the package, and files of one's own."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from own_publication import NUMBERS, write_publication

from bench.paper import catalogue, published
from bench.suites import schema

ROOT = Path(__file__).parents[3]


def test_the_numbers_of_five_publications_are_there():
    assert {"benko2022", "huang2026", "osada2026", "stanczuk2024", "yeats2025"} <= set(
        published.names()
    )


@pytest.mark.parametrize("name", published.names())
def test_every_number_says_where_it_is_from(name):
    table = published.read(published.path_of(name))
    assert set(table["publication"]) == {name}
    assert table["source"].str.len().min() > 10
    assert table[["table", "row", "column", "metric"]].ne("").all(axis=None)


@pytest.mark.parametrize("name", published.names())
def test_notes_are_of_cells_that_exist(name):
    path = published.path_of(name)
    table = published.read(path)
    for known in published.read_known(path):
        cells = zip(table["table"], table["row"], table["column"], strict=True)
        assert any(known.applies_to(*cell, known.when) for cell in cells), known


def test_table_2_is_what_was_published():
    table = published.read(published.path_of("stanczuk2024"))
    table = table[table["table"] == "Table 2"].set_index(["row", "column"])
    assert len(table) == 60
    assert table.loc[("10-sphere", "score SVD"), "value"] == 11
    assert table.loc[("line", "MLE m=20"), ["value", "digits"]].tolist() == [1.0, 2]
    assert table.loc[("blobs-100", "PPCA"), "value"] == 985


@pytest.mark.parametrize("name", catalogue.names())
def test_a_publication_has_its_numbers_its_suite_and_items_of_different_names(name):
    loaded = catalogue.load(name)
    assert loaded.name == name
    assert len(published.read(published.path_of(name)))
    for preset in schema.PRESETS:
        assert schema.load(loaded.suite).preset(preset)
    names = [item.name for item in loaded.items]
    assert len(set(names)) == len(names)
    assert all(item.caption and item.title for item in loaded.items)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("2.0,2,300", "two,2,300"), "line 2: value must be a number, not 'two'"),
        (("circle,another", "circle,PCA"), "line 7: duplicate cell (Table 1, circle, PCA, estim"),
        (("source,note", "note"), "no column source"),
    ],
)
def test_damaged_numbers_are_reported_with_file_and_line(changed, message, tmp_path):
    path = tmp_path / "own2025.csv"
    path.write_text(NUMBERS.replace(*changed))
    with pytest.raises(ValueError, match=r"own2025\.csv") as error:
        published.read(path)
    assert message in str(error.value)


def test_a_note_of_an_unknown_kind_is_reported(tmp_path):
    write_publication(tmp_path / "own")
    notes = tmp_path / "own/notes/own2025.csv"
    notes.write_text(notes.read_text().replace("differs", "sometimes"))
    with pytest.raises(ValueError, match="line 2: when must be one of differs, undecided, missing"):
        published.read_known(tmp_path / "own/own2025.csv")


def test_unknown_numbers_are_answered_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'huang2026'"):
        published.path_of("huang2025")


def test_a_wheel_holds_the_numbers_and_reads_them(tmp_path):
    pytest.importorskip("hatchling", reason="hatchling, which builds wheels, is not installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path / "installed")
    code = (
        "from bench.paper import published;"
        "print(published.folder(), len(published.read(published.path_of('stanczuk2024'))),"
        " len(published.read_known(published.path_of('stanczuk2024'))))"
    )
    here = tmp_path / "installed"
    output = subprocess.run(
        [sys.executable, "-c", code],
        cwd=here,
        env={"PYTHONPATH": str(here), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    folder, numbers, notes = output.stdout.split()
    assert Path(folder) == here / "bench" / "published"
    assert (int(numbers), int(notes) > 5) == (62, True)
