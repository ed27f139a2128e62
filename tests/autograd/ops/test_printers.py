"""What is written from a row, language by language.

`tanh.txt` holds everything that is written from one row, as `python -m autograd.ops tanh`
prints it, so that a change of what writes it shows in a review.  After such a change,
look at the difference and write it anew:

    python -m tests.autograd.ops.test_printers
"""

import subprocess
import sys
from pathlib import Path

import pytest

from autograd.ops import BY_NAME, TABLE, codegen, printer, tex
from autograd.ops.__main__ import main

GOLDEN = Path(__file__).with_name("tanh.txt")


def golden() -> str:
    texts = codegen.of_row(BY_NAME["tanh"]).items()
    return "\n".join(f"── {title}\n\n{text}\n" for title, text in texts)


def test_the_text_written_from_a_row_is_the_text_that_was_reviewed():
    assert golden() == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("op", TABLE, ids=lambda op: op.name)
def test_everything_is_written_from_every_row(op):
    texts = codegen.of_row(op)
    assert len(texts) == (6 if op.many else 7)
    for title, text in texts.items():
        assert "\n\n\n\n" not in text
        assert (
            title.startswith("TeX") or op.name in text or "value" in text or op.name.upper() in text
        )


def test_the_command_prints_a_row_and_names_the_closest_of_one_that_there_is_not(capsys):
    assert main(["tanh"]) == 0
    assert "static inline double op_tanh_by_0(double x, double z) {" in capsys.readouterr().out
    assert main(["coss"]) == 2
    assert "the table has no row 'coss'; try 'cos'" in capsys.readouterr().err
    assert main([]) == 2
    assert "softmax" in capsys.readouterr().out


def test_the_command_runs():
    command = [sys.executable, "-m", "autograd.ops", "dot"]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 0, result.stderr
    assert r"z = bias" not in result.stdout
    assert "cdef object dot_by_2(object xs, object ys, object bias, object z):" in result.stdout


def test_a_row_over_many_in_a_value_is_written_out():
    value = printer.expand(printer.value_formula(BY_NAME["softmax"]))
    assert not any(e.head == "softmax" for e in value.walk())


def test_equations_name_every_operand_of_many_by_its_index():
    assert list(tex.row(BY_NAME["mean"])) == [
        r"z = \frac{\sum_{j} x_j}{n}",
        r"\partial z/\partial x_i = \frac{1}{n}",
    ]


if __name__ == "__main__":
    GOLDEN.write_text(golden(), encoding="utf-8")
