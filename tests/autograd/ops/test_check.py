"""A faulty row is refused, with the row, the operand and the remedy in one sentence."""

import math
import re

import pytest

from autograd.ops import NO_EDGE, TABLE, Interval, Op, R, f, libm, over
from autograd.ops.check import REDUCTIONS, RowError, check, functions_of_c
from autograd.ops.formulas import symbol


def row(
    name="faulty", value=lambda x: f.sin(x), partials=lambda x, z: f.cos(x), domain=(R,), **more
):
    return Op(name, more.pop("symbol", name), value, partials, domain, **more)


def over_all(value, partials=lambda x, z: 1, domain=(R,), **more):
    return row(value=value, partials=partials, domain=domain, many=True, **more)


FAULTY = {
    "an unknown function": (
        row(value=lambda x: f.coss(x)),
        "calls f.coss in its value, which there is not; there is f.cos",
    ),
    "an unknown function in a partial": (
        row(partials=lambda x, z: 1 / f.sqrtt(x)),
        "calls f.sqrtt in ∂faulty/∂x, which there is not; there is f.sqrt",
    ),
    "an unknown function of C": (
        row(value=lambda x: libm.sinus(x)),
        "calls libm.sinus in its value, which there is not; there is libm.sin",
    ),
    "a function that is called with too few": (
        row(partials=lambda x, z: f.hypot(x)),
        "calls f.hypot with 1 operands in ∂faulty/∂x; it takes 2",
    ),
    "a function of C that is called with too many": (
        row(value=lambda x: libm.sin(x, x)),
        "calls libm.sin with 2 operands in its value; it takes 1",
    ),
    "a missing partial": (
        row(value=lambda x, y: x * y, partials=lambda x, y, z: y, domain=(R, R)),
        "has 2 operands (x, y), but 1 partials; write one for each, NO_EDGE if none flows",
    ),
    "a surplus partial": (
        row(partials=lambda x, z: (f.cos(x), 1)),
        "has 1 operands (x), but 2 partials; write one for each",
    ),
    "partials that do not take the result": (
        row(partials=lambda x: f.cos(x)),
        "has partials of (x); they take the operands and then the result: lambda x, z: …",
    ),
    "partials of other operands": (
        row(value=lambda x, a: x * a, partials=lambda a, x, z: (a, x), domain=(R, R)),
        "has partials of (a, x, z); they take the operands under their names and then",
    ),
    "an operand that nothing uses": (
        row(value=lambda x, a: x * 2, partials=lambda x, a, z: (2, 0), domain=(R, R)),
        "has an operand a that its value does not use; leave it out",
    ),
    "a symbol that is no operand": (
        row(value=lambda x: x * symbol("q")),
        "uses q in its value, which is none of its operands; there are x",
    ),
    "a value that uses its result": (
        row(value=lambda x: x * symbol("z")),
        "uses z in its value, which is none of its operands",
    ),
    "four operands": (
        row(value=lambda a, b, c, d: a + b + c + d,
            partials=lambda a, b, c, d, z: (1, 1, 1, 1), domain=(R,) * 4),
        "takes 4 operands (a, b, c, d), but a row of a fixed number takes at most 3; compose it",
    ),
    "no operands": (row(value=lambda: 1.0, partials=lambda z: ()), "takes no operands"),
    "an if": (
        row(value=lambda x: x if x > 0 else -x),
        "cannot be run on symbols: the value gave a formula has no truth value",
    ),
    "a function of Python": (
        row(value=lambda x: math.sin(x)),
        "cannot be run on symbols: the value gave",
    ),
    "a reduction that no backend has": (
        over_all(lambda x: over.median(x)),
        "calls over.median in its value, which there is not",
    ),
    "a reduction of a fixed number": (
        row(value=lambda x: over.sum(x)),
        "uses over.sum in its value, but takes a fixed number of operands; add many=True",
    ),
    "one of many operands that stands alone": (
        over_all(lambda x: x + over.sum(x)),
        "uses x in its value outside of a reduction, where it stands for many numbers",
    ),
    "a part of a partial that must be all of it": (
        over_all(lambda x: over.prod(x), lambda x, z: 2 * over.others(x)),
        "uses over.others inside ∂faulty/∂x; it can only be the whole of a partial",
    ),
    "many operands of another name": (
        over_all(lambda a: over.sum(a), lambda a, z: 1),
        "is over any number of operands and takes (a); such a row takes x, or pairs x, y and",
    ),
    "pairs with nothing more": (
        over_all(lambda x, y: over.sum(x * y), lambda x, y, z: (y, x), (R, R)),
        "is over any number of operands and takes (x, y); such a row takes x, or pairs x, y and",
    ),
    "pairs and one that cannot be left out": (
        over_all(lambda x, y, a: over.sum(x * y, a), lambda x, y, a, z: (y, x, 1), (R, R, R)),
        "is over pairs, and a has no default; write a=0. there",
    ),
    "a row over many in one of a fixed number": (
        row(value=lambda x: f.logsumexp(x)),
        "calls f.logsumexp in its value, which is over many operands, and it has a fixed number",
    ),
    "one result each of a fixed number": (row(each=True), "says `each` or `empty`"),
    "a value of none of a fixed number": (row(empty=0.0), "says `each` or `empty`"),
    "a name twice": (row(name="tanh"), "stands in the table twice; give one of the two another"),
    "a keyword as its name": (row(name="lambda"), "needs a name that can be called in Python"),
    "words as its name": (row(name="two words"), "needs a name that can be called in Python"),
    "the name of a leaf": (row(name="leaf"), "needs a name that can be called in Python"),
    "a keyword of C as an operand": (
        row(value=lambda double: f.sin(double), partials=lambda double, z: f.cos(double)),
        "calls an operand double, which means something else in rules or in C; rename it",
    ),
    "an operand named as the result": (
        row(value=lambda z: f.sin(z), partials=lambda z, w: f.cos(z)),
        "calls an operand z, which means something else",
    ),
    "no symbol": (row(symbol=""), "has no symbol for pictures; write 'faulty' if there is none"),
    "a default that is no number": (
        row(value=lambda x, a="1": x * a, partials=lambda x, a, z: (a, x), domain=(R, R)),
        "has '1' as the default of a; a default is a number",
    ),
    "a domain that is too short": (
        row(value=lambda x, a: x * a, partials=lambda x, a, z: (a, x), domain=(R,)),
        "has 2 operands (x, a), but its domain 1 intervals; write one for each",
    ),
    "a domain that is too long": (row(domain=(R, R)), "has 1 operands (x), but its domain 2"),
    "a domain of something else": (row(domain=((0, 1),)), "has (0, 1) in its domain; an interval"),
    "an edge of another length": (
        row(edges={(0, 0): (1, 1)}),
        "has an edge at (0, 0), which are 2 operands; it takes (x)",
    ),
    "an edge with other partials": (
        row(edges={(0,): (1, 1)}),
        "has 2 partials at the edge (0,) of 1 operands; write one for each",
    ),
    "an edge that pairs cannot have": (
        over_all(lambda x, y, a=0.0: over.sum(x * y, a), lambda x, y, a, z: (y, x, 1), (R, R, R),
                 edges={(1, 2): (2, 1)}),
        "has an edge at (1, 2), which are 2 operands; it takes (x, y, a)",
    ),
    "a value of itself": (
        row(value=lambda x: f.faulty(x)),
        "has a value that is computed from itself; write it with other rows or libm",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTY)
def test_a_faulty_row_is_refused_in_a_sentence(fault):
    op, sentence = FAULTY[fault]
    with pytest.raises(RowError, match=re.escape(sentence)) as refused:
        check([*TABLE, op])
    said = str(refused.value)
    assert said.startswith(f"the row {op.name!r} ")
    assert "\n" not in said


def test_a_value_that_is_computed_from_itself_through_another_is_refused():
    first = row("first", lambda x: f.second(x))
    second = row("second", lambda x: f.first(x))
    with pytest.raises(RowError, match=r"'first' .* computed from itself, through f\.second"):
        check([*TABLE, first, second])


def test_the_table_has_no_faulty_row_and_right_rows_of_every_kind_pass():
    check()
    check([*TABLE, row()])
    check([*TABLE, row(value=lambda c, x: f.where(c, x, 0), domain=(R, Interval(0.0, 1.0)),
                       partials=lambda c, x, z: (NO_EDGE, f.where(c, 1, NO_EDGE)))])  # fmt: skip
    check([*TABLE, over_all(lambda x: over.sum(x * x), lambda x, z: 2 * x, empty=0.0)])


def test_every_reduction_that_a_row_may_use_is_known_to_every_backend():
    from autograd.ops import c
    from autograd.testing.reference import OVER

    for name in REDUCTIONS:
        if name == "others":  # the whole of a partial: a loop of its own
            continue
        assert list(c._loop(name, "total", "v[j]"))
        assert hasattr(OVER, name)


def test_every_function_of_c_that_rows_call_is_known_to_mpmath():
    from autograd.testing.reference import LIBM

    called = {
        part.head.removeprefix("libm.")
        for op in TABLE
        for part in formulas_of(op)
        if part.head.startswith("libm.")
    }
    assert called <= set(functions_of_c())
    assert called <= set(LIBM)


def formulas_of(op):
    from autograd.ops.printer import partial_formulas, value_formula

    for formula in (value_formula(op), *partial_formulas(op)):
        yield from formula.walk()


def test_an_operation_of_a_user_is_checked_as_far_as_it_goes():
    from autograd import operation

    with pytest.raises(ValueError, match="'while' needs a name that can be called"):
        operation("while", lambda x: x)
    with pytest.raises(ValueError, match=r"lambda x, y, z: …"):
        operation("faulty_user", lambda x, y: x * y, lambda x, y: (y, x))
    assert operation("free", lambda x: x if x > 0 else -x)(-2.0) == 2.0
