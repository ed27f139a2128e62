# Flat leaves: their numbers live in vectors (`nn.flatten`), and are read and written there.


cdef inline double grad_of(Value x) noexcept:
    return grad_place_of(x)[0] if x.flags & FLAT else x._grad


cdef inline void set_data(Value x, double number) noexcept:
    if x.flags & FLAT:
        place_of(x)[0] = number
    else:
        x._data = number


cdef inline void set_grad(Value x, double number) noexcept:
    if x.flags & FLAT:
        grad_place_of(x)[0] = number
    else:
        x._grad = number


cdef inline void add_grad(Value x, double contribution) noexcept:
    if x.flags & FLAT:
        grad_place_of(x)[0] += contribution
    else:
        x._grad += contribution


@cython.final
@cython.no_gc
cdef class Vector:
    """The memory that flattened leaves live in, which every one of them keeps alive."""

    cdef object data, grad
    cdef double *start
    cdef double *grad_start
    cdef size_t count

    def __cinit__(self, data, grad):
        cdef double[::1] x = data
        cdef double[::1] g = grad
        self.data, self.grad = data, grad
        self.start, self.grad_start, self.count = &x[0], &g[0], x.shape[0]


cdef inline bint is_held(Vector v) noexcept:
    """Whether anybody else has one of the arrays, or a view of it."""
    return Py_REFCNT(<PyObject *>v.data) > 1 or Py_REFCNT(<PyObject *>v.grad) > 1


cdef inline size_t run_from(list leaves, size_t first) except? 0:
    """How many leaves, from `first` on, come one after the other in the vector of that one."""
    cdef Value x = <Value?>leaves[first]
    cdef PyObject *vector = x.operands.two[0]
    cdef double *place = place_of(x)
    cdef size_t k = first
    while k < <size_t>len(leaves):
        x = <Value?>leaves[k]
        if not x.flags & FLAT or x.operands.two[0] != vector or place_of(x) != place + (k - first):
            break
        k += 1
    return k - first


@cython.final
cdef class Place:
    """Where leaves live: looked up again only when some were moved since."""

    cdef list leaves
    cdef Vector vector  # that holds exactly these leaves, one after the other; or None
    cdef size_t first, looked_up

    def __cinit__(self, list leaves):
        self.leaves = leaves
        self.looked_up = layout_version - 1  # not yet

    def vectors(self):
        """The arrays of their numbers and of their gradients, if one vector holds exactly these
        leaves in this order; or None."""
        if self.looked_up != layout_version:
            self.look_up()
        if self.vector is None:
            return None
        if self.vector.count == <size_t>len(self.leaves):
            return self.vector.data, self.vector.grad
        part = slice(self.first, self.first + len(self.leaves))
        return self.vector.data[part], self.vector.grad[part]

    cdef int look_up(self) except -1:
        cdef Value x
        self.looked_up, self.vector = layout_version, None
        if self.leaves and (<Value?>self.leaves[0]).flags & FLAT:
            if run_from(self.leaves, 0) == <size_t>len(self.leaves):
                x = <Value>self.leaves[0]
                self.vector = <Vector>x.operands.two[0]
                self.first = place_of(x) - self.vector.start
        return 0

    def __reduce__(self):
        return Place, (self.leaves,)


def flatten(list leaves, data, grad):
    """Move the numbers of leaves into vectors: leaf k then reads and writes data[k], grad[k].

    A copy of a leaf has its number, not its place.

    Raises
    ------
    ValueError
        If somebody holds an array of a vector that one of them would leave.
    """
    global layout_version
    cdef Value x
    cdef Vector vector = Vector(data, grad)
    cdef size_t k = 0
    for x in leaves:
        if x.flags & FLAT and is_held(<Vector>x.operands.two[0]):
            raise ValueError(
                "these weights live in a vector whose array is still held, as `flat.data` or a part "
                "of it, and would no longer be theirs: delete it (`del`) before they are flattened "
                "again, or flatten the whole model first, of which a part is then a view"
            )
    for x in leaves:
        vector.start[k], vector.grad_start[k] = data_of(x), grad_of(x)
        if x.flags & FLAT:
            Py_DECREF(<object>x.operands.two[0])
        Py_INCREF(vector)
        x.operands.two[0] = <PyObject *>vector
        x.operands.two[1] = <PyObject *>(vector.grad_start + k)
        x.locals.leaf.place = vector.start + k
        x.flags |= FLAT | OWNS_MORE
        k += 1
    layout_version += 1


def can_flatten(list leaves):
    """Whether all vectors that leaves would be moved out of come along whole, so that what
    was a slice of one is a slice of the new one, and nobody holds an array of theirs."""
    cdef size_t k = 0
    cdef Value x
    cdef Vector vector
    while k < <size_t>len(leaves):
        x = <Value?>leaves[k]
        if x.flags & FLAT:
            vector = <Vector>x.operands.two[0]
            if is_held(vector) or place_of(x) != vector.start or run_from(leaves, k) < vector.count:
                return False
            k += vector.count
        else:
            k += 1
    return True


def gather(list leaves, double[::1] data, double[::1] grad):
    """Copy the numbers and the gradients of leaves to arrays."""
    cdef Value x
    cdef size_t k = 0
    for x in leaves:
        data[k], grad[k] = data_of(x), grad_of(x)
        k += 1


def scatter(list leaves, double[::1] data=None, double[::1] grad=None):
    """Set the numbers of leaves, or their gradients, to those in an array."""
    cdef size_t k
    for k in range(<size_t>len(leaves)):
        if data is not None:
            set_data(<Value?>leaves[k], data[k])
        if grad is not None:
            set_grad(<Value?>leaves[k], grad[k])
