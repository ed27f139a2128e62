# Recording: an operation's value and partials become a node.


cdef inline object record1(int op, Value x):
    cdef Value z = new_node()
    if (x.flags & CONSTANT) or (now.mode & NO_GRAD):
        z._data = apply1(op, data_of(x), z.locals.two, 0)
        if now.mode & TRACING and is_live(x):
            return live_constant(op, [x], z._data)
        z.flags = CONSTANT
        return recorded(z)
    z.code = op
    z.count = 1
    set_operand(z.operands.two, 0, x)
    z._data = apply1(op, data_of(x), z.locals.two, 1)
    if may_skip(op):
        move_skips_to_mask(z, z.locals.two)
    return recorded(z)


cdef inline object record2(int op, Value x, Value y):
    cdef Value z = new_node()
    if (x.flags & y.flags & CONSTANT) or (now.mode & NO_GRAD):
        z._data = apply2(op, data_of(x), data_of(y), z.locals.two, 0)
        if now.mode & TRACING and (is_live(x) or is_live(y)):
            return live_constant(op, [x, y], z._data)
        z.flags = CONSTANT
        return recorded(z)
    z.code = op
    z.count = 2
    z.skip = set_operand(z.operands.two, 0, x) | set_operand(z.operands.two, 1, y)
    z._data = apply2(op, data_of(x), data_of(y), z.locals.two, 3 ^ z.skip)
    if may_skip(op):
        move_skips_to_mask(z, z.locals.two)
    return recorded(z)


cdef object record3(int op, Value x, Value y, Value w):
    cdef Value z = new_node()
    if (x.flags & y.flags & w.flags & CONSTANT) or (now.mode & NO_GRAD):
        z._data = apply3(op, data_of(x), data_of(y), data_of(w), NULL, 0)
        if now.mode & TRACING and (is_live(x) or is_live(y) or is_live(w)):
            return live_constant(op, [x, y, w], z._data)
        z.flags = CONSTANT
        return recorded(z)
    alloc_operands(z, op, 3)
    z.skip = set_operand(z.operands.many, 0, x) | set_operand(z.operands.many, 1, y)
    z.skip |= set_operand(z.operands.many, 2, w)
    z._data = apply3(op, data_of(x), data_of(y), data_of(w), z.locals.many, 7 ^ z.skip)
    if may_skip(op):
        move_skips_to_mask(z, z.locals.many)
    return recorded(z)


cdef object record_many(int op, list operands):
    """An operation over any number (at least one) of Values and numbers."""
    cdef size_t n = len(operands)
    cdef double few[FEW]
    cdef double *v = &few[0] if n <= FEW else <double *>malloc(n * sizeof(double))
    if v is NULL:
        raise MemoryError(NO_MEMORY)
    v[0] = 0.0  # compilers cannot see that there is one
    try:
        return record_numbers(op, operands, n, v)
    finally:
        if v is not &few[0]:
            free(v)


cdef object record_numbers(int op, list operands, size_t n, double *v):
    """`record_many`, with `v` to hold the n numbers."""
    cdef bint any_value = False, wants_gradient = False
    cdef size_t k
    cdef Value z
    for k in range(n):
        x = operands[k]
        if type(x) is Value:
            v[k] = data_of(<Value>x)
            any_value = True
            wants_gradient |= not (<Value>x).flags & CONSTANT
        else:
            v[k] = number(x, op)
    if not any_value:
        return apply_many(op, v, n, NULL)
    if not wants_gradient or (mode() & NO_GRAD):
        if mode() & TRACING:
            operands = [(each := operand(x, op)) for x in operands]
            return live_constant(op, operands, apply_many(op, v, n, NULL))
        return recorded(constant(apply_many(op, v, n, NULL)))
    z = new_node()
    alloc_operands(z, op, n)
    cdef PyObject **args = operands_of(z)
    cdef double *p = partials_of(z)
    cdef unsigned skip = 0
    z._data = apply_many(op, v, n, p)
    for k in range(n):
        x = operands[k]
        skip |= set_operand(args, k, <Value>x if type(x) is Value else constant(v[k]))
        if is_constant(<Value>args[k]):
            p[k] = 0.0
    z.skip = skip
    refresh()
    return recorded(z)


cdef inline object recorded(Value z):
    """A new node on its way out of the recorder, which has looked up `now`."""
    if now.mode & (ANOMALY | ORIGINS):
        note_origin(z)
    return z


cdef inline unsigned set_operand(PyObject **operands, size_t k, Value x) noexcept:
    """Make x operand k; its bit of the skip mask if no gradient is wanted."""
    Py_INCREF(x)
    operands[k] = <PyObject *>x
    return <unsigned>(x.flags & CONSTANT) << k if k < SKIPPABLE else 0


cdef inline void move_skips_to_mask(Value z, double *p) noexcept:
    """Turn partials that say "no edge" into bits of `skip`."""
    cdef uint32_t k
    for k in range(z.count):
        if is_no_edge(p[k]):
            z.skip |= 1 << k
            p[k] = 0.0


cdef int alloc_operands(Value z, int op, size_t count) except -1:
    """Memory for operands and partials: two fit the node, more get one block of both.  It is
    zero until it is filled in, so that after a failure half way what is there can be freed."""
    cdef PyObject **block
    if count >> 32:
        raise OverflowError(f"an operation takes fewer than 2**32 operands, not {count}")
    if count > 2:
        block = <PyObject **>calloc(count, sizeof(void *) + sizeof(double))
        if block is NULL:
            raise MemoryError(NO_MEMORY)
        z.operands.many = block
        z.locals.many = <double *>(block + count)
    z.code = op
    z.count = count
    return 0
