"""Published numbers beside ours: what is marked, and what is said of it."""

import math

import pandas as pd
import pytest
from rich.console import Console

from bench.paper.comparison import INTERVAL, STANDARD_ERRORS, UNKNOWN, Compared, compare
from bench.paper.publication import Material
from bench.paper.published import Known


def cell(published, digits, *estimates):
    return Compared("row", "column", 10, published, digits, estimates, len(estimates))


@pytest.mark.parametrize(
    ("published", "digits", "estimates", "differs"),
    [
        # mean 9.60, half-width of the t-interval 4.303 * 0.02 / sqrt(3) = 0.0497
        (9.61, 2, (9.58, 9.60, 9.62), False),
        (9.65, 2, (9.58, 9.60, 9.62), False),
        (9.66, 2, (9.58, 9.60, 9.62), True),
        (11, 0, (10, 10, 10), True),
        (10, 0, (10, 10, 10), False),
        # one seed: by the digits that are published
        (9.6, 1, (9.64,), False),
        (9.6, 1, (9.66,), True),
        (10, 0, (11,), True),
        (10, 0, (), False),
    ],
)
def test_a_number_is_marked_beyond_the_interval_over_seeds(published, digits, estimates, differs):
    assert INTERVAL.differs(cell(published, digits, *estimates)) is differs


@pytest.mark.parametrize(
    ("published", "digits", "estimates", "differs"),
    [
        # 3 %
        (10.0, 1, (10.3, 10.3), False),
        (10.0, 1, (10.4, 10.4), True),
        # mean 10.5, standard error 0.5 / sqrt(4) = 0.25 of (10, 10, 11, 11) times 1.155 = 0.289
        (9.6, 1, (10, 10, 11, 11), False),
        (9.4, 1, (10, 10, 11, 11), True),
        (9.4, 1, (), False),
    ],
)
def test_a_number_is_marked_beyond_three_standard_errors_and_three_percent(
    published, digits, estimates, differs
):
    assert STANDARD_ERRORS.differs(cell(published, digits, *estimates)) is differs


def test_spreads_are_those_of_the_textbook():
    found = cell(9, 0, 1.0, 2.0, 3.0)
    assert found.mean == 2
    assert found.standard_error == pytest.approx(1 / math.sqrt(3))
    assert found.half_width == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert math.isnan(cell(9, 0, 1.0).half_width)


PUBLISHED = pd.DataFrame(
    [
        ("ball", "A", 11.0, 0),
        ("ball", "B", 9.61, 2),
        ("ball", "other", 10.5, 1),
        ("rod", "A", 1.0, 0),
        ("rod", "B", 1.0, 2),
        ("rod", "other", 1.1, 1),
    ],
    columns=["row", "column", "value", "digits"],
).assign(table="Table 1", metric="estimate", n=pd.array([500, None] * 3, dtype="Int64"))


def record(manifold, estimator, seed, estimate, status="ok", n=1000, message=""):
    return {
        "manifold": manifold, "estimator": estimator, "seed": seed, "estimate": estimate,
        "status": status, "n": n, "message": message,
    }  # fmt: skip


RECORDS = [
    *(record("ball", "a", seed, 10.0) for seed in range(3)),
    *(record("ball-small", "b", seed, 9.6 + seed / 100, n=100) for seed in range(3)),
    record("rod", "a", 0, 2.0),
    record("rod", "a", 1, math.nan, "timeout", message="stopped after 3 s"),
    record("rod", "b", 0, math.nan, "failed", message="no points"),
]


def compared(tmp_path, records=RECORDS, known=()):
    material = Material(
        records=pd.DataFrame(records, columns=list(record("", "", 0, 0.0))),
        store_folder=tmp_path,
        published=PUBLISHED,
        folder=tmp_path,
        preset="quick",
        running=False,
        console=Console(),
        known=known,
    )
    places = {("ball", "A"): ("ball", "a"), ("ball", "B"): ("ball-small", "b")}
    places |= {("rod", "A"): ("rod", "a"), ("rod", "B"): ("rod", "b")}
    return compare(
        material,
        "Table 1",
        name="table1",
        title="Table 1",
        places=places,
        dimensions={"ball": 10, "rod": 1},
    )


def test_each_cell_has_truth_published_and_ours(tmp_path):
    found = compared(tmp_path)
    texts = {(c.row, c.column): found.texts(c) for c in found.cells}
    assert texts == {
        ("ball", "A"): ("10", "11", "10 ± 0"),
        ("ball", "B"): ("10", "9.61", "9.61 ± 0.02"),
        ("ball", "other"): ("10", "10.5", "–"),
        ("rod", "A"): ("1", "1", "2 (1 seed), 1 of 2 failed"),
        ("rod", "B"): ("1", "1.00", "failed"),
        ("rod", "other"): ("1", "1.1", "–"),
    }


def test_what_is_not_run_says_so(tmp_path):
    found = compared(tmp_path, records=[])
    assert found.texts(found.cell("ball", "A"))[2] == "not run"
    assert found.agreement == "0 of 0 cells agree with the published number; 4 are without ours."


def test_a_marked_cell_says_why_where_it_is_known_and_that_it_is_not_where_not(tmp_path):
    known = (
        Known("Table 1", "rod", "*", "missing", "not of this"),
        Known("Table 2", "ball", "A", "differs", "of another table"),
        Known("Table 1", "b*", "A", "differs", "the radius is learned last"),
        Known("Table 1", "*", "B", "missing", "left out"),
    )
    found = compared(tmp_path, known=known)
    assert {(c.row, c.column) for c in found.cells if c.differs} == {("ball", "A"), ("rod", "A")}
    assert found.cell("ball", "A").note == "the radius is learned last"
    assert found.cell("rod", "A").note == UNKNOWN
    assert found.cell("ball", "B").note == ""
    assert found.cell("rod", "B").note == "not of this"
    assert found.notes == ("the radius is learned last", UNKNOWN, "not of this")
    assert found.agreement == "1 of 3 cells agree with the published number; 1 is without ours."


def test_a_failure_of_which_nothing_is_known_shows_its_message(tmp_path):
    assert compared(tmp_path).cell("rod", "B").note == "no points"


def test_sizes_and_seeds_are_told(tmp_path):
    told = " ".join(compared(tmp_path).remarks)
    assert "Preset quick. Seeds a cell: 1 to 3." in told
    assert "100 on ball (B)" in told
    assert "1000 on ball, rod" in told


def test_a_column_that_is_not_published_is_an_error(tmp_path):
    material = Material(
        pd.DataFrame(RECORDS), tmp_path, PUBLISHED, tmp_path, "quick", False, Console()
    )
    options = {"name": "t", "title": "t", "dimensions": {"ball": 10}}
    with pytest.raises(ValueError, match="no column 'C'; it has: A, B, other"):
        compare(material, "Table 1", places={("ball", "C"): ("ball", "a")}, **options)
    with pytest.raises(ValueError, match="no numbers of 'Table 9'"):
        compare(material, "Table 9", places={}, **options)
