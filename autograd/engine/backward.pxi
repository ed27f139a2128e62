# Backward: multiply along edges, add at nodes, from C down to the leaves.


cdef int backpropagate(Value root, double gradient) except -1:
    cdef PyObject *culprit = NULL
    cdef bint watch = mode() & ANOMALY
    if root.flags & CONSTANT:
        raise GraphError(
            "backward() of a constant: it was computed under no_grad(), detached, or made from "
            "plain numbers only; compute it from Values"
        )
    wait_for_unlocked()
    if not order_and_pass(root, gradient, watch, &culprit):
        raise MemoryError(NO_MEMORY_TO_WALK)
    if culprit is not NULL:
        report_contribution(<Value>culprit)
    return 0


cdef bint order_and_pass(Value root, double gradient, bint watch, PyObject **culprit) noexcept:
    """The whole pass, with its `culprit` if we `watch`; false if memory ran out."""
    cdef bint complete = order_computed(root, clear=True)
    if complete:
        add_grad(root, gradient)
        culprit[0] = pass_down(watch)
    end_walk()
    return complete


cdef PyObject *pass_down(bint watch) noexcept:
    """Pass gradients on through all of `ordered`, results before operands.  If we `watch`
    (`detect_anomaly()`), up to the first that passes on what is not finite: that one."""
    cdef PyObject *z
    while ordered.size:
        ordered.size -= 1
        z = ordered.at[ordered.size]
        clear_mark(<Value>z)
        if grad_of(<Value>z) == 0.0:
            continue  # C does not move with z: nothing flows, not even 0 * inf
        pass_on(<Value>z)
        if watch and anomaly_from(<Value>z, 0) < count_of(<Value>z):
            return z
    return NULL


cdef inline void pass_on(Value z) noexcept:
    """The chain rule: each operand's gradient grows by partial * z.grad."""
    cdef double g = z._grad
    cdef PyObject **x = operands_of(z)
    cdef double *p = partials_of(z)
    cdef size_t k
    for k in range(z.count):
        if not edge_is_absent(z, k):
            add_grad(<Value>x[k], p[k] * g)
