"""`python -m autograd.ops tanh`: everything that is written from one row of the table."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence

from autograd.ops import BY_NAME, Op, codegen


def main(names: Sequence[str]) -> int:
    """Print what is written from the rows of these names."""
    if not names:
        print("python -m autograd.ops NAME … prints what is written from a row; the rows are:")
        print(*BY_NAME)
        return 2
    for name in names:
        if name not in BY_NAME:
            close = difflib.get_close_matches(name, BY_NAME, 1) or ["tanh"]
            print(f"the table has no row {name!r}; try {close[0]!r}", file=sys.stderr)
            return 2
        for title, text in (codegen.of_row(BY_NAME[name]) | in_jax(BY_NAME[name])).items():
            print(f"── {title} ".ljust(80, "─"), "", text, "", sep="\n")
    return 0


def in_jax(op: Op) -> dict[str, str]:
    """What JAX makes of the value and of its derivative, if JAX is installed."""
    try:
        from autograd.ops import jax
    except ImportError as error:
        return {"JAX: a function with the row's partials": str(error)}
    operands = [jax.jnp.ones(3) if name in op.sequences else 1.0 for name in op.operands]
    f = jax.differentiable(op.name)
    made = jax.jax.make_jaxpr(lambda *x: jax.jax.jvp(f, x, x))(*operands)
    return {"JAX: a function with the row's partials, and its derivative": str(made)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
