# What a node is, and what the other compiled modules may do with it.

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef enum:  # bits of `Value.flags`
    CONSTANT = 1  # no gradient is wanted
    VISITED = 2  # by the walk under way
    FLAT = 4  # a leaf whose numbers live in a vector: see `flatten`
    AWAITED = 8  # an input that is computed, its number in `cursor`: see `Linear`

cdef enum:
    SKIPPABLE = 8  # operands whose edges `skip` can mark


cdef union Operands:
    PyObject *two[2]
    PyObject **many


cdef union Partials:
    double two[2]
    double *many


cdef class Value:
    cdef double _data
    cdef double _grad
    cdef uint16_t code
    cdef uint8_t flags
    cdef uint8_t skip  # bit k: no derivative flows to operand k
    cdef uint32_t count  # of operands
    cdef uint32_t cursor  # the walk's: the next operand to look at
    cdef uint32_t scope_number  # where it was made: see scopes.pxi
    cdef Operands operands
    cdef Partials locals  # the partials
    cdef PyObject *_label
    cdef PyObject *_origin


# The recorders, for numbers and Values.
cdef object call1(int op, object x)
cdef object call2(int op, object x, object y)
cdef object call3(int op, object x, object y, object w)
cdef object call_many(int op, list operands)

# Borrowed references, in C's memory.
cdef struct Stack:
    PyObject **at
    size_t size
    size_t room

# Fills `found` with all computed values that `roots` rest on, operands before
# results; the walk does not go below `stops`.  `give_back` ends its use.
cdef int list_below(tuple roots, tuple stops, Stack *found) except -1
cdef void give_back(Stack *found) noexcept

# A leaf, and a constant.
cdef Value leaf(double number)
cdef Value constant(double number)

# The operation of a user with that code; None for the table's.
cdef object user_operation(int code)

# Whether this thread is inside `detect_anomaly()`.
cdef bint is_watched() except -1

# Whether the node's numbers still follow from its operands' data.
cdef bint is_stale(Value z) except -1


cdef inline PyObject **operands_of(Value z) noexcept:
    return &z.operands.two[0] if z.count <= 2 else z.operands.many


cdef inline double *partials_of(Value z) noexcept:
    return &z.locals.two[0] if z.count <= 2 else z.locals.many


# Around what adds to flattened gradients without the interpreter's lock, under `ADDING`.
cdef void begin_unlocked() noexcept
cdef void end_unlocked() noexcept

# The number of this process, from 1 on, counted by forks: what is under way in one is not in
# the next.
cdef size_t process

# How often leaves were moved into vectors: what was found out about their places holds
# as long as this does not change.
cdef size_t flattenings


cdef inline double *place_of(Value x) noexcept:
    """Where a FLAT leaf keeps its data."""
    return x.locals.many


cdef inline object owner_of(Value x):
    """What keeps the memory of a flattened leaf."""
    return <object>x.operands.two[0]


cdef inline double *grad_place_of(Value x) noexcept:
    return <double *>x.operands.two[1]


cdef inline double data_of(Value x) noexcept:
    return place_of(x)[0] if x.flags & FLAT else x._data


cdef inline bint is_constant(Value x) noexcept:
    return x.flags & CONSTANT


cdef inline bint edge_is_absent(Value z, size_t k) noexcept:
    return (k < SKIPPABLE and z.skip >> k & 1) or is_constant(<Value>operands_of(z)[k])
