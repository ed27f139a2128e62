# Letting go: a long graph is freed by a list in place of recursion.


cdef Stack orphans
cdef bint draining = False


cdef inline void let_go(PyObject *x) noexcept:
    """Drops a reference; a computed value that dies of it waits its turn in `orphans`
    (where no memory is left for that, recursion must do)."""
    if x is NULL:
        return
    if Py_REFCNT(x) == 1 and is_computed(<Value>x) and has_room(&orphans):
        orphans.at[orphans.size] = x
        orphans.size += 1
    else:
        Py_DECREF(<object>x)


cdef inline void let_go_of_all(Value z) noexcept:
    """What z holds: its label, its origin, its operation, its operands."""
    Py_XDECREF(z._label)
    Py_XDECREF(z._origin)
    if z.code >= FIRST_USER:
        Py_DECREF(<object>users_by_code[z.code])
    if z.flags & FLAT:
        Py_DECREF(<object>z.operands.two[0])
    if z.count:
        release_operands(z)


cdef void release_operands(Value z) noexcept:
    global draining
    cdef PyObject **many = operands_of(z)
    cdef size_t k
    for k in range(z.count):
        let_go(many[k])
    if z.count > 2:
        free(many)
    if draining:
        return
    draining = True
    while orphans.size:
        orphans.size -= 1
        Py_DECREF(<object>orphans.at[orphans.size])
    draining = False
    if orphans.room > LARGE:
        tidy(&orphans)
