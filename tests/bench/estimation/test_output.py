"""The printed table and its width, order of the estimates, caveats and the table of points."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from bench.estimation.caveats import Caveat, caveat_lines, grouped_lines, point_caveats
from bench.estimation.estimates import COLUMNS, ERROR, INTERVALS, point_table, sort_by_error
from bench.estimation.output import halves_line, print_estimates
from manifolds.datasets.reading import LoadedPoints


def answers(**estimates):
    rows = [
        {**dict.fromkeys(COLUMNS, np.nan), "estimator": name, "estimate": value, "interval": "",
         "message": "" if value == value else "an error", "seconds": 1.0,
         "status": "ok" if value == value else "failed"}
        for name, value in estimates.items()
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=COLUMNS)


def records(*rows):
    columns = ["estimator", "manifold", "truth", "estimate", "ambient", "n"]
    return pd.DataFrame(rows, columns=columns)


def test_the_best_in_the_suites_near_by_come_first_and_failures_last():
    known = records(
        ("a", "m", 10.0, 5.0, 100, 1000), ("a", "k", 10.0, 10.0, 100, 1000),
        ("b", "m", 10.0, 11.0, 100, 1000),
        ("c", "m", 10.0, 10.0, 100, 1000),
        ("c", "far", 10.0, 1000.0, 100, 10**6),  # not like the points
        ("failed", "m", 10.0, 10.0, 100, 1000),
    )  # fmt: skip
    given = answers(unknown=10.0, a=10.0, failed=np.nan, b=10.0, other=9.0, c=11.0)
    table = sort_by_error((1000, 100), given, known)
    assert list(table["estimator"]) == ["c", "b", "a", "unknown", "other", "failed"]
    error = table.set_index("estimator")[ERROR]
    # exp of the mean of ln 2 and 0; a tenth; none.
    assert error["a"] == pytest.approx(2**0.5 - 1)
    assert error["b"] == pytest.approx(0.1)
    assert error["c"] == 0
    assert np.isnan(error["unknown"])


def test_without_records_near_by_the_order_stays():
    given = answers(z=10.0, a=10.0)
    table = sort_by_error((1000, 100), given, records(("a", "m", 10.0, 10.0, 3, 10)))
    assert list(table["estimator"]) == ["z", "a"]
    assert table[ERROR].isna().all()


def printed(table, notes=(), width=80, **terminal):
    screen = io.StringIO()
    print_estimates(table, notes, Console(file=screen, width=width, **terminal))
    return screen.getvalue()


def test_caveats_of_a_kind_are_one_line_and_a_reason_is_printed_once():
    long = "few points in many dimensions are all far apart: it underestimates"
    notes = [Caveat("of the points")]
    for name in ("a", "b", "c"):
        notes.append(Caveat(f"off on 3 of 4, most on m; {long}", name, "off", "3 of 4, m", long))
        notes.append(Caveat("still changes with n: 1, 2", name, "still change with n", "1, 2"))
    notes.append(Caveat(f"its own confidence is low; {long}", "d", "low", "0.1", "another"))
    assert len(caveat_lines(notes)) == len(notes)
    assert grouped_lines(notes) == [
        "of the points",
        "off: a 3 of 4, m; b 3 of 4, m; c 3 of 4, m",
        f"a, b, c: {long}",
        "still change with n: a 1, 2; b 1, 2; c 1, 2",
        f"d: its own confidence is low; {long}",
    ]


def test_the_table_has_a_column_for_each_number_and_none_where_there_is_none():
    nan = math.nan
    rows = pd.DataFrame(
        [
            ("a", 5.0, 4.0, 6.5, "4 halves", 4.5, 0.26, "ok", "a warning", nan),
            ("b", 12.0, nan, nan, "", nan, nan, "ok", "on a half: failed: [red]", nan),
            ("c", nan, nan, nan, "", 3.0, 1.0, "timeout", "took [1] s\nand more", nan),
        ],
        columns=["estimator", "estimate", "low", "high", "interval", "half_estimate", "seconds",
                 "status", "message", ERROR],
    )  # fmt: skip
    notes = [Caveat("first [1]"), Caveat("long " * 40, "a")]
    lines = [line.rstrip() for line in printed(rows, notes, width=120).splitlines()]
    assert lines[:5] == [
        "",
        "estimator  dimension  another sample (95 %)      from  on halves  seconds",
        "a               5.00           4.00 to 6.50  4 halves       4.50      0.3",
        "b              12.00",
        "c            timeout",
    ]
    gap = lines.index("", 1)
    assert " ".join(lines[5:gap]) == INTERVALS
    assert lines[gap + 1 : gap + 5] == [
        "b: on a half: failed: [red]",
        "c: timeout: took [1] s",
        "Caveats:",
        "- first [1]",
    ]
    # Caveats are folded at words.
    assert lines[gap + 5].startswith("- a: long long")
    assert max(map(len, lines)) <= 120
    assert " ".join(lines[gap + 5 :]) == ("- a: " + "long " * 40).strip()


def test_only_the_heading_of_the_table_is_styled():
    rows = answers(a=5.0, b=math.nan).assign(low=4.0, high=6.5, **{ERROR: math.nan})
    terminal = {"force_terminal": True, "color_system": "standard"}
    lines = printed(rows, [Caveat("of 3 points")], width=120, **terminal).splitlines()
    (styled,) = (line for line in lines if "\x1b" in line)
    assert "another sample (95 %)" in styled
    assert "b: failed: an error" in lines


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_of_the_table_is_cut_at_any_usual_width(width):
    table = answers(**{"lpca-global": 12.0, "twonn": 101.5}).assign(
        low=2.25, high=1060.5, interval="10 halves, all 12", half_estimate=12.0, **{ERROR: 0.125}
    )
    text = printed(table, width=width)
    for words in ("lpca-global", "2.25 to 1060", "10 halves,", "all 12", "101.5", "12 %"):
        assert words in text
    assert max(map(len, text.splitlines())) <= width
    assert "Order: by the typical error in the suites" in " ".join(text.split())
    assert "…" not in text


def test_without_records_in_the_suites_there_is_no_column_of_them():
    text = printed(answers(twonn=3.0).assign(**{ERROR: np.nan}), width=160)
    assert "suites" not in text


def test_halves_are_one_line_with_a_count():
    table = pd.DataFrame(
        {
            "manifold": ["all", "half-01", "half-02", "half-01"],
            "status": ["ok", "ok", "ok", "failed"],
        }
    )
    assert halves_line(table) == "3 estimates on 2 halves, for the intervals, 1 of them failed"
    assert halves_line(table.iloc[:3]) == "2 estimates on 2 halves, for the intervals"
    assert halves_line(table.iloc[:1]) == ""


POINTS = np.random.default_rng(0).random((6, 2))


def saved(tmp_path, name, **arrays):
    np.savez(tmp_path / f"{name}.npz", **arrays)
    return {"manifold": "all", "estimator": name, "status": "ok", "arrays": f"{name}.npz"}


def test_each_point_has_a_row_with_its_pointwise_estimates(tmp_path):
    twice = np.vstack([POINTS[:2], POINTS[:1], POINTS[2:]])  # row 2 repeats row 0
    numbers = np.arange(6.0)
    rows = [
        saved(tmp_path, "mle", dimension=numbers, query=np.arange(6)),
        saved(tmp_path, "some", dimension=np.array([7.0, 8.0]), query=np.array([0, 5])),
        saved(tmp_path, "broken", dimension=numbers, query=np.arange(6) + 3),
        saved(tmp_path, "other", confidence=numbers),
        {"manifold": "all", "estimator": "whole", "status": "ok", "arrays": ""},
        {"manifold": "all", "estimator": "lost", "status": "ok", "arrays": "gone.npz"},
        {**saved(tmp_path, "half", dimension=numbers, query=np.arange(6)), "manifold": "half-01"},
    ]
    table = point_table(LoadedPoints(twice, (2,)), pd.DataFrame(rows), tmp_path)
    assert list(table.columns) == ["row", "mle", "some"]
    assert table["row"].tolist() == list(range(7))
    assert table["mle"].tolist() == [0, 1, 0, 2, 3, 4, 5]
    assert table["some"].dropna().to_dict() == {0: 7.0, 2: 7.0, 6: 8.0}
    subsample = LoadedPoints(
        POINTS, (2,), names=tuple("abcdef"), rows=np.array([3, 5, 8, 9, 11, 12])
    )
    table = point_table(subsample, pd.DataFrame(rows), tmp_path)
    assert table["row"].tolist() == [3, 5, 8, 9, 11, 12]
    assert table["name"].tolist() == list("abcdef")
    assert point_table(subsample, pd.DataFrame(rows[3:]), tmp_path) is None


def texts(points, columns=()):
    table = pd.DataFrame([{"estimate": 2.0}])
    return [
        caveat.text
        for caveat in point_caveats(
            LoadedPoints(points, (points.shape[1],), columns=columns), table
        )
    ]


def test_labels_and_identifiers_are_caveats_by_their_names():
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.random((200, 3)), rng.permutation(200), np.arange(200) % 3])
    notes = texts(points, ("a", "b", "c", "patient", "species"))
    (of_id,) = (text for text in notes if "numbers the rows" in text)
    assert "column 3 ('patient') (from 0) numbers the rows: is it a coordinate?" in of_id
    assert "--drop patient" in of_id
    (of_label,) = (text for text in notes if "labels of classes" in text)
    assert "column 'species' takes few whole numbers (at most 3), unlike other columns" in of_label
    assert "--drop species" in of_label
    notes = texts(points)
    assert any("column 4 (from 0) takes few whole numbers" in text for text in notes)
    assert not any("labels" in text or "rows:" in text for text in texts(points[:, :3]))
