"""The table in plain Python: what every row says, as functions of floats.

`RULES["tanh"](x)` is the value, `RULES["tanh_by_0"](x, z)` its partial by operand 0; None
says that there is no edge.  The arithmetic is Python's own, so that where the engine has
inf or nan, as of 1 / 0 and log(0), these may raise; so does the norm of nothing but zeros.
"""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from types import SimpleNamespace
from typing import Any

from autograd.emit import python
from autograd.ops import TABLE

LIBM = SimpleNamespace(
    **vars(math),
    rint=lambda x: float(round(x)),
    # What numerics.h is more careful about:
    floored_mod=lambda x, y: x % y,
    cube_root=lambda x: math.copysign(abs(x) ** (1 / 3), x),
    exp_diff=lambda x, m: math.exp(x - m),
    gauss=lambda x: math.exp(-x * x / 2),
    ndtr=lambda x: math.erfc(-x / math.sqrt(2)) / 2,
)
OVER = SimpleNamespace(
    sum=lambda xs, start=0.0: reduce(add, xs, start),  # Python's own sum compensates
    rest=lambda xs: reduce(add, xs[1:], 0.0),
    prod=math.prod,
    others=lambda xs: [math.prod(xs[:k]) * math.prod(xs[:k:-1]) for k in range(len(xs))],
    max=max,
    min=min,
    first=lambda xs: xs[0],
)
RULES: dict[str, Any] = {"libm": LIBM, "over": OVER, "isnan": math.isnan}
exec(python(TABLE), RULES)
