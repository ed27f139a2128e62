# Tracing: what is recorded is to be computed again from other numbers (`autograd.programs`).
#
# So constants remember how they were computed, decisions are noted as guards, and numbers do
# not leave the graph.


def tracing():
    """Whether a trace is under way in this context."""
    return bool(mode() & TRACING)


cdef inline bint is_live(Value x) noexcept:
    """Whether x may have another number at the next replay."""
    return x.count or not x.flags & CONSTANT


cdef object live_constant(int op, list operands, double data):
    """A constant that a replay computes again, if one of its operands is live."""
    for x in operands:
        if is_live(<Value>x):
            return make_node(op, tuple(operands), data, (0.0,) * len(operands), 0.0, "", True, 0xff)
    return constant(data)


def input_alias(Value x):
    """A Value of its own that equals x and is tied to it, to differentiate by in place of x."""
    cdef Value z = record1(OP_IDENTITY, x)
    if z.count:
        z.flags &= ~CONSTANT
    return z


cdef int refuse_number(Value x, str what) except -1:
    if is_live(x):
        raise GraphError(
            f"{what} inside a compiled function would fix the number it had while tracing; keep "
            "the Value, which compares and computes as a number does, or pass the number in as "
            "an argument"
        )
    return 0


cdef int refuse_change(str what) except -1:
    raise GraphError(
        f"setting {what} inside a compiled function would happen once only, while it is traced; "
        "set it outside"
    )
