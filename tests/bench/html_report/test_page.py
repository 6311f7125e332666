"""Contents of the page, of synthetic results."""

import json
import re
import sqlite3

import pytest
from browser import data_of
from synthetic_results import record, save_records

from bench.html_report.page import render
from bench.html_report.results import gather


def test_store_without_a_command_gets_one_from_its_records(tmp_path):
    stored_records = [record(place, "line", "mle-5", seed=place) for place in range(3)]
    page = render(gather(save_records(tmp_path, stored_records)))
    (command,) = re.findall(r"<code>(.*?)</code>", page, re.S)
    assert "--suite synthetic --n 1000 --seeds 3 --manifolds line --estimators mle-5" in command


def test_records_of_other_sizes_are_listed_but_not_ranked_together(tmp_path):
    older = record(1, "line", "mle-5", n=100, finished="2025-01-01T00:00:00+00:00")
    page = render(gather(save_records(tmp_path, [older, record(2, "line", "mle-5")])))
    data = data_of(page)
    assert data["cells"]["n"] == [1000, 100]
    assert data["cells"]["run"] == [0, 1]
    assert data["pairs"]["planned"] == [1]
    assert "1 records of earlier runs" in page


def test_empty_store_gives_a_page(tmp_path):
    assert "There is no record yet." in render(gather(save_records(tmp_path, [])))


def test_arrays_outside_the_folder_are_not_read(tmp_path):
    import numpy as np

    folder = tmp_path / "results"
    folder.mkdir()
    stored = {"singular_values": np.ones((2, 3)), "dimension": np.ones(2), "chosen_sigma": 0.1}
    np.savez(tmp_path / "other.npz", **stored)
    np.savez(folder / "own.npz", **stored)
    stored_records = [
        record(1, "line", "score", arrays="../other.npz"),
        record(2, "sphere", "score", arrays="own.npz"),
    ]
    with pytest.warns(UserWarning, match="outside of the folder"):
        page = render(gather(save_records(folder, stored_records)))
    assert [panel["title"] for panel in data_of(page)["spectra"]] == ["sphere"]


@pytest.mark.parametrize("facts", [{"python": "3.12"}, {"python": "3.12", "revision": None}])
def test_the_revision_is_under_environment_also_where_it_is_not_known(tmp_path, facts):
    folder = save_records(tmp_path, [record(1, "line", "mle-5")])
    with sqlite3.connect(folder / "records.sqlite") as database:
        database.execute("UPDATE environments SET facts = ?", (json.dumps(facts),))
    page = render(gather(folder))
    environment = page[page.index('id="environment"') : page.index('id="reproduce"')]
    assert "<dt>revision</dt><dd>not known</dd>" in environment
    assert "the revision of the code are under Environment" in page
