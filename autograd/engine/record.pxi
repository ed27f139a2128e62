# Recording: an operation's value and local derivatives become a node.


# Cython counts a reference for `(<Value>x).grad`, but none for an argument: what
# the walks touch of a node's neighbours they touch through these.


cdef inline bint is_computed(Value x) noexcept:
    return x.count != 0


cdef inline double grad_of(Value x) noexcept:
    return grad_place_of(x)[0] if x.flags & FLAT else x._grad


cdef inline size_t count_of(Value x) noexcept:
    return x.count


cdef inline void add_grad(Value x, double contribution) noexcept:
    if x.flags & FLAT:
        grad_place_of(x)[0] += contribution
    else:
        x._grad += contribution


cdef inline bint is_marked(Value x) noexcept:
    return x.flags & VISITED


cdef inline void set_mark(Value x) noexcept:
    x.flags |= VISITED


cdef inline void clear_mark(Value x) noexcept:
    x.flags &= ~VISITED


cdef inline object result(Value z):
    """A new node on its way out of the recorder, which has looked up `now`."""
    if now.mode & (ANOMALY | ORIGINS):
        note_origin(z)
    return z


cdef inline unsigned own(Value z, int k, Value x) noexcept:
    """Makes x operand k of z (of at most two); its bit if no gradient is wanted."""
    Py_INCREF(x)
    z.operands.two[k] = <PyObject *>x
    return (x.flags & CONSTANT) << k


cdef inline void mark_gaps(Value z, double *p) noexcept:
    """Turns partials that say "no edge" into bits of `skip`."""
    cdef uint32_t k
    for k in range(z.count):
        if is_no_edge(p[k]):
            z.skip |= 1 << k
            p[k] = 0.0


cdef inline object record1(int op, Value x):
    cdef Value z = new_node()
    if (x.flags & CONSTANT) or (now.mode & NO_GRAD):
        z._data = apply1(op, data_of(x), z.locals.two, 0)
        if now.mode & TRACING and is_live(x):
            return kept(op, [x], z._data)
        z.flags = CONSTANT
        return result(z)
    z._data = apply1(op, data_of(x), z.locals.two, 1)
    z.code = op
    z.count = 1
    own(z, 0, x)
    if has_gaps(op):
        mark_gaps(z, z.locals.two)
    return result(z)


cdef inline object record2(int op, Value x, Value y):
    cdef Value z = new_node()
    if (x.flags & y.flags & CONSTANT) or (now.mode & NO_GRAD):
        z._data = apply2(op, data_of(x), data_of(y), z.locals.two, 0)
        if now.mode & TRACING and (is_live(x) or is_live(y)):
            return kept(op, [x, y], z._data)
        z.flags = CONSTANT
        return result(z)
    z.code = op
    z.count = 2
    z.skip = own(z, 0, x) | own(z, 1, y)
    z._data = apply2(op, data_of(x), data_of(y), z.locals.two, 3 ^ z.skip)
    if has_gaps(op):
        mark_gaps(z, z.locals.two)
    return result(z)


cdef object record3(int op, Value x, Value y, Value w):
    cdef Value z = new_node()
    cdef unsigned skip = (x.flags & CONSTANT) | (y.flags & CONSTANT) << 1 | (w.flags & CONSTANT) << 2
    if skip == 7 or (now.mode & NO_GRAD):
        z._data = apply3(op, data_of(x), data_of(y), data_of(w), NULL, 0)
        if now.mode & TRACING and (is_live(x) or is_live(y) or is_live(w)):
            return kept(op, [x, y, w], z._data)
        z.flags = CONSTANT
        return result(z)
    take_many(z, op, 3)
    adopt(z, 0, x)
    adopt(z, 1, y)
    adopt(z, 2, w)
    z.skip = skip
    z._data = apply3(op, data_of(x), data_of(y), data_of(w), z.locals.many, 7 ^ skip)
    if has_gaps(op):
        mark_gaps(z, z.locals.many)
    return result(z)


cdef int take_many(Value z, int op, size_t count) except -1:
    """Room for `count` > 2 operands: their pointers and their partials in one block,
    zero until they are filled in, so that a failure half way lets go of what is there."""
    cdef PyObject **block
    if count >> 32:
        raise OverflowError(f"an operation takes fewer than 2**32 operands, not {count}")
    block = <PyObject **>calloc(count, sizeof(void *) + sizeof(double))
    if block is NULL:
        raise MemoryError(NO_ROOM)
    z.operands.many = block
    z.locals.many = <double *>(block + count)
    z.code = op
    z.count = count
    return 0


cdef inline void adopt(Value z, size_t k, Value x) noexcept:
    Py_INCREF(x)
    z.operands.many[k] = <PyObject *>x


cdef enum:
    FEW = 64  # operands whose numbers fit the C stack


cdef object record_many(int op, list operands):
    """An operation over any number (at least one) of Values and numbers."""
    cdef size_t n = len(operands)
    cdef double few[FEW]
    cdef double *v = &few[0] if n <= FEW else <double *>malloc(n * sizeof(double))
    if v is NULL:
        raise MemoryError(NO_ROOM)
    v[0] = 0.0  # compilers cannot see that there is one
    try:
        return record_numbers(op, operands, n, v)
    finally:
        if v is not &few[0]:
            free(v)


cdef object record_numbers(int op, list operands, size_t n, double *v):
    """`record_many`, with room for the n numbers in `v`."""
    cdef bint any_value = False, wanted = False
    cdef size_t k
    cdef object x
    cdef Value z
    for k in range(n):
        x = operands[k]
        if type(x) is Value:
            v[k] = data_of(<Value>x)
            any_value = True
            wanted |= not (<Value>x).flags & CONSTANT
        else:
            v[k] = real(x, NAMES[op])
    if not any_value:
        return apply_many(op, v, n, NULL)
    if not wanted or (mode() & NO_GRAD):
        if mode() & TRACING:
            operands = [(each := operand(x, NAMES[op])) for x in operands]
            return kept(op, operands, apply_many(op, v, n, NULL))
        return result(constant(apply_many(op, v, n, NULL)))
    z = new_node()
    if n <= 2:
        z._data = apply_many(op, v, n, z.locals.two)
        z.code = op
        z.count = n
        for k in range(n):
            z.skip |= own(z, k, operand(operands[k], NAMES[op]))
    else:
        take_many(z, op, n)
        z._data = apply_many(op, v, n, z.locals.many)
        for k in range(n):
            x = operands[k]
            adopt(z, k, <Value>x if type(x) is Value else constant(v[k]))
    drop_partials_of_constants(z)
    refresh()
    return result(z)


cdef void drop_partials_of_constants(Value z) noexcept:
    cdef PyObject **x = operands_of(z)
    cdef double *p = partials_of(z)
    for k in range(z.count):
        if (<Value>x[k]).flags & CONSTANT:
            p[k] = 0.0


# How operators and functions reach the recorders.


cdef object refuse(object x, str sign):
    """NotImplemented, so that the other operand's type may answer; a TypeError
    where nobody could."""
    if x is None or isinstance(x, (str, bytes, complex)):
        raise TypeError(f"{sign} takes a Value and a real number, not {kind_of(x)}{advice(x)}")
    return NotImplemented


cdef inline object binary(int op, object x, object y):
    """An operator: one of the two is a Value."""
    if type(x) is Value:
        if type(y) is Value:
            return record2(op, <Value>x, <Value>y)
        if PyFloat_Check(y):
            return record2(op, <Value>x, constant(PyFloat_AS_DOUBLE(y)))
        if not is_real(y):
            return refuse(y, SYMBOLS[op])
        return record2(op, <Value>x, constant(real(y, SYMBOLS[op])))
    if PyFloat_Check(x):
        return record2(op, constant(PyFloat_AS_DOUBLE(x)), <Value>y)
    if not is_real(x):
        return refuse(x, SYMBOLS[op])
    return record2(op, constant(real(x, SYMBOLS[op])), <Value>y)


cdef object call1(int op, object x):
    cdef double unused[1]
    if type(x) is Value:
        return record1(op, <Value>x)
    return apply1(op, real(x, NAMES[op]), unused, 0)


cdef object call2(int op, object x, object y):
    cdef double unused[2]
    if type(x) is Value or type(y) is Value:
        return record2(op, operand(x, NAMES[op]), operand(y, NAMES[op]))
    return apply2(op, real(x, NAMES[op]), real(y, NAMES[op]), unused, 0)


cdef object call3(int op, object x, object y, object w):
    cdef double unused[3]
    if type(x) is Value or type(y) is Value or type(w) is Value:
        return record3(op, operand(x, NAMES[op]), operand(y, NAMES[op]), operand(w, NAMES[op]))
    return apply3(op, real(x, NAMES[op]), real(y, NAMES[op]), real(w, NAMES[op]), unused, 0)


cdef list listed(tuple given, str name):
    """The operands of `max(x, y, …)` or of `max([x, y, …])`."""
    if len(given) != 1:
        return list(given)
    only = given[0]
    if type(only) is list:
        return list(only)
    if type(only) is Value or isinstance(only, numbers.Real):
        return [only]
    if isinstance(only, (str, bytes, dict)) or not hasattr(only, "__iter__"):
        raise TypeError(f"{name} takes numbers and Values, or one list of them, not {kind_of(only)}")
    return list(only)


cdef object call_many(int op, list operands):
    """Of no operands, what the row says (`sum` is 0, `prod` 1); most have no answer."""
    if operands:
        return record_many(op, operands)
    if op in OF_NOTHING:
        return OF_NOTHING[op]
    raise ValueError(f"{NAMES[op]} needs at least one operand")


OF_NOTHING = {code: op.empty for code, op in enumerate(TABLE, 1) if op.empty is not None}


cdef object call_pairs(int op, object xs, object ys, object bias):
    """Over pairs: two lists of one length, and one operand more (of `dot`, what is added)."""
    cdef list operands = listed((xs,), NAMES[op])
    cdef Py_ssize_t n = len(operands)
    operands += ys if type(ys) is list else listed((ys,), NAMES[op])
    if len(operands) != 2 * n:
        raise ValueError(
            f"{NAMES[op]} takes two lists of one length, not of {n} and {len(operands) - n}"
        )
    operands.append(bias)
    return record_many(op, operands)


cdef list call_each(int op, list operands):
    """One result an operand, which comes first in its own (`softmax`)."""
    return [(each := call_many(op, [x] + operands[:k] + operands[k + 1:]))
            for k, x in enumerate(operands)]


include "functions.pxi"  # tanh …: written from the table


def add_method(str name, function):
    """Make `function` a method of Value."""
    cdef dict methods = <dict>(<PyTypeObject *>Value).tp_dict
    if name in methods:
        raise ValueError(f"Value has {name!r} already")
    methods[name] = function
    PyType_Modified(<PyTypeObject *>Value)


for _op in TABLE:
    add_method(_op.name, globals()[_op.name])
    if _op.numpy:  # the method that NumPy's function calls on an array of Values
        add_method(_op.numpy, globals()[_op.name])
