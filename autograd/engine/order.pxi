# Order: the nodes below C, operands before results.
#
# The walk goes down to the operands and writes each node down after all of its own.  A stack
# takes the place of recursion, so the length of a chain does not matter.


# Both are used again by the next walk, unless they grew large.  While a walk is under way nothing
# may run that could start another: no Python code, and no allocation of a list or tuple, on
# which Python up to 3.11 may collect garbage and run finalisers.
cdef Stack trail  # the nodes from the root down to the one whose operands come next
cdef Stack ordered  # the result


cdef bint order_computed(Value root, bint clear) noexcept:
    """Append the computed values that `root` depends on to `ordered`, operands before
    results, and mark them VISITED; with `clear` their grad becomes 0.  False if memory
    ran out; what is marked then stands on one of the stacks."""
    cdef PyObject *x
    if enter(root, clear) and not push(&trail, <PyObject *>root):
        return False
    while trail.size:
        x = next_operand(<Value>trail.at[trail.size - 1], clear)
        if x is not NULL:
            if not push(&trail, x):
                return False
        elif push(&ordered, trail.at[trail.size - 1]):
            trail.size -= 1
        else:
            return False
    return True


cdef inline PyObject *next_operand(Value z, bint clear) noexcept:
    """The next operand of z to walk to; NULL if none is left."""
    cdef PyObject **x = operands_of(z)
    cdef size_t k
    for k in range(z.cursor, z.count):
        if enter(<Value>x[k], clear):
            z.cursor = k + 1
            return x[k]
    return NULL


cdef inline bint enter(Value x, bint clear) noexcept:
    """Whether x is computed and not VISITED yet; from now on it is."""
    if not x.count or x.flags & VISITED:
        return False
    x.flags |= VISITED
    x.cursor = 0
    if clear:
        x._grad = 0.0
    return True


cdef void end_walk() noexcept:
    """Remove all marks, also those of a walk that a lack of memory cut short."""
    clear_marks(&trail)
    clear_marks(&ordered)
    empty(&trail)
    empty(&ordered)
