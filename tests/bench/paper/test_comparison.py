"""Published numbers beside ours: what is marked, and the remarks on it."""

import math

import pandas as pd
import pytest
from rich.console import Console

from bench.paper.comparison import compare
from bench.paper.publication import Material
from bench.paper.published import Known
from bench.paper.table import UNKNOWN, Comparison, Ours, TableCell


def test_spreads_are_those_of_the_textbook():
    result = Ours((1.0, 2.0, 3.0), 3)
    assert result.mean == 2
    assert result.half_width == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert math.isnan(Ours((1.0,), 1).half_width)


@pytest.mark.parametrize(
    ("estimates", "planned", "text"),
    [
        ((10, 10, 10), 3, "10 (3 of 3 seeds)"),
        ((10, 10), 3, "10 (2 of 3 seeds), 1 of 3 failed"),
        ((10,), 1, "10 (1 seed)"),
        ((9.5,), 2, "9.50 (1 seed), 1 of 2 failed"),
        ((10, 10, 11), 3, "10.3 ± 1.4"),
        ((9.58, 9.60, 9.62), 3, "9.60 ± 0.05"),
        # one of them is whole
        ((10.0, 9.8), 2, "9.9 ± 1.3"),
        ((125.0, 126.0, 126.61), 3, "126 ± 2"),
        ((100.0, 120.0, 151.5), 3, "124 ± 64"),
        # below what two decimals show, but not equal
        ((9.6, 9.600001), 2, "9.60 ± <0.01"),
    ],
)
def test_counts_that_are_equal_show_their_seeds_and_others_an_interval(estimates, planned, text):
    assert Ours(estimates, planned).text == text


def test_without_a_published_number_nothing_is_decided():
    assert TableCell("row", "column", 10, None, ours=Ours((10, 10), 2)).verdict is None
    assert TableCell("row", "column", 10, 10, ours=Ours(missing="failed")).verdict is None


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


def compared(tmp_path, records=RECORDS, known=(), **more):
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
    places |= more.pop("places", {})
    return compare(
        material,
        "Table 1",
        name="table1",
        title="Table 1",
        places=places,
        dimensions={"ball": 10, "rod": 1},
        **more,
    )


def test_each_cell_has_truth_published_and_ours(tmp_path):
    comparison = compared(tmp_path)
    texts = {(c.row, c.column): c.texts for c in comparison.cells}
    assert texts == {
        ("ball", "A"): ("10", "11", "10 (3 of 3 seeds)"),
        ("ball", "B"): ("10", "9.61", "9.61 ± 0.02"),
        ("ball", "other"): ("10", "10.5", "–"),
        ("rod", "A"): ("1", "1", "2 (1 seed), 1 of 2 failed"),
        ("rod", "B"): ("1", "1.00", "failed"),
        ("rod", "other"): ("1", "1.1", "–"),
    }


def test_lines_without_any_number_or_reason_are_left_out(tmp_path):
    known = (Known("Table 1", "rod", "*", "missing", "no files"),)
    comparison = compared(tmp_path, records=[], known=known)
    assert comparison.lines("ball") == ("published",)
    assert comparison.lines("rod") == ("published", "ours")
    inferred = compared(tmp_path, inferred={("ball", "A"): ("ball-large", "a")})
    assert inferred.lines("ball") == ("published", "ours")


def test_the_best_of_a_line_is_nearest_to_the_truth_as_shown(tmp_path):
    comparison = compared(tmp_path)
    assert comparison.best("ball", "published") == {"B"}
    assert comparison.best("ball", "ours") == {"A"}
    # 1 and 1.00 are as near; of a single number of ours there is no best.
    assert comparison.best("rod", "published") == {"A", "B"}
    assert comparison.best("rod", "ours") == set()
    unknown = Comparison("t", "t", ("x",), ("A", "B"), (
        TableCell("x", "A", None, 3), TableCell("x", "B", None, 4),
    ))  # fmt: skip
    assert unknown.best("x", "published") == set()


def best_of_ours(truth, *estimates):
    cells = tuple(
        TableCell("x", str(place), truth, None, ours=Ours(own, len(own)))
        for place, own in enumerate(estimates)
    )
    comparison = Comparison("t", "t", ("x",), tuple(cell.column for cell in cells), cells)
    return [cell.ours.text for cell in cells], comparison.best("x", "ours")


def test_the_best_of_ours_is_chosen_by_the_digits_that_are_shown():
    near, wide, off = (125.4, 126.1, 127.2), (124.7, 125.9, 127.9), (130.0, 130.9, 132.1)
    texts, best = best_of_ours(126, near, wide, off)
    assert texts == ["126 ± 2", "126 ± 4", "131 ± 3"]
    assert best == {"0", "1"}
    # Of one seed and of counts without the zeros, as it stands in the table.
    assert best_of_ours(150, (150.04,), (150.01,), (151.0,)) == (
        ["150.0 (1 seed)", "150.0 (1 seed)", "151 (1 seed)"], {"0", "1"},
    )  # fmt: skip
    assert best_of_ours(10, (10, 10), (9.9, 9.91))[1] == {"0"}


def test_what_is_not_run_says_so(tmp_path):
    comparison = compared(tmp_path, records=[])
    assert comparison.cell("ball", "A").texts[2] == "not run"
    assert comparison.agreement == (
        "0 of 0 cells agree with the published number; differ: 0; not decided: 0; without ours: 4."
    )


def test_a_marked_cell_says_why_where_it_is_known_and_that_it_is_not_where_not(tmp_path):
    known = (
        Known("Table 1", "rod", "*", "missing", "not of this"),
        Known("Table 2", "ball", "A", "differs", "of another table"),
        Known("Table 1", "b*", "A", "differs", "the radius is learned last"),
        Known("Table 1", "*", "B", "missing", "left out"),
    )
    comparison = compared(tmp_path, known=known)
    verdicts = {(c.row, c.column): c.verdict for c in comparison.cells if c.verdict}
    assert verdicts == {
        ("ball", "A"): "differs",
        ("ball", "B"): "agrees",
        ("rod", "A"): "undecided",
    }
    assert comparison.cell("ball", "A").note == "the radius is learned last"
    assert comparison.cell("rod", "A").note == "stopped after 3 s"
    assert comparison.cell("ball", "B").note == ""
    assert comparison.cell("rod", "B").note == "not of this"
    assert comparison.notes == ("the radius is learned last", "stopped after 3 s", "not of this")
    assert comparison.agreement == (
        "1 of 3 cells agree with the published number; differ: 1; not decided: 1 (of one seed: 1); "
        "without ours: 1."
    )


def test_what_differs_without_a_known_reason_says_so(tmp_path):
    comparison = compared(tmp_path)
    assert comparison.cell("ball", "A").note == UNKNOWN


def test_a_number_at_an_inferred_size_is_shown_and_has_no_verdict(tmp_path):
    """It meets the published one by construction: the sizes were chosen so."""
    wide = [record("ball", "b", seed, 8.0 + seed / 100) for seed in range(3)]
    places = {("ball", "B"): ("ball", "b")}
    comparison = compared(
        tmp_path, [*RECORDS, *wide], places=places, inferred={("ball", "B"): ("ball-small", "b")}
    )
    cell = comparison.cell("ball", "B")
    assert cell.texts == ("10", "9.61", "8.01 ± 0.02", "9.61 ± 0.02 (n = 100, inferred)")
    assert cell.verdict == "differs"
    assert comparison.agreement.startswith("0 of 3 cells agree")
    assert comparison.lines("ball") == ("published", "ours", "ours, n inferred")
    assert comparison.lines("rod") == ("published", "ours")
    lacking = compared(tmp_path, inferred={("ball", "A"): ("ball-large", "a")})
    assert lacking.cell("ball", "A").texts[3] == "not run"


def test_a_column_of_ours_alone_is_shown_and_not_counted(tmp_path):
    comparison = compared(tmp_path, places={("ball", "ours"): ("ball", "a")}, added=("ours",))
    assert comparison.columns == ("A", "B", "other", "ours")
    assert comparison.cell("ball", "ours").texts == ("10", "–", "10 (3 of 3 seeds)")
    assert comparison.cell("ball", "ours").verdict is None
    assert comparison.cell("rod", "ours").texts[2] == "–"
    assert comparison.agreement == compared(tmp_path).agreement
    failing = [record("ball", "c", 0, math.nan, "failed", message="no points")]
    single = [record("rod", "c", 0, 1.0)]
    places = {(row, "ours"): (row, "c") for row in ("ball", "rod")}
    comparison = compared(tmp_path, [*RECORDS, *failing, *single], places=places, added=("ours",))
    assert comparison.agreement == compared(tmp_path).agreement


def test_a_failure_of_which_nothing_is_known_shows_its_message(tmp_path):
    assert compared(tmp_path).cell("rod", "B").note == "no points"


def test_sizes_and_seeds_are_reported(tmp_path):
    remarks = " ".join(compared(tmp_path).remarks)
    assert "Preset quick. Seeds a cell: 1 to 3." in remarks
    assert "100 on ball (B)" in remarks
    assert "1000 on ball, rod" in remarks


def test_a_column_that_is_not_published_is_an_error(tmp_path):
    material = Material(
        pd.DataFrame(RECORDS), tmp_path, PUBLISHED, tmp_path, "quick", False, Console()
    )
    options = {"name": "t", "title": "t", "dimensions": {"ball": 10}}
    with pytest.raises(ValueError, match="no column 'C'; it has: A, B, other"):
        compare(material, "Table 1", places={("ball", "C"): ("ball", "a")}, **options)
    with pytest.raises(ValueError, match="no numbers of 'Table 9'"):
        compare(material, "Table 9", places={}, **options)
