"""A column is added in two files, the schemas of records and of summaries, and is everywhere."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from plain_record import record

from bench.record import COLUMNS, MEASURED, Record
from bench.store.store import FILE, Store

ROOT = Path(__file__).parents[2]
FIELD = '    energy: Annotated[Amount | None, FieldFacts(True, "Energy, J", "J")] = None\n'
ROW = (
    'SummaryColumn("energy", "float64", _over(np.median, "energy"), runtime=True, '
    'over_manifolds=np.sum, label="energy", heading="Energy"),\n'
)
#: Stores, tables and the report of two seeds, by the changed package.
WRITE = """
import sys
from dataclasses import replace
from pathlib import Path
import bench
assert Path(bench.__file__).is_relative_to(Path.cwd()), bench.__file__
from plain_record import record
from bench.html_report.page import write_report
from bench.store.store import Store
from bench.tables.render import write_tables
from bench.workers.outcome import measured_values
out = Path(sys.argv[1])
fields = {"estimate": 2.0, "threads": 1}
records = [record(f"{seed}", seed=seed, energy=1.5 + seed, **fields) for seed in (0, 1)]
assert measured_values(records[0])["energy"] == 1.5
with Store(out) as store:
    store.add_all([(one, {}) for one in records])
    frame = store.frame(["0", "1"])
assert frame["energy"].tolist() == [1.5, 2.5], frame["energy"]
write_tables(frame, out)
write_report(out)
"""


def add_line(path, before, line):
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, line + before), encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder of results of a copy of the package with a column more, and one of before."""
    place = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT / "bench", place / "bench", ignore=shutil.ignore_patterns("__pycache__"))
    add_line(place / "bench" / "record.py", "    threads: ", FIELD)
    add_line(place / "bench" / "summary" / "columns.py", '    SummaryColumn("threads"', ROW)
    with Store(place / "out") as store:
        store.add(record("older"))
    path = os.pathsep.join(map(str, (place, ROOT, ROOT / "tests" / "support")))
    done = subprocess.run(
        [sys.executable, "-c", WRITE, "out"],
        cwd=place, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return place / "out"


def test_a_column_of_a_record_is_added_to_an_older_store_as_a_number(written):
    with sqlite3.connect(written / FILE) as database:
        types = {row[1]: row[2] for row in database.execute("PRAGMA table_info(records)")}
        rows = database.execute("SELECT key, energy, typeof(energy) FROM records").fetchall()
    assert types["energy"] == "REAL"
    assert sorted(rows) == [("0", 1.5, "real"), ("1", 2.5, "real"), ("older", None, "null")]


def test_a_column_of_a_summary_is_in_tables_for_programs_and_people(written):
    for name in ("accuracy", "runtime"):
        assert pd.read_csv(written / f"{name}.csv")["energy"].tolist() == [2.0]
        parquet = pd.read_parquet(written / f"{name}.parquet")
        assert parquet["energy"].dtype == "float64"
        assert parquet["energy"].tolist() == [2.0]
    heading, _, row = (
        [cell.strip() for cell in line.split("|")]
        for line in (written / "runtime.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    )
    assert row[heading.index("energy")] == "2.00"
    assert "& energy " in (written / "runtime.tex").read_text(encoding="utf-8")


def test_a_column_of_a_record_is_in_the_table_of_cells_of_the_report(written):
    page = (written / "report.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])
    (energy,) = (one for one in data["cells"]["numbers"] if one["label"] == "Energy, J")
    assert energy["unit"] == "J"
    assert sorted(energy["values"], key=str) == [1.5, 2.5, None]


def test_a_column_of_a_summary_with_a_heading_is_in_the_leaderboard(written):
    page = (written / "report.html").read_text(encoding="utf-8")
    board = page[page.index('id="leaderboard-table"') : page.index("</table>")]
    heads = re.findall(r"<th[^>]*>([^<]+)</th>", board.split("</thead>")[0])
    cells = re.findall(r"<t[dh].*?</t[dh]>", board.split("<tbody>")[1], re.S)
    assert len(cells) == len(heads)
    assert cells[heads.index("Energy")] == '<td class="number" data-order="2">2.00</td>'


def test_a_store_with_a_column_of_a_newer_version_is_refused_and_left_alone(written):
    before = (written / FILE).read_bytes()
    for writing in (True, False):
        with pytest.raises(ValueError, match="newer version, with records of energy; choose"):
            Store(written, writing=writing)
    assert (written / FILE).read_bytes() == before


def test_every_field_of_a_record_has_a_type_of_a_store_and_of_a_data_frame():
    assert list(COLUMNS) == [field.name for field in fields(Record)]
    numbers = {name: column.sql_type for name, column in COLUMNS.items() if column.type is not str}
    assert numbers == {
        **dict.fromkeys(("n", "seed", "ambient", "points_used", "points_read"), "INTEGER"),
        **dict.fromkeys(("estimate", "truth", "error", "pointwise_error"), "REAL"),
        **dict.fromkeys(("fit_seconds", "shared_seconds", "kernel_seconds"), "REAL"),
        **dict.fromkeys(("sample_seconds", "peak_memory_mib"), "REAL"),
        **dict.fromkeys(("timeout", "memory_limit_mib"), "REAL"),
        "threads": "INTEGER",
    }
    # Which cell it is, on what it ran and under which limits is known without the worker.
    assert not MEASURED & {"key", "suite", "seed", "threads", "timeout", "environment", "finished"}
