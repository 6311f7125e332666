"""Results of files of one name in several folders go to folders of their own."""

import json
from pathlib import Path

import pytest

from bench.estimation.output import default_folder, mark_folder


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def use_folder(path, array=None):
    """The folder for a file, which is then used."""
    folder = default_folder(Path(path), array, None)
    folder.mkdir(parents=True, exist_ok=True)
    mark_folder(folder, Path(path), array)
    return str(folder)


def test_files_of_one_name_have_folders_of_their_own_and_find_them_again():
    paths = ["a/x.csv", "b/x.csv", "c/b/x.csv", "d/b/x.csv", "x.csv"]
    first = [use_folder(path) for path in paths]
    assert first[:4] == [
        "results/estimate-x.csv",
        "results/estimate-b-x.csv",
        "results/estimate-b-x.csv-2",
        "results/estimate-b-x.csv-3",
    ]
    assert len(set(first)) == len(paths)
    assert [use_folder(path) for path in reversed(paths)] == first[::-1]
    assert use_folder(Path("a/../b/x.csv").resolve()) == first[1]


def test_arrays_of_one_file_have_folders_of_their_own():
    assert use_folder("x.npz", "a") == "results/estimate-x.npz-a"
    assert use_folder("x.npz", "b") == "results/estimate-x.npz-b"


def test_a_file_finds_its_folder_when_that_of_another_one_is_gone():
    use_folder("a/x.csv")
    own = Path(use_folder("b/x.csv"))
    for file in Path("results/estimate-x.csv").iterdir():
        file.unlink()
    Path("results/estimate-x.csv").rmdir()
    assert use_folder("b/x.csv") == str(own)


def test_results_of_a_version_that_marked_nothing_belong_to_the_path_in_their_facts():
    folder = Path("results/estimate-x.csv")
    folder.mkdir(parents=True)
    (folder / "estimate.json").write_text(json.dumps({"path": "a/x.csv"}))
    assert default_folder(Path("a/x.csv"), None, None) == folder
    assert default_folder(Path("b/x.csv"), None, None) == Path("results/estimate-b-x.csv")
    (folder / "estimate.json").write_text("[")
    assert default_folder(Path("b/x.csv"), None, None) == folder


def test_a_folder_that_is_named_is_taken():
    assert default_folder(Path("a/x.csv"), None, Path("there")) == Path("there")
