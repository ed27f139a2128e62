# Walks over a graph, for `autograd.graph` and the other compiled modules.


cdef int list_below(tuple roots, tuple stops, Stack *found) except -1:
    """Fills `found` with the computed values that `roots` rest on, operands before
    results; the walk does not go below `stops`.  Nothing stays marked.

    What `found` lists lives as long as `roots`.  Hand it to `give_back` in the end.
    """
    global listing
    if not list_all(roots, stops):
        unmark()
        raise MemoryError(NO_WAY)
    found[0] = listing
    listing = NO_STACK
    return 0


cdef bint list_all(object roots, object stops) noexcept:
    """Fills `listing`; false if memory ran out.  Nothing stays marked if it did not."""
    cdef bint complete = True
    cdef Py_ssize_t k
    for k in range(PyTuple_GET_SIZE(stops)):
        set_mark(<Value>PyTuple_GET_ITEM(stops, k))
    for k in range(PyTuple_GET_SIZE(roots)):
        complete = complete and list_computed(<Value>PyTuple_GET_ITEM(roots, k), clear=False)
    for k in range(PyTuple_GET_SIZE(stops)):
        clear_mark(<Value>PyTuple_GET_ITEM(stops, k))
    if complete:
        clear_marks(&listing)
    return complete


cdef void give_back(Stack *found) noexcept:
    """Ends the use of a list that `list_below` made."""
    global listing
    tidy(found)
    if listing.at is NULL:
        listing = found[0]
    else:
        free(found.at)
    found[0] = NO_STACK


def order(*roots):
    """All Values that `roots` rest on, themselves included: operands before results."""
    cdef Stack found, leaves = NO_STACK
    cdef size_t k
    for root in roots:
        if type(root) is not Value:
            raise TypeError(f"a graph is walked from a Value, not from {kind_of(root)}")
    list_below(roots, (), &found)
    try:
        if not list_leaves(roots, &found, &leaves):
            raise MemoryError(NO_WAY)
        return ([<Value>leaves.at[k] for k in range(leaves.size)]
                + [<Value>found.at[k] for k in range(found.size)])
    finally:
        free(leaves.at)
        give_back(&found)


cdef bint list_leaves(object roots, Stack *found, Stack *leaves) noexcept:
    """Fills `leaves` with the leaves among the operands of `found` and among the
    roots, each once; false if memory ran out."""
    cdef bint complete = True
    cdef size_t k
    cdef Py_ssize_t j
    for k in range(found.size):
        complete = complete and put_leaves(<Value>found.at[k], leaves)
    for j in range(PyTuple_GET_SIZE(roots)):
        complete = complete and put_leaf(PyTuple_GET_ITEM(roots, j), leaves)
    clear_marks(leaves)
    return complete


cdef inline bint put_leaves(Value z, Stack *leaves) noexcept:
    cdef PyObject **x = operands_of(z)
    cdef size_t k
    for k in range(z.count):
        if not put_leaf(x[k], leaves):
            return False
    return True


cdef inline bint put_leaf(PyObject *x, Stack *leaves) noexcept:
    """Puts x down if it is a leaf that is not marked, and marks it; false if memory ran out."""
    if is_computed(<Value>x) or is_marked(<Value>x):
        return True
    set_mark(<Value>x)
    return put(leaves, x)


def node(int code, tuple args, double data, tuple partials, double grad, str label,
         bint is_constant, int skip, str scope_name=None):
    """A Value exactly as described, nothing computed; in the current scope if none is named.
    (For copies.)"""
    cdef Value z = new_node()
    cdef size_t n = len(args)
    cdef double *p
    if <size_t>len(partials) != n or not is_code(code) or (code == 0) != (n == 0):
        raise ValueError("the parts of this Value do not fit together")
    if n > 2:
        take_many(z, code, n)
        hold_operation(z)
        for k in range(n):
            adopt(z, k, <Value?>args[k])
    else:
        z.code = code
        hold_operation(z)
        for k in range(n):
            own(z, k, <Value?>args[k])
            z.count = k + 1
    p = partials_of(z)
    for k in range(n):
        p[k] = partials[k]
    z._data, z._grad, z.skip = data, grad, skip
    z.flags = CONSTANT if is_constant else 0
    z.label = label
    if scope_name is not None:
        z.scope_number = number_of_scope(scope_name)
    return z


def gaps(Value z):
    """The operands that no derivative flows to, as bits.  (For copies.)"""
    return z.skip
