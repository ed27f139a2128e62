import pytest

from viz.text import number


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.5, "+0.500"),
        (-3.0, "-3.000"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.01, "+0.010"),
        (0.00999, "+1.0e-02"),
        (-1.25e-7, "-1.2e-07"),
        (99999.0, "+99999.000"),
        (1e5, "+1.0e+05"),
        (5e-324, "+4.9e-324"),
        (float("inf"), "+inf"),
        (float("-inf"), "-inf"),
        (float("nan"), "nan"),
    ],
)
def test_a_number_is_written_with_its_sign_in_few_digits(x, text):
    assert number(x) == text
