"""The first line of a text: names of columns or a point."""

import itertools
import re

import numpy as np
import pandas as pd
import pytest
from text_tables import lines, read

from manifolds.datasets.reading import read_points

ROWS = np.random.default_rng(3).random((200, 6))


SMOOTH = 0.5 + 0.4 * np.sin(np.arange(6) * (0.5 + ROWS[:, :1]) + 6 * ROWS[:, 1:2])


@pytest.mark.parametrize(
    ("first", "values"),
    [
        ("780.0,777.5,775.0,772.5,770.0,767.5", SMOOTH),
        ("2500,2400,2200,1900,1500,1000", SMOOTH),
        ("1,3,10", 20 * ROWS[:, :3]),
        ("30,20,7", 40 * ROWS[:, :3]),
        ("0.9,0.5,0.1", ROWS[:, :3]),
        ("1990,2000", ROWS[:, :2]),
        ("2019,2020,2021", np.floor(5000 * ROWS[:, :3])),
        ("0.05,0.25,0.5,0.75,0.95", np.sort(10 + ROWS[:, :5], axis=1)),
        ("-3,-2,-1,0,1,2", 5 * ROWS - 2),
        ("0.1,0.25,0.5,0.9", np.sort(ROWS[:, :4], axis=1)),  # of fewer digits
    ],
)
def test_numbers_in_order_are_names_whatever_they_count(tmp_path, first, values):
    loaded = read(tmp_path, lines(values, first=first))
    assert loaded.points.shape == values.shape
    assert loaded.columns == tuple(first.split(","))
    assert "--no-header makes it a point" in loaded.notes[0]
    assert read(tmp_path, lines(values, first=first), header=False).points.shape[0] == 201


@pytest.mark.parametrize("columns", [1, 2, 3, 6])
def test_columns_that_pandas_has_counted_are_names_with_a_note(tmp_path, columns):
    values = np.random.default_rng(5).standard_normal((200, columns))
    for frame in (pd.DataFrame(values), pd.DataFrame(values).round(2)):
        loaded = read(tmp_path, frame.to_csv(index=False))
        np.testing.assert_allclose(loaded.points, frame)
        assert loaded.columns == tuple(map(str, range(columns)))
        assert "--no-header makes it a point" in loaded.notes[0]
    pixels = np.floor(17 * np.random.default_rng(5).random((200, 64)))
    loaded = read(tmp_path, pd.DataFrame(pixels.astype(int)).to_csv(index=False))
    assert loaded.points.shape == (200, 64)
    assert "--no-header" in loaded.notes[0]


LATTICES = {
    "combinations": np.array(list(itertools.combinations(range(12), 3))),
    "pairs": np.array(list(itertools.combinations(range(12), 2))),
    "combinations of 6": np.array(list(itertools.combinations(range(12), 6))),
    "permutations": np.array(list(itertools.permutations(range(6)))),
    "combinations of other numbers": np.array(list(itertools.combinations(range(10, 40), 4))),
    "from 1": np.array(list(itertools.combinations(range(1, 12), 4))),
    "lattice": np.vstack([[0, 1, 2], np.floor(100 * ROWS[:, :3])]).astype(int),
}


@pytest.mark.parametrize("what", LATTICES)
def test_a_first_point_of_a_lattice_stays_one_though_it_counts(tmp_path, what):
    values = LATTICES[what]
    loaded = read(tmp_path, pd.DataFrame(values).to_csv(index=False, header=False))
    np.testing.assert_array_equal(loaded.points, values)
    np.savetxt(tmp_path / "x.txt", values)
    np.testing.assert_array_equal(read_points(tmp_path / "x.txt").points, values)


@pytest.mark.parametrize(
    ("first", "values"),
    [
        ("0.1,0.5,0.99", np.random.default_rng(1).standard_normal((200, 3))),
        ("0.1,0.5,0.99", np.random.default_rng(1).standard_normal((200, 3)).round(2)),
        ("0.25,0.75", np.random.default_rng(1).standard_normal((200, 2))),
        ("0.5", np.random.default_rng(1).standard_normal((200, 1))),
        ("0.05,0.25,0.75,0.95", np.random.default_rng(1).standard_normal((200, 4)).round(2)),
        ("3,1,2", ROWS[:, :3]),
        ("7", 20 * ROWS[:, :1]),
        ("0,1,2", np.floor(100 * ROWS[:, :3])),
    ],
)
def test_where_it_is_undecided_the_note_names_the_option(tmp_path, first, values):
    text = pd.DataFrame(values).to_csv(index=False, header=False)
    if values.max() > 90:
        text = text.replace(".0", "")
    loaded = read(tmp_path, f"{first}\n{text}")
    assert len(loaded.points) == 201
    assert "--header makes it names" in loaded.notes[0]
    loaded = read(tmp_path, f"{first}\n{text}", header=True)
    assert (len(loaded.points), loaded.notes) == (200, ())


IRIS = "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n"


ABALONE = "M,0.455,0.365,0.095,0.514\nM,0.35,0.265,0.09,0.2255\nF,0.53,0.42,0.135,0.677\n"


ADULT = """39, State-gov, Male, 77516, White
50, Private, Male, 83311, White
38, State-gov, Female, 215646, Black
"""


@pytest.mark.parametrize(
    ("rows", "drop"), [(IRIS, ["4"]), (ABALONE, ["0"]), (ADULT, ["1", "2", "4"])]
)
def test_a_first_point_of_numbers_and_words_stays_one_and_words_go_by_number(tmp_path, rows, drop):
    text = "".join(
        row.replace(".", f".{k}", 1).replace("77516", f"{k}") + "\n"
        for k, row in enumerate(rows.splitlines() * 20)
    )
    with pytest.raises(ValueError, match=re.escape(f"--drop {','.join(drop)})")):
        read(tmp_path, text)
    loaded = read(tmp_path, text, drop=drop)
    assert (len(loaded.points), loaded.notes) == (60, ())


def test_numbers_and_a_word_that_are_names_are_names_with_a_note(tmp_path):
    frame = pd.DataFrame(ROWS, columns=np.arange(400, 412, 2))
    for name, column in (("sample", [f"s{k}" for k in range(200)]), ("mass", 9 * ROWS[:, 0])):
        table = frame.copy()
        table.insert(0, name, column)
        loaded = read(tmp_path, table.to_csv(index=False), drop=[name])
        np.testing.assert_allclose(loaded.points, ROWS)
        assert "--no-header makes it a point" in loaded.notes[0]
    # Numbers over a column of words.
    table = pd.DataFrame(ROWS[:, :3]).assign(kind="a")
    table.columns = range(4)
    loaded = read(tmp_path, table.to_csv(index=False), drop=["3"])
    np.testing.assert_allclose(loaded.points, ROWS[:, :3])
    assert "--no-header makes it a point" in loaded.notes[0]


@pytest.mark.parametrize(
    "values",
    [
        np.vstack([[[1.0, 1.0, 20.0]], np.cumsum(ROWS[:, :3] - 0.5, axis=0)]),
        np.vstack([[[0.0, 0.0, 0.0]], ROWS[:, :3]]),
        np.sort(100 * ROWS[:, :3], axis=1),
        np.floor(9 * ROWS[:, :3]),
        SMOOTH,
        ROWS[:, :2],
        ROWS[:, :1],
    ],
)
def test_a_first_point_stays_one(tmp_path, values):
    loaded = read(tmp_path, lines(values))
    np.testing.assert_allclose(loaded.points, values, atol=1e-5)
    assert loaded.notes == ()
