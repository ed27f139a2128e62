# Stacks of nodes, and the mark that says a walk has met one.
#
# Cython counts a reference for `(<Value>x).grad`, but none for an argument.  So what the walks
# touch of a node's neighbours they touch through functions.


cdef Stack NO_STACK
cdef enum:
    LARGE = 1 << 20  # a stack of more nodes is not held for the next walk


cdef inline bint reserve(Stack *stack) noexcept:
    """Whether one more fits, in more memory if need be."""
    cdef PyObject **bigger
    if stack.size == stack.capacity:
        bigger = <PyObject **>realloc(stack.at, (2 * stack.capacity + 1024) * sizeof(void *))
        if bigger is NULL:
            return False
        stack.at = bigger
        stack.capacity = 2 * stack.capacity + 1024
    return True


cdef inline bint push(Stack *stack, PyObject *x) noexcept:
    """Put x, which is marked, on top; where no memory is left, x loses its mark."""
    if not reserve(stack):
        clear_mark(<Value>x)
        return False
    stack.at[stack.size] = x
    stack.size += 1
    return True


cdef void empty(Stack *stack) noexcept:
    stack.size = 0
    if stack.capacity > LARGE:
        free(stack.at)
        stack[0] = NO_STACK


cdef inline bint is_computed(Value x) noexcept:
    return x.count != 0


cdef inline size_t count_of(Value x) noexcept:
    return x.count


cdef inline bint is_marked(Value x) noexcept:
    return x.flags & VISITED


cdef inline void set_mark(Value x) noexcept:
    x.flags |= VISITED


cdef inline void clear_mark(Value x) noexcept:
    x.flags &= ~VISITED


cdef void clear_marks(Stack *stack) noexcept:
    cdef size_t k
    for k in range(stack.size):
        clear_mark(<Value>stack.at[k])
