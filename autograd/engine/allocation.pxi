# Where nodes come from and go to.
#
# They come and go by the million.  So Value has a free list and a destructor of its own in place
# of Cython's, which are made for objects that come seldom: they set aside the exception under
# way, and wipe memory by an instruction that is slow to start.


cdef str NO_MEMORY = (
    "there is no memory left for the graph; record less before backward(), or "
    "evaluate under no_grad()"
)
cdef str NO_MEMORY_TO_WALK = "no memory is left to walk the graph"

cdef enum:
    FEW = 64  # operands whose numbers fit the C stack
    MOST_FREE = 4096

cdef PyObject *free_list[MOST_FREE]
cdef size_t free_nodes = 0


cdef uint64_t derivatives_begun = 0


cdef uint64_t begin_derivative() noexcept:
    """The number of a derivative that begins; leaves made from now on have it, or a later one."""
    global derivatives_begun
    derivatives_begun += 1
    return derivatives_begun


cdef inline Value new_node():
    """A Value that is not initialised: a leaf, 0."""
    global free_nodes
    cdef PyTypeObject *type = <PyTypeObject *>Value
    cdef PyObject *place
    refresh()  # what is read of `now` while the node is made holds
    if free_nodes:
        free_nodes -= 1
        place = free_list[free_nodes]
    else:
        place = PyObject_Malloc(type.tp_basicsize)
        if place is NULL:
            raise MemoryError(NO_MEMORY)
    memset(place, 0, type.tp_basicsize)
    cdef Value z = <Value>PyObject_Init(place, type)
    z.scope_number = now.scope
    return z


cdef inline void free_node(PyObject *x) noexcept:
    global free_nodes
    if free_nodes < MOST_FREE:
        free_list[free_nodes] = x
        free_nodes += 1
    else:
        PyObject_Free(x)


cdef Value leaf(double number):
    cdef Value x = new_node()
    x._data = number
    x.locals.leaf.born = derivatives_begun
    return x


cdef Value constant(double number):
    cdef Value x = new_node()
    x._data = number
    x.flags = CONSTANT
    return x
