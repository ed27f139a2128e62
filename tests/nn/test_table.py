import math
import random

import pytest

from nn.table import Scale, TableError, hold_out, read_table

TEN = "".join(f"{k},{2 * k}\n" for k in range(10))


@pytest.fixture
def written(tmp_path):
    """Writes a file and returns its path."""

    def written(text, encoding="utf-8"):
        path = tmp_path / "t.csv"
        path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
        return path

    return written


def test_a_table_is_read_as_inputs_and_a_target(written):
    table = read_table(written("a,b,c\n" + "1,2.5,-3e2\n" * 10), "b")
    assert (table.columns, table.target) == (["a", "c"], "b")
    assert table.xs == [[1.0, -300.0]] * 10
    assert table.ys == [2.5] * 10


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_cells_are_set_apart_by_comma_semicolon_or_tab(written, sign):
    assert read_table(written(("a,b\n" + TEN).replace(",", sign)), "b").ys[9] == 18.0


@pytest.mark.parametrize("text", ["\ufeffa,b\n", "a,b\r\n", ' "a" , b\n', "a,b\n\n , \n"])
def test_the_marks_of_spreadsheets_around_the_numbers_do_not_matter(written, text):
    assert read_table(written(text + TEN), "b").columns[0].strip('" ') == "a"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty: its first row must name the columns"),
        ("\n\n", "is empty"),
        ("a,c\n" + TEN, "has no column 'b'; its columns are 'a', 'c'"),
        ("b,b\n" + TEN, "has 2 columns 'b'; its columns are 'b', 'b'"),
        ("b\n1\n", "has no column but 'b'"),
        ("a,b\n", "has 0 rows of numbers; at least 10 are needed"),
        ("a,b\n1,2\n", "has 1 row of numbers"),
        ("a,b\n1,2\n3,four\n", "row 3, column 'b': 'four' is not a number"),
        ("a,b\n1,2\n\n3,\n", "row 4, column 'b': the cell is empty, where a number belongs"),
        ("a,b\n1_000,2\n", "row 2, column 'a': '1_000' is not a number"),
        ("a,b\n1,nan\n", "row 2, column 'b': 'nan' is not a finite number"),
        ("a,b\n-inf,2\n", "row 2, column 'a': '-inf' is not a finite number"),
        ("a,b\n1e999,2\n", "row 2, column 'a': '1e999' is not a finite number"),
        ("a,b\n1e151,2\n", "row 2, column 'a': '1e151' is too large to compute with"),
        ("a,b\n1,2\n3\n", "row 3: 1 cell, where the first row names 2 columns"),
        ("a,b\n1,2,3\n", "row 2: 3 cells, where"),
        (b"\xff\xfea,b\n", "is not UTF-8 text"),
        ("a,b\n1," + "2" * 200_000 + "\n", "row 2: field larger than field limit"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_in_one_line_that_says_where(written, text, message):
    with pytest.raises(TableError) as error:
        read_table(written(text), "b")
    assert message in str(error.value)
    assert str(error.value).count("\n") == 0


def test_a_missing_target_is_answered_with_the_names_of_the_columns(written):
    with pytest.raises(TableError, match=r"which column of .* Its columns are 'a', 'b'"):
        read_table(written("a,b\n" + TEN), None)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(TableError, match=r"nowhere\.csv: No such file"):
        read_table(tmp_path / "nowhere.csv", "b")


@pytest.mark.parametrize("count", [2, 10, 101])
def test_every_row_is_learned_from_or_held_out(count):
    learn, held = hold_out(count, 0.2, random.Random(0))
    assert sorted(learn + held) == list(range(count))
    assert len(held) == max(1, round(0.2 * count))


def test_a_scaled_column_has_mean_0_and_deviation_1():
    rows = [[random.Random(k).gauss(1e6, 3.0), 7.0] for k in range(50)]
    scale = Scale(rows)
    first, second = zip(*map(scale, rows), strict=True)
    assert math.fsum(first) == pytest.approx(0, abs=1e-6)
    assert math.fsum(x * x for x in first) / 50 == pytest.approx(1)
    assert set(second) == {0.0}  # does not vary: shifted only


def test_a_column_that_does_not_vary_is_not_blown_up_by_rounding():
    for number in (0.1, 1e-3, 123.456):
        for n in range(1, 40):
            assert abs(Scale([[number]] * n)([number])[0]) < 1e-12


def test_large_numbers_do_not_overflow():
    assert Scale([[1e150], [3e150]])([3e150]) == pytest.approx([1.0])
