# Leaves whose numbers live in vectors (`nn.flatten`).


cdef inline void set_data(Value x, double number) noexcept:
    if x.flags & FLAT:
        place_of(x)[0] = number
    else:
        x._data = number


cdef inline void set_grad(Value x, double number) noexcept:
    if x.flags & FLAT:
        grad_place_of(x)[0] = number
    else:
        x._grad = number


def flatten(list leaves, double[::1] data, double[::1] grad, owner):
    """Move the numbers of leaves into vectors: leaf k then reads and writes data[k], grad[k].

    `owner` keeps the memory alive.  A copy of a leaf has its number, not its place.
    """
    global flattenings
    cdef Value x
    cdef size_t k = 0
    for x in leaves:
        data[k], grad[k] = data_of(x), grad_of(x)
        if x.flags & FLAT:
            Py_DECREF(<object>x.operands.two[0])
        Py_INCREF(owner)
        x.operands.two[0] = <PyObject *>owner
        x.operands.two[1] = <PyObject *>&grad[k]
        x.locals.many = &data[k]
        x.flags |= FLAT
        k += 1
    flattenings += 1


def flattened():
    """How often leaves were moved: places that were looked up hold while this stays."""
    return flattenings


def flat_owner(list leaves):
    """The owner of the vectors that are made of just these leaves, in order; or None."""
    cdef Value x, first
    cdef size_t k = 0
    if not leaves or not (<Value?>leaves[0]).flags & FLAT:
        return None
    first = <Value>leaves[0]
    for x in leaves:
        if not x.flags & FLAT or place_of(x) != place_of(first) + k or x.operands.two[0] != first.operands.two[0]:
            return None
        k += 1
    return <object>first.operands.two[0]
