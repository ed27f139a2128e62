# Comparisons of numbers; while a function is traced, each is noted as a guard.


cdef bint holds(double x, double y, int relation) noexcept:
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
