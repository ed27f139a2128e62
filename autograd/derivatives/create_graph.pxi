# Pushing and pulling recorded: the partials are computed anew from the rows, as operations, so
# that the result can be differentiated again.


cdef list pull_recorded(LinearMap linear, list adjoints):
    """As `pull`, recorded: adjoints and results are floats or Values."""
    cdef Py_ssize_t k
    cdef uint32_t e
    cdef object z_bar, partials
    cdef list waiting = [None] * linear.count
    for k in range(len(linear.outputs)):
        if linear.place[k] >= 0:
            contribute(waiting, linear.place[k], adjoints[k])
    for k in range(linear.count - 1, -1, -1):
        if waiting[k] is None:
            continue
        z_bar = total(waiting[k])
        waiting[k] = z_bar
        if linear.start[k] < linear.start[k + 1]:
            partials = partials_at(linear, k)
            for e in range(linear.start[k], linear.start[k + 1]):
                contribute(waiting, linear.source[e],
                           times(partial_along(linear, e, k, partials), z_bar))
    return [(each := or_zero(waiting[linear.entry[k]]) if linear.entry[k] >= 0 else 0.0)
            for k in range(len(linear.inputs))]


cdef list push_recorded(LinearMap linear, list tangents):
    """As `push`, recorded."""
    cdef Py_ssize_t k
    cdef uint32_t e
    cdef object partials
    cdef list waiting = [None] * linear.count
    for k in range(len(linear.inputs)):
        if linear.entry[k] >= 0:
            contribute(waiting, linear.entry[k], tangents[k])
    for k in range(linear.count):
        if linear.start[k] < linear.start[k + 1]:
            partials = partials_at(linear, k)
            for e in range(linear.start[k], linear.start[k + 1]):
                if waiting[linear.source[e]] is not None:
                    contribute(waiting, k, times(partial_along(linear, e, k, partials),
                                                 waiting[linear.source[e]]))
        if waiting[k] is not None:
            waiting[k] = total(waiting[k])
    return [(each := or_zero(waiting[linear.place[k]]) if linear.place[k] >= 0 else 0.0)
            for k in range(len(linear.outputs))]


cdef object partials_at(LinearMap linear, Py_ssize_t k):
    """The partials of node k for all its operands, recorded, if its operation
    computes them all at once; else None."""
    cdef Value z = <Value>linear.nodes[k]
    cdef PyObject **x = operands_of(z)
    refuse_stale(z)
    if z != z:  # compared as a Value, so that a trace knows of it
        return None
    user = user_operation(z.code)
    if user is None and not is_many(z.code):
        return None
    operands = [<Value>x[j] for j in range(z.count)]
    if user is not None:
        return user.recorded_partials(operands, z)
    return partials_of_many(z.code, operands, z)


cdef inline object partial_along(LinearMap linear, uint32_t e, Py_ssize_t k, object partials):
    """The partial along edge e of node k, recorded; `partials` is from `partials_at`."""
    cdef Value z = <Value>linear.nodes[k]
    if z._data != z._data:
        return z  # nan, and nan however often it is differentiated
    if partials is not None:
        return partials[linear.operand[e]]
    return partial_by(z.code, linear.operand[e], operands_of(z), z)


cdef int refuse_stale(Value z) except -1:
    """A leaf below `z` may have been given other data since."""
    cdef PyObject **x = operands_of(z)
    cdef bint on_leaf = False
    cdef size_t k
    cdef Value v
    for k in range(z.count):
        v = <Value>x[k]
        on_leaf |= v.count == 0 and not v.flags & CONSTANT
    if on_leaf and is_stale(z):
        names = [(each := repr(v)) for v in z.args if not v.op and not v.constant]
        raise StaleGraphError(
            f"{z.op} was recorded with other data than its leaf has now: one of "
            f"{', '.join(names[:4])} was changed after recording; compute the graph again"
        )
    return 0


cdef inline bint is_number(object p, double number):
    """Whether `p` is exactly that number and does not vary."""
    if type(p) is Value:
        return (<Value>p).flags & CONSTANT and not (<Value>p).count and (<Value>p)._data == number
    return <double>p == number


cdef object times(object p, object z_bar):
    """p · z_bar, with nothing recorded where one of them is 0, 1 or -1; None for 0."""
    if p is None or is_number(p, 0.0) or is_number(z_bar, 0.0):
        return None
    if is_number(p, 1.0):
        return z_bar
    if is_number(z_bar, 1.0):
        return p
    if is_number(p, -1.0):
        return call1(OP_NEG, z_bar)
    return call2(OP_MUL, p, z_bar)


# What waits at a node to be added up: None, one contribution, or a list of several.


cdef inline int contribute(list waiting, Py_ssize_t k, object contribution) except -1:
    if contribution is not None:
        if waiting[k] is None:
            waiting[k] = contribution
        elif type(waiting[k]) is list:
            (<list>waiting[k]).append(contribution)
        else:
            waiting[k] = [waiting[k], contribution]
    return 0


cdef inline object total(object contributions):
    if type(contributions) is not list:
        return contributions
    if len(<list>contributions) == 2:
        return call2(OP_ADD, contributions[0], contributions[1])
    return call_many(OP_SUM, contributions)


cdef inline object or_zero(object x):
    return 0.0 if x is None else x
