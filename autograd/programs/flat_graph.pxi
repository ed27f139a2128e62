# From Values to a flat graph.

cdef enum:
    COMPUTED, INPUT, WEIGHT, FIXED


def computed_between(list outputs, list inputs):
    """All computed values that `outputs` depend on, operands before results, not below `inputs`."""
    cdef Stack nodes
    order_below(tuple(outputs), tuple(inputs), &nodes)
    try:
        return [<Value>nodes.at[k] for k in range(nodes.size)]
    finally:
        release(&nodes)


def flat_graph(list outputs, list inputs, list guards=[]):
    """The graph between `inputs` and `outputs` as a `FlatGraph`.

    Parameters
    ----------
    outputs, inputs : list of Value
    guards : list of (Value, Value, relation, outcome)
    """
    cdef list roots = [*outputs, *[v for guard in guards for v in guard[:2]]]
    cdef list nodes = computed_between(roots, inputs)
    cdef size_t edges = 0, n, k
    cdef Value z
    for z in nodes:
        edges += z.count
    cdef size_t capacity = len(inputs) + len(nodes) + edges + len(roots)
    cdef Numbering numbers = Numbering(capacity, edges, len(roots))
    n = numbers.number_all(inputs, nodes, roots)
    role, code, stopped = numbers.role_[:n], numbers.code_[:n], numbers.stopped_[:n]
    weights = [<Value>numbers.numbered[k] for k in np.flatnonzero(role == WEIGHT).tolist()]
    tests = np.zeros((len(guards), 4), np.int32)
    tests[:, :2] = numbers.place_[len(outputs):].reshape(len(guards), 2)
    tests[:, 2:] = np.array([(each := guard[2:]) for guard in guards], np.int32).reshape(len(guards), 2)
    return FlatGraph(role, code, stopped, numbers.start_[:n + 1], numbers.operand_, numbers.data_[:n],
                   numbers.place_[:len(outputs)], tests, len(inputs), weights)


cdef class Numbering:
    """The arrays of a flat graph, and the walk that fills them.  Until its marks are gone
    nothing runs that could start another walk, nor anything that can fail."""

    cdef object role_, code_, stopped_, data_, start_, operand_, place_
    cdef uint8_t[::1] role, stopped
    cdef uint16_t[::1] code
    cdef uint32_t[::1] start, operand, place
    cdef double[::1] data
    cdef PyObject **numbered  # borrowed
    cdef uint32_t edges

    def __cinit__(self, size_t capacity, size_t edges, size_t roots):
        self.role = self.role_ = np.zeros(capacity, np.uint8)
        self.code = self.code_ = np.zeros(capacity, np.uint16)
        self.stopped = self.stopped_ = np.zeros(capacity, np.uint8)
        self.data = self.data_ = np.zeros(capacity)
        self.start = self.start_ = np.zeros(capacity + 1, np.uint32)
        self.operand = self.operand_ = np.zeros(edges, np.uint32)
        self.place = self.place_ = np.zeros(roots, np.uint32)  # by root
        self.numbered = <PyObject **>malloc((capacity + 1) * sizeof(PyObject *))
        if self.numbered is NULL:
            raise MemoryError("no memory is left for the program")

    def __dealloc__(self):
        free(self.numbered)

    cdef size_t number_all(self, list inputs, list nodes, list roots) noexcept:
        """Numbers inputs, computed values and leaves; how many there are."""
        cdef size_t n = 0, j, k
        cdef Value z
        cdef PyObject **x
        for j in range(<size_t>PyList_GET_SIZE(inputs)):
            n = self.number(<Value>PyList_GET_ITEM(inputs, j), INPUT, n)
        for j in range(<size_t>PyList_GET_SIZE(nodes)):
            z = <Value>PyList_GET_ITEM(nodes, j)
            x = operands_of(z)
            for k in range(z.count):
                n = self.number_leaf(<Value>x[k], n)
            self.code[n], self.stopped[n] = z.code, z.flags & CONSTANT
            for k in range(z.count):
                self.operand[self.edges] = (<Value>x[k]).cursor
                self.edges += 1
            n = self.number(z, COMPUTED, n)
        for j in range(<size_t>PyList_GET_SIZE(roots)):
            n = self.number_leaf(<Value>PyList_GET_ITEM(roots, j), n)
        for j in range(<size_t>PyList_GET_SIZE(roots)):
            self.place[j] = (<Value>PyList_GET_ITEM(roots, j)).cursor
        for k in range(n):
            (<Value>self.numbered[k]).flags &= ~VISITED
        return n

    cdef size_t number(self, Value v, int role, size_t n) noexcept:
        """Gives v the place n; the next free one."""
        v.flags |= VISITED
        v.cursor = n
        self.numbered[n] = <PyObject *>v
        self.role[n], self.data[n] = role, data_of(v)
        self.start[n + 1] = self.edges
        return n + 1

    cdef size_t number_leaf(self, Value v, size_t n) noexcept:
        """Gives the leaf v the place n, unless it has one; the next free one."""
        if v.flags & VISITED:
            return n
        return self.number(v, FIXED if v.flags & CONSTANT else WEIGHT, n)
