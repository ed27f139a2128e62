# Modes: no_grad, tracing for compiled programs, and the search for what is not finite.


# They hold for a block, in one context: contexts.pxi.
#
# While a function is traced (`autograd.programs.compiled`), what it computes is to be computed
# again from other numbers.  So constants remember how they were computed, decisions are
# noted as guards, and numbers do not leave the graph.


def tracing():
    """Whether a trace is under way in this context."""
    return bool(mode() & TRACING)


def watching():
    """Whether this thread is inside `detect_anomaly()`."""
    return is_watched()


cdef bint is_watched() except -1:
    return mode() & ANOMALY != 0


cdef inline bint is_live(Value x) noexcept:
    """Whether x may have another number at the next replay."""
    return x.count or not x.flags & CONSTANT


cdef object kept(int op, list operands, double data):
    """A constant that a replay computes again, if anything in it is live."""
    for x in operands:
        if is_live(<Value>x):
            return node(op, tuple(operands), data, (0.0,) * len(operands), 0.0, "", True, 0xff)
    return constant(data)


def own_input(Value x):
    """A Value of a derivative's own, tied to x, by which it is differentiated."""
    cdef Value z = record1(OP_IDENTITY, x)
    if z.count:
        z.flags &= ~CONSTANT
    return z


cdef bint compared(double x, double y, int relation) noexcept:
    if relation == Py_LT:
        return x < y
    if relation == Py_LE:
        return x <= y
    if relation == Py_GT:
        return x > y
    if relation == Py_GE:
        return x >= y
    return (x == y) if relation == Py_EQ else (x != y)


cdef object note_guard(Value x, Value y, int relation, bint outcome):
    if (is_live(x) or is_live(y)) and mode() & TRACING:
        (<list>now.trace).append((x, y, relation, outcome))
    return outcome


cdef object compare_with(Value x, object other, int relation):
    """A comparison with what is neither a Value nor a float."""
    cdef bint traced = mode() & TRACING and is_live(x)
    if PyLong_Check(other) and not traced:
        return PyObject_RichCompare(data_of(x), other, relation)
    from autograd.engine.comparisons import compare
    return compare(x, None if traced else data_of(x), other, relation)


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


cdef int note_origin(Value z) except -1:
    """Remember where z was recorded, and under `detect_anomaly()` look at its numbers.

    Not while a function is traced: its rows were recorded before, for just this."""
    if now.mode & TRACING:
        return 0
    place = caller()
    Py_INCREF(place)
    z._origin = <PyObject *>place
    if not mode() & ANOMALY:
        return 0
    if not isfinite(z._data):
        raise AnomalyError(f"{described(z)} gave {z._data!r}, recorded at {place}")
    for k in range(z.count):
        if not isfinite(partials_of(z)[k]):
            raise AnomalyError(
                f"{described(z)} has the derivative {partials_of(z)[k]!r} "
                f"by operand {k}, recorded at {place}"
            )
    return 0


cdef size_t anomaly_from(Value z, size_t k) noexcept:
    """The first operand from k on that gets a contribution that is not finite."""
    while k < z.count and (edge_is_absent(z, k) or isfinite(partials_of(z)[k] * z._grad)):
        k += 1
    return k


cdef int report_contribution(Value z) except -1:
    cdef size_t k = anomaly_from(z, 0)
    cdef double p = partials_of(z)[k]
    place = <object>z._origin if z._origin is not NULL else "an unknown place (before detect_anomaly())"
    raise AnomalyError(
        f"backward() through {described(z)}: the contribution to operand {k} is "
        f"{p!r} * {z._grad!r} = {p * z._grad!r}, recorded at {place}"
    )


cdef str described(Value z):
    """An operation with its operands, named where they have names."""
    shown = [(each := f"{x.label} = {x.data!r}" if x.label else repr(x.data)) for x in z.args[:6]]
    if z.count > 6:
        shown.append(f"… {z.count - 6} more")
    name = f"{z.label} = " if z.label else ""
    return f"{name}{z.op}({', '.join(shown)})" if z.count else f"{name}a value of constants"


cdef str caller():
    """The innermost line of Python outside this project's own packages."""
    frame = sys._getframe()
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in ("autograd", "nn"):
        frame = frame.f_back
    if frame is None:
        return "an unknown place"
    return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
