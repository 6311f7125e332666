"""Which columns and rows of a file are points: options by name, number, range and glob."""

import re

import numpy as np
import pandas as pd
import pytest

import manifolds
from manifolds.datasets.columns import select_columns, split_names
from manifolds.datasets.reading import read_points

POINTS = np.random.default_rng(0).random((60, 6)) * [1, 10, 100, 1, 1, 1]
NAMES = ["mass", "length", "x1", "x2", "400.5", "2"]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    pd.DataFrame(POINTS, columns=NAMES).assign(species="finch").to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("columns", "drop", "which"),
    [
        ((), ("species",), [0, 1, 2, 3, 4, 5]),
        (("mass", "x2"), (), [0, 3]),
        (("x2", "mass"), (), [0, 3]),
        (("0-3",), (), [0, 1, 2, 3]),
        (("x*", "1"), (), [1, 2, 3]),
        (("length-x2",), ("x1",), [1, 3]),
        (("400.5",), (), [4]),
        (("2", "0"), (), [0, 5]),  # a name comes before a number
        ((), ("6", "x*"), [0, 1, 4, 5]),
    ],
)
def test_columns_are_chosen_by_name_number_range_and_glob(table, columns, drop, which):
    loaded = read_points(table, columns=columns, drop=drop)
    np.testing.assert_allclose(loaded.points, POINTS[:, which])
    assert loaded.columns == tuple(NAMES[i] for i in which)


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize(
    ("columns", "low", "high"),
    [
        ("400-700", 400, 700),
        ("700-400.0", 400, 700),
        ("400", 400, 400),
        ("400.50", 400.5, 400.5),
        ("400.2-401.3", 400.5, 401),
        ("0-400", 350, 400),
    ],
)
def test_names_that_are_numbers_go_by_value_and_never_by_position(
    tmp_path, falling, columns, low, high
):
    waves = [350.0, 375.5, 399.5, *np.arange(400, 402.1, 0.5), 550.0, 699.5, 700.0, 700.5, 750.0]
    waves = np.array(waves)[:: -1 if falling else 1]
    frame = pd.DataFrame(np.random.default_rng(0).random((30, len(waves))), columns=waves)
    frame.assign(sample="leaf").to_csv(tmp_path / "s.csv", index=False)
    loaded = read_points(tmp_path / "s.csv", columns=[columns])
    within = (waves >= low) & (waves <= high)
    assert loaded.columns == tuple(map(str, waves[within]))
    np.testing.assert_allclose(loaded.points, frame.to_numpy()[:, within])
    left = read_points(tmp_path / "s.csv", drop=[columns, "sample"])
    assert left.columns == tuple(map(str, waves[~within]))
    with pytest.raises(ValueError, match=r"has no column '7'.* by their values, not by positions"):
        read_points(tmp_path / "s.csv", columns=["7"])
    with pytest.raises(ValueError, match="has no column '0-9'"):
        read_points(tmp_path / "s.csv", columns=["0-9"])


def test_a_range_has_no_name_at_one_end_and_a_position_at_the_other():
    names = ["mass", "x", "y", "z", "2", "400.5"]
    assert select_columns(names, ["2-400"], [], "t") == [4]
    assert select_columns(names, ["0-2"], [], "t") == [4]  # "2" is a name
    assert select_columns(names, ["0-1"], [], "t") == [0, 1]
    for mixed in ("mass-3", "0-z", "x-1"):
        with pytest.raises(ValueError, match="has no column"):
            select_columns(names, [mixed], [], "t")


def test_what_is_no_column_is_answered_with_the_nearest_name(table):
    with pytest.raises(ValueError, match=re.escape("has no column 'lenght'; did you mean 'len")):
        read_points(table, columns=["lenght"])
    with pytest.raises(ValueError, match=r"has no column '9'; it has 'mass'.* numbers, 0 to 6"):
        read_points(table, drop=["9"])
    with pytest.raises(ValueError, match="no column is left"):
        read_points(table, drop=["*"])
    with pytest.raises(ValueError, match=r"'species' does not; leave out .*\(--drop species\)"):
        read_points(table, drop=["mass"])


def test_columns_of_arrays_go_by_numbers_and_of_images_not_at_all(tmp_path):
    np.save(tmp_path / "x.npy", POINTS)
    loaded = read_points(tmp_path / "x.npy", columns=["1-2"], drop=["2"])
    np.testing.assert_array_equal(loaded.points, POINTS[:, [1]])
    assert (loaded.columns, loaded.shape) == (("1",), (1,))
    np.save(tmp_path / "i.npy", POINTS.reshape(60, 3, 2))
    with pytest.raises(ValueError, match="--columns and --drop are for tables"):
        read_points(tmp_path / "i.npy", columns=["1"])


def test_missing_numbers_in_columns_that_are_left_out_do_not_matter(tmp_path):
    holes = POINTS.copy()
    holes[3, 5] = np.nan
    np.save(tmp_path / "x.npy", holes)
    np.testing.assert_array_equal(read_points(tmp_path / "x.npy", drop=["5"]).points, POINTS[:, :5])


def test_options_are_split_at_commas_outside_quotes():
    assert split_names(["a, b", '"c, d",e-f']) == ("a", "b", "c, d", "e-f")


def test_rows_are_sampled_with_a_fixed_seed_and_a_note(tmp_path):
    np.save(tmp_path / "x.npy", np.vstack([POINTS, POINTS[:5]]))
    loaded = read_points(tmp_path / "x.npy", rows=30)
    assert loaded.points.shape == (30, 6)
    np.testing.assert_array_equal(loaded.points, POINTS[loaded.rows])
    assert len(set(loaded.rows.tolist())) == 30 != loaded.rows.max() + 1
    assert "30 of 60 distinct rows were used, drawn at random (seed 0)" in loaded.notes
    again = read_points(tmp_path / "x.npy", rows=30)
    assert again.digest == loaded.digest
    all_of_them = read_points(tmp_path / "x.npy", rows=100)
    assert len(all_of_them.points) == 65
    assert "has 60 distinct rows, all of which were used" in all_of_them.notes[0]
    with pytest.raises(ValueError, match="--n must be at least 20"):
        read_points(tmp_path / "x.npy", rows=3)


def test_standardized_columns_have_mean_0_and_variance_1_and_constant_ones_stay(tmp_path):
    np.save(tmp_path / "x.npy", np.column_stack([POINTS, np.full(60, 0.1)]))
    loaded = read_points(tmp_path / "x.npy", standardize=True)
    np.testing.assert_allclose(loaded.points.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(loaded.points.std(axis=0), [1] * 6 + [0], atol=1e-12)
    assert loaded.notes == ("each column was brought to mean 0 and variance 1",)


def test_labels_and_identifiers_are_reported_before_they_are_standardized(tmp_path):
    rng = np.random.default_rng(0)
    table = pd.DataFrame(POINTS, columns=NAMES)
    table["id"], table["kind"] = rng.permutation(60), np.arange(60) % 3
    table.to_csv(tmp_path / "t.csv", index=False)
    notes = " ".join(read_points(tmp_path / "t.csv", standardize=True).notes)
    assert "column 6 ('id') (from 0) numbers the rows" in notes
    assert "column 'kind' takes few whole numbers" in notes


def test_a_sample_of_a_file_is_of_the_rows_and_columns_that_were_chosen(table):
    options = {"drop": ["species", "2"], "rows": 30, "standardize": True}
    loaded = read_points(table, **options)
    manifold = manifolds.get("file", path=str(table), digest=loaded.digest, **options)
    np.testing.assert_array_equal(manifold.sample(30, 0).points, loaded.points)
    assert manifold.shape == (5,)
