# What a node is; below, what the other compiled modules may do with it.

from cpython.object cimport PyObject
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


cdef enum:  # bits of `Value.flags`
    CONSTANT = 1  # no gradient is wanted
    VISITED = 2  # by the walk under way
    FLAT = 4  # a leaf whose numbers live in a vector: see flat_leaves.pxi
    AWAITED = 8  # an input that is computed, its number in `cursor`: see `LinearMap`
    OWNS_MORE = 16  # than operands: a label, an origin, a vector or a user's operation

cdef enum:
    SKIPPABLE = 8  # operands that `skip` has a bit for


cdef union Operands:
    PyObject *two[2]
    PyObject **many


cdef struct OfLeaf:
    double *place  # of its data, if it is FLAT
    uint64_t born  # how many derivatives had begun when it was made: see `begin_derivative`


cdef union Partials:
    double two[2]
    double *many
    OfLeaf leaf  # a leaf has no partials


cdef class Value:
    cdef double _data
    cdef double _grad
    cdef uint16_t code  # of the operation; 0 on a leaf: see registry.pxi
    cdef uint8_t flags
    cdef uint8_t skip  # bit k: no derivative flows to operand k
    cdef uint32_t count  # of operands
    cdef uint32_t cursor  # the walk's: the next operand to look at
    cdef uint32_t scope_number  # where it was made: see scopes.pxi
    cdef Operands operands
    cdef Partials locals  # the partials
    cdef PyObject *_label
    cdef PyObject *_origin


cdef inline PyObject **operands_of(Value z) noexcept:
    return &z.operands.two[0] if z.count <= 2 else z.operands.many


cdef inline double *partials_of(Value z) noexcept:
    return &z.locals.two[0] if z.count <= 2 else z.locals.many


cdef inline bint is_constant(Value x) noexcept:
    return x.flags & CONSTANT


cdef inline bint edge_is_absent(Value z, size_t k) noexcept:
    return (k < SKIPPABLE and z.skip >> k & 1) or is_constant(<Value>operands_of(z)[k])


# Recording, of numbers and Values (dispatch.pxi); a leaf, and a constant (allocation.pxi).

cdef object call1(int op, object x)
cdef object call2(int op, object x, object y)
cdef object call3(int op, object x, object y, object w)
cdef object call_many(int op, list operands)
cdef Value leaf(double number)
cdef Value constant(double number)

# The operation of a user with that code; None if it is the table's (custom.pxi).
cdef object user_operation(int code)

# Whether this context is inside `detect_anomaly()` (anomaly.pxi).
cpdef bint detects_anomalies() except -1

# Whether the node's numbers differ from what its operands' data now give (staleness.pxi).
cdef bint is_stale(Value z) except -1

# A derivative begins: its number.  Leaves that were made before it are from outside (allocation.pxi).
cdef uint64_t begin_derivative() noexcept

# Walking (subgraph.pxi): all computed values that `roots` depend on, operands before results,
# as borrowed references; the walk does not go below `stops`.  End each use with `release`.

cdef struct Stack:
    PyObject **at
    size_t size
    size_t capacity

cdef int order_below(tuple roots, tuple stops, Stack *nodes) except -1
cdef void release(Stack *nodes) noexcept

# Adding to flattened gradients without the interpreter's lock, under `ADDING` (locks.pxi).

cdef void begin_unlocked() noexcept
cdef void end_unlocked() noexcept

# The number of this process, from 1 on, counted by forks: what is under way in one is not
# under way in the next.
cdef size_t process

# Flat leaves (flat_leaves.pxi).  How often leaves were moved into vectors: what was looked up
# about their places holds as long as this does not change.
cdef size_t layout_version


cdef inline double *place_of(Value x) noexcept:
    """Where a FLAT leaf keeps its data."""
    return x.locals.leaf.place


cdef inline double *grad_place_of(Value x) noexcept:
    return <double *>x.operands.two[1]


cdef inline object owner_of(Value x):
    """What keeps the memory of a FLAT leaf."""
    return <object>x.operands.two[0]


cdef inline double data_of(Value x) noexcept:
    return place_of(x)[0] if x.flags & FLAT else x._data
