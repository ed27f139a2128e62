# The sweep: backward() from C down to the leaves, without recursion.


cdef inline bint has_room(Stack *stack) noexcept:
    """Whether one more fits; makes room if memory is left."""
    cdef PyObject **bigger
    if stack.size == stack.room:
        bigger = <PyObject **>realloc(stack.at, (2 * stack.room + 1024) * sizeof(void *))
        if bigger is NULL:
            return False
        stack.at = bigger
        stack.room = 2 * stack.room + 1024
    return True


cdef inline bint put(Stack *stack, PyObject *x) noexcept:
    """Puts x, which is marked, on top; where no memory is left, x loses its mark."""
    if not has_room(stack):
        clear_mark(<Value>x)
        return False
    stack.at[stack.size] = x
    stack.size += 1
    return True


# Kept between walks, unless they grew large.  While a walk is under way nothing may
# run that could start another: no Python code, and no allocation of a list or tuple,
# on which Python up to 3.11 may collect garbage and run finalisers.
cdef Stack trail, listing
cdef Stack NO_STACK
cdef enum:
    LARGE = 1 << 20


cdef void tidy(Stack *stack) noexcept:
    stack.size = 0
    if stack.room > LARGE:
        free(stack.at)
        stack.at = NULL
        stack.room = 0


cdef inline bint enter(Value x, bint clear) noexcept:
    """Whether x was computed and this walk sees it for the first time, which is marked."""
    if not x.count or x.flags & VISITED:
        return False
    x.flags |= VISITED
    x.cursor = 0
    if clear:
        x._grad = 0.0
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


cdef bint list_computed(Value root, bint clear) noexcept:
    """Fills `listing` with the computed values that `root` rests on, operands
    before results, and marks them VISITED; with `clear` their grad becomes 0.
    False if memory ran out; what is marked then stands on one of the stacks."""
    cdef PyObject *x
    if enter(root, clear) and not put(&trail, <PyObject *>root):
        return False
    while trail.size:
        x = next_operand(<Value>trail.at[trail.size - 1], clear)
        if x is not NULL:
            if not put(&trail, x):
                return False
        elif put(&listing, trail.at[trail.size - 1]):
            trail.size -= 1
        else:
            return False
    return True


cdef void clear_marks(Stack *stack) noexcept:
    cdef size_t k
    for k in range(stack.size):
        clear_mark(<Value>stack.at[k])


cdef void unmark() noexcept:
    """Ends a walk, also one that a lack of memory cut short."""
    clear_marks(&trail)
    clear_marks(&listing)
    tidy(&trail)
    tidy(&listing)


# Held by who adds to the gradients of weights without the interpreter's lock, or with numbers
# that were summed up without it.  `unlocked` counts the former: programs whose layers add to
# flattened gradients where these are.

ADDING = RLock()
cdef size_t unlocked = 0
cdef size_t process = 1


def begin_child():
    """In a forked process: what other threads were at is not under way here."""
    global process, draining
    process += 1
    draining = False
    ADDING.release()


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    # Nothing is added meanwhile, so that no child begins with half a contribution.
    os.register_at_fork(
        before=ADDING.acquire, after_in_parent=ADDING.release, after_in_child=begin_child
    )


cdef void begin_unlocked() noexcept:
    global unlocked
    unlocked += 1


cdef void end_unlocked() noexcept:
    global unlocked
    unlocked -= 1


cdef int sweep(Value root, double gradient) except -1:
    cdef PyObject *culprit = NULL
    cdef bint watched = mode() & ANOMALY
    if root.flags & CONSTANT:
        raise GraphError(
            "backward() of a constant: it was computed under no_grad(), detached, or made from "
            "plain numbers only; compute it from Values"
        )
    if unlocked:  # what is added at the same time would be lost; none can begin meanwhile
        with ADDING:
            pass
    if not pass_all(root, gradient, watched, &culprit):
        raise MemoryError(NO_WAY)
    if culprit is not NULL:
        report_contribution(<Value>culprit)
    return 0


cdef bint pass_all(Value root, double gradient, bint watched, PyObject **culprit) noexcept:
    """The whole sweep, with its `culprit` if it is `watched`; false if memory ran out."""
    cdef bint complete = list_computed(root, clear=True)
    if complete:
        add_grad(root, gradient)
        culprit[0] = pass_down(watched)
    unmark()
    return complete


cdef PyObject *pass_down(bint watched) noexcept:
    """Passes gradients on through all of `listing`, results before operands; if `watched`
    (`detect_anomaly()`), up to the first that passes on what is not finite: that one."""
    cdef PyObject *z
    while listing.size:
        listing.size -= 1
        z = listing.at[listing.size]
        clear_mark(<Value>z)
        if grad_of(<Value>z) == 0.0:
            continue  # C does not move with z: nothing flows, not even 0 * inf
        pass_on(<Value>z)
        if watched and anomaly_from(<Value>z, 0) < count_of(<Value>z):
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
