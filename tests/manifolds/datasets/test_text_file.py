"""Text files of common programs: points, names, notes and errors."""

import bz2
import csv
import gzip
import io
import lzma
import re

import numpy as np
import pandas as pd
import pytest
from text_tables import POINTS, lines, read


@pytest.mark.parametrize(
    ("name", "compress"),
    [("a.csv.gz", gzip.compress), ("a.txt.bz2", bz2.compress), ("a.TSV.xz", lzma.compress)],
)
def test_compressed_texts_are_read(tmp_path, name, compress):
    content = compress(lines(first="a,b,c,d").encode())
    loaded = read(tmp_path, content, name)
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.columns == ("a", "b", "c", "d")
    for wrong in (content[:-10], b"no such thing", content[:20] + b"??????" + content[26:]):
        with pytest.raises(ValueError, match="cannot be read"):
            read(tmp_path, wrong, name)


def test_a_compressed_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has none of the endings"):
        read(tmp_path, gzip.compress(b"x"), "a.npy.gz")


@pytest.mark.parametrize("ends", ["\r\n", "\r", "\n\n"])
def test_lines_end_as_on_any_system(tmp_path, ends):
    loaded = read(tmp_path, lines(first="a,b,c,d").replace("\n", ends))
    np.testing.assert_array_equal(loaded.points, POINTS)


@pytest.mark.parametrize("letter", ["D", "d", "E"])
@pytest.mark.parametrize("first", ["", "# x y z w\n", "a1d b2d c3D d\n"])
def test_exponents_of_fortran_are_numbers(tmp_path, letter, first):
    buffer = io.StringIO()
    np.savetxt(buffer, POINTS, fmt="%15.7E")
    text = first + buffer.getvalue().replace("E", letter)
    loaded = read(tmp_path, text, "out.dat")
    np.testing.assert_allclose(loaded.points, POINTS, rtol=1e-6)
    assert len(loaded.columns) == (4 if first else 0)


def test_fields_in_quotes_are_read_and_names_may_hold_the_separator(tmp_path):
    buffer = io.StringIO()
    written = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    written.writerow(["length, mm", "b;c", "x", "y"])
    written.writerows(POINTS.tolist())
    loaded = read(tmp_path, buffer.getvalue())
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.columns == ("length, mm", "b;c", "x", "y")
    # Without names: the first line is a point, quotes or not.
    loaded = read(tmp_path, buffer.getvalue().partition("\n")[2])
    np.testing.assert_array_equal(loaded.points, POINTS)


def test_decimal_commas_between_semicolons_or_tabs_are_read_between_commas_refused(tmp_path):
    for delimiter in (";", "\t", " "):
        text = lines(delimiter=delimiter, first=delimiter.join("abcd")).replace(".", ",")
        np.testing.assert_array_equal(read(tmp_path, text).points, POINTS)
        text = lines(delimiter=delimiter).replace(".", ",")
        loaded = read(tmp_path, text)
        np.testing.assert_array_equal(loaded.points, POINTS, err_msg=repr(delimiter))
    quoted = pd.DataFrame(POINTS, columns=list("abcd")).map(lambda v: f"{v}".replace(".", ","))
    with pytest.raises(ValueError, match=r"'a' has numbers with commas .* decimal points"):
        read(tmp_path, quoted.to_csv(index=False, quoting=csv.QUOTE_ALL))


@pytest.mark.parametrize("order", [list(range(40)), np.random.default_rng(1).permutation(40)])
def test_an_index_of_pandas_is_left_out_and_named(tmp_path, order):
    frame = pd.DataFrame(POINTS[order], columns=list("abcd"), index=np.asarray(order))
    loaded = read(tmp_path, frame.to_csv())
    np.testing.assert_array_equal(loaded.points, POINTS[order])
    assert loaded.columns == ("a", "b", "c", "d")
    assert "column 'Unnamed: 0'" in loaded.notes[0]
    assert "left out" in loaded.notes[0]
    loaded = read(tmp_path, frame.to_csv(), columns=["Unnamed: 0", "a"])
    assert loaded.columns == ("Unnamed: 0", "a")
    np.testing.assert_array_equal(loaded.points[:, 0], order)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_an_index_beside_names_that_are_numbers_is_left_out(tmp_path, delimiter):
    frame = pd.DataFrame(POINTS, columns=[2022, 2021, 2020, 2019])
    loaded = read(tmp_path, frame.to_csv(sep=delimiter))
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.columns == ("2022", "2021", "2020", "2019")
    assert "column 'Unnamed: 0'" in loaded.notes[0]


def test_names_of_rows_are_left_out_and_named(tmp_path):
    frame = pd.DataFrame(POINTS, columns=list("abcd"), index=[f"cell {k}" for k in range(40)])
    loaded = read(tmp_path, frame.to_csv())
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert "column 'Unnamed: 0' has no name of its own" in loaded.notes[0]
    # As R's write.table writes them: with no name at all.
    text = lines(delimiter=" ").splitlines()
    table = "\n".join(['"a" "b" "c" "d"', *(f'"{k + 1}" {row}' for k, row in enumerate(text))])
    loaded = read(tmp_path, table, "of_r.txt")
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.columns == ("a", "b", "c", "d")


def test_an_unnamed_column_of_numbers_that_are_none_of_rows_is_a_coordinate_with_a_note(tmp_path):
    for first in (",b,c,d", "a,,c,d", ",,c,d"):
        loaded = read(tmp_path, lines(first=first))
        np.testing.assert_array_equal(loaded.points, POINTS)
        assert "has no name of its own and is read as a coordinate" in loaded.notes[0]
        assert "--drop 'Unnamed: " in loaded.notes[0]
        names = [name for name in loaded.columns if name.startswith("Unnamed")]
        for name in names:
            assert repr(name) in loaded.notes[0]


@pytest.mark.parametrize(
    "rows",
    [
        np.arange(40) % 20,  # concatenated
        np.random.default_rng(2).integers(0, 40, 40),  # a bootstrap
        np.sort(np.random.default_rng(2).permutation(9000)[:40]),  # a subset
        np.arange(40) // 2,
        np.where(np.arange(40) % 7, np.arange(40), np.nan),
    ],
)
def test_an_index_that_repeats_numbers_is_left_out_and_named(tmp_path, rows):
    frame = pd.DataFrame(POINTS, columns=list("abcd"), index=rows)
    loaded = read(tmp_path, frame.to_csv())
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert "column 'Unnamed: 0'" in loaded.notes[0]
    assert "left out" in loaded.notes[0]
    # An index of two levels, over words or numbers.
    frame.index = pd.MultiIndex.from_arrays([rows, np.arange(40)])
    for names in (list("abcd"), [2019, 2020, 2021, 2022]):
        loaded = read(tmp_path, frame.set_axis(names, axis=1).to_csv())
        np.testing.assert_array_equal(loaded.points, POINTS)
        assert ["left out" in note for note in loaded.notes] == [True, True]


def test_marks_of_missing_numbers_in_any_case_make_the_first_line_a_point(tmp_path):
    for mark in ("NULL", "n/a", "*", "NaN", "NA", ".", "none", ""):
        with pytest.raises(ValueError, match=r"row 0") as error:
            read(tmp_path, f"0.5,{mark},0.25,0.125\n" + lines())
        assert re.search(r"column (1|'1') ", str(error.value)), error.value


def test_names_that_are_marks_of_missing_numbers_or_empty_are_names_among_words(tmp_path):
    for mark in ("NA", ".", "None", "nan", ""):
        loaded = read(tmp_path, lines(first=f"a,{mark},c,d"))
        np.testing.assert_array_equal(loaded.points, POINTS)
        assert loaded.columns == ("a", mark or "Unnamed: 1", "c", "d")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_separator_at_the_end_of_the_names_alone_or_of_the_rows_alone(tmp_path, delimiter):
    for first in ("abcd", ("400", "402", "404", "406")):
        names = delimiter.join(first)
        loaded = read(tmp_path, lines(delimiter=delimiter, first=names + delimiter))
        np.testing.assert_array_equal(loaded.points, POINTS)
        assert loaded.columns == tuple(first)
        text = lines(delimiter=delimiter).replace("\n", delimiter + "\n")
        loaded = read(tmp_path, f"{names}\n{text}")
        np.testing.assert_array_equal(loaded.points, POINTS)
        assert loaded.columns == tuple(first)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
@pytest.mark.parametrize("quote", ['"', ""])
def test_row_names_of_r_have_no_name_between_any_separators(tmp_path, delimiter, quote):
    text = lines(delimiter=delimiter).splitlines()
    rows = [f"{quote}{k + 1}{quote}{delimiter}{row}" for k, row in enumerate(text)]
    for names in ("abcd", ("400", "402", "404", "406")):
        loaded = read(tmp_path, "\n".join([delimiter.join(names), *rows]))
        np.testing.assert_array_equal(loaded.points, POINTS)
        assert loaded.columns == tuple(names)
        assert "left out" in loaded.notes[-1]
        assert len(loaded.notes) == 1 + (names != "abcd")


def test_comments_may_begin_with_blanks(tmp_path):
    loaded = read(tmp_path, "  # made by hand\n\t# on Monday\n" + lines(first="a,b,c,d"))
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.columns == ("a", "b", "c", "d")
    loaded = read(tmp_path, " # one\n%\n" + lines(POINTS[:, :1]))
    np.testing.assert_array_equal(loaded.points, POINTS[:, :1])


def test_names_in_latin_1_are_read_with_a_note_and_bytes_of_no_text_refused(tmp_path):
    loaded = read(tmp_path, lines(first="größe,b,c,d").encode("latin-1"))
    assert loaded.columns[0] == "größe"
    assert "save it as UTF-8" in loaded.notes[0]
    with pytest.raises(ValueError, match="save it as UTF-8"):
        read(tmp_path, b"\xff\x00\x01" + lines().encode())


@pytest.mark.parametrize("delimiter", ["\t", ";", " ", "  "])
def test_commas_between_thousands_are_refused_and_decimals_that_are_none_read(tmp_path, delimiter):
    whole = np.random.default_rng(0).integers(1, 9000, (40, 4))
    for least in (1, 1000):  # beside whole numbers without a comma, or not
        rows = [delimiter.join(f"{max(v, least):,}" for v in row) for row in whole]
        for first in ([], [delimiter.join("abcd")]):
            with pytest.raises(ValueError, match=r"leave commas between thousands out|with commas"):
                read(tmp_path, "\n".join([*first, *rows]))
    millions = "\n".join(delimiter.join(f"{1000 * v + 1e6:,.0f}" for v in row) for row in whole)
    with pytest.raises(ValueError, match="leave commas between thousands out"):
        read(tmp_path, millions)
    thirds = np.round(POINTS, 3)
    text = "\n".join(delimiter.join(f"{v:.3f}" for v in row) for row in thirds).replace(".", ",")
    np.testing.assert_array_equal(read(tmp_path, text).points, thirds)


def test_a_text_is_parsed_once_where_its_first_line_is_of_numbers(tmp_path, monkeypatch):
    calls = []
    real = pd.read_csv
    monkeypatch.setattr(pd, "read_csv", lambda *a, **k: calls.append(1) or real(*a, **k))
    for first in ("", "400,402,404,406"):
        calls.clear()
        assert read(tmp_path, lines(first=first)).points.shape == (40, 4)
        assert len(calls) == 1


@pytest.mark.parametrize("delimiter", ["\t", ";", ",", "|", " ; "])
def test_a_separator_at_the_end_of_each_line_separates_nothing(tmp_path, delimiter):
    text = lines(delimiter=delimiter, first=delimiter.join("abcd"))
    loaded = read(tmp_path, text.replace("\n", delimiter + "\n"))
    np.testing.assert_array_equal(loaded.points, POINTS)
    assert loaded.columns == ("a", "b", "c", "d")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_names_of_any_language_are_read(tmp_path, encoding):
    loaded = read(tmp_path, lines(first="größe,b,c,d").encode(encoding))
    assert loaded.columns[0] == "größe"


def test_numbers_too_large_and_empty_columns_are_refused_in_words(tmp_path):
    for text in ("a,b\n,1\n" * 30, "a,b\n" + lines(POINTS[:, :2]) + "9" * 400 + ",1\n", "a;b\n"):
        with pytest.raises(ValueError, match=r"table\.csv"):
            read(tmp_path, text)
