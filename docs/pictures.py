"""Draws the pictures of the README and the documentation: `python docs/pictures.py`."""

from pathlib import Path

import viz
from autograd import Value, tanh

HERE = Path(__file__).parent


def first_example() -> Value:
    """The README's example, after its backward pass."""
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    z = a * b + a**2
    z.label = "z"
    C = tanh(z) ** 2
    C.label = "C"
    C.backward()
    return C


if __name__ == "__main__":
    viz.save(first_example(), HERE / "flow.svg")
    print(f"drawn: {HERE / 'flow.svg'}")
