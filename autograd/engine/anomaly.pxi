# Anomaly: where a node was recorded, and which number was the first that is not finite.


cpdef bint detects_anomalies() except -1:
    """Whether this context is inside `detect_anomaly()`."""
    return mode() & ANOMALY != 0


cdef int note_origin(Value z) except -1:
    """Remember where z was recorded, and under `detect_anomaly()` look at its numbers.

    Not while a function is traced: its rows were recorded before, for just this."""
    if now.mode & TRACING:
        return 0
    place = caller()
    Py_INCREF(place)
    z._origin = <PyObject *>place
    z.flags |= OWNS_MORE
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
