# Dealloc: a node gives up its operands, and a graph dies without recursion.
#
# Operands are older than results, so there are no cycles, and reference counts free a graph.


cdef Stack orphans  # computed values that nobody refers to any more
cdef bint draining = False


cdef void dealloc(PyObject *x) noexcept:
    """The destructor of Value."""
    if owns_more(<Value>x):
        drop_more(<Value>x)
    if is_computed(<Value>x):
        drop_operands(<Value>x)
    free_node(x)


(<PyTypeObject *>Value).tp_dealloc = dealloc


cdef inline bint owns_more(Value z) noexcept:
    return z.flags & OWNS_MORE


cdef void drop_more(Value z) noexcept:
    Py_XDECREF(z._label)
    Py_XDECREF(z._origin)
    if z.flags & FLAT:
        Py_DECREF(<object>z.operands.two[0])
    if z.code >= FIRST_USER:
        drop_operation(z)


cdef void drop_operands(Value z) noexcept:
    global draining
    cdef PyObject **operands = operands_of(z)
    cdef size_t k
    for k in range(z.count):
        drop_operand(operands[k])
    if z.count > 2:
        free(operands)
    if draining:
        return  # this is a call from below: who drains frees what was added too
    draining = True
    while orphans.size:
        orphans.size -= 1
        Py_DECREF(<object>orphans.at[orphans.size])
    draining = False
    if orphans.capacity > LARGE:
        empty(&orphans)


cdef inline void drop_operand(PyObject *x) noexcept:
    """Drop a reference; a computed value that dies of it waits its turn in `orphans`
    (where no memory is left for that, recursion must do)."""
    if x is NULL:  # recording failed half way
        return
    if Py_REFCNT(x) == 1 and is_computed(<Value>x) and reserve(&orphans):
        orphans.at[orphans.size] = x
        orphans.size += 1
    else:
        Py_DECREF(<object>x)
