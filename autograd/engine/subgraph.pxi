# The graph below some roots, as a list: for `autograd.graph` and the other compiled modules.


cdef int order_below(tuple roots, tuple stops, Stack *nodes) except -1:
    """Fill `nodes` with the computed values that `roots` depend on, operands before
    results; the walk does not go below `stops`.  Nothing stays marked.

    What it lists lives as long as `roots`.  Hand it to `release` in the end.
    """
    global ordered
    if not order_all(roots, stops):
        end_walk()
        raise MemoryError(NO_MEMORY_TO_WALK)
    nodes[0] = ordered
    ordered = NO_STACK
    return 0


cdef bint order_all(object roots, object stops) noexcept:
    """Fill `ordered`; false if memory ran out.  Nothing stays marked if it did not."""
    cdef bint complete = True
    cdef Py_ssize_t k
    for k in range(PyTuple_GET_SIZE(stops)):
        set_mark(<Value>PyTuple_GET_ITEM(stops, k))
    for k in range(PyTuple_GET_SIZE(roots)):
        complete = complete and order_computed(<Value>PyTuple_GET_ITEM(roots, k), clear=False)
    for k in range(PyTuple_GET_SIZE(stops)):
        clear_mark(<Value>PyTuple_GET_ITEM(stops, k))
    if complete:
        clear_marks(&ordered)
    return complete


cdef void release(Stack *nodes) noexcept:
    """End the use of what `order_below` filled."""
    global ordered
    empty(nodes)
    if ordered.at is NULL:
        ordered = nodes[0]
    else:
        free(nodes.at)
    nodes[0] = NO_STACK


def order(*roots):
    """All Values that `roots` depend on, themselves included: operands before results."""
    cdef Stack computed, leaves = NO_STACK
    cdef size_t k
    for root in roots:
        if type(root) is not Value:
            raise TypeError(f"a graph is walked from a Value, not from {kind_of(root)}")
    order_below(roots, (), &computed)
    try:
        if not push_leaves(roots, &computed, &leaves):
            raise MemoryError(NO_MEMORY_TO_WALK)
        return ([<Value>leaves.at[k] for k in range(leaves.size)]
                + [<Value>computed.at[k] for k in range(computed.size)])
    finally:
        free(leaves.at)
        release(&computed)


cdef bint push_leaves(object roots, Stack *computed, Stack *leaves) noexcept:
    """Fill `leaves` with the leaves among the operands of `computed` and among the
    roots, each once; false if memory ran out."""
    cdef bint complete = True
    cdef size_t k
    cdef Py_ssize_t j
    for k in range(computed.size):
        complete = complete and push_leaves_of(<Value>computed.at[k], leaves)
    for j in range(PyTuple_GET_SIZE(roots)):
        complete = complete and push_leaf(PyTuple_GET_ITEM(roots, j), leaves)
    clear_marks(leaves)
    return complete


cdef inline bint push_leaves_of(Value z, Stack *leaves) noexcept:
    cdef PyObject **x = operands_of(z)
    cdef size_t k
    for k in range(z.count):
        if not push_leaf(x[k], leaves):
            return False
    return True


cdef inline bint push_leaf(PyObject *x, Stack *leaves) noexcept:
    """Push x if it is a leaf that is not marked, and mark it; false if memory ran out."""
    if is_computed(<Value>x) or is_marked(<Value>x):
        return True
    set_mark(<Value>x)
    return push(leaves, x)
