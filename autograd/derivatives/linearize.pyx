# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, binding=True
"""The linear map of a recorded graph at its point, and how it varies.

Between chosen inputs and outputs a graph is a list of edges, each with a
number: `dz = Σ partial · dx`.  `LinearMap` keeps those edges in flat arrays and
pushes tangents forward along them (`push`: Jacobian times vector) or pulls adjoints back (`pull`:
vector times Jacobian), any number of times.

`push_recorded` and `pull_recorded` do the same with Values in place of numbers:
the partials are computed anew from the rows, as recorded operations, so that the result can be
differentiated again.
"""

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t, uint64_t
from cpython.mem cimport (
    PyMem_RawCalloc as calloc, PyMem_RawFree as free, PyMem_RawMalloc as malloc,
    PyMem_RawRealloc as realloc,
)
from libc.string cimport memcpy, memset

from autograd.engine.value cimport (
    AWAITED, CONSTANT, VISITED, Stack, Value, begin_derivative, call1, call2, call_many, constant, data_of,
    edge_is_absent, is_stale, leaf, operands_of, order_below, partials_of, release, user_operation,
)

from autograd.errors import StaleGraphError
from autograd.engine.value import input_alias, tracing

include "codes.pxi"
include "partials.pxi"  # partial_by, partials_of_many: every row's partials, recorded

cdef extern from "ops.h" nogil:
    bint is_many(int op)

cdef extern from "Python.h":
    PyObject *PyTuple_GET_ITEM(object, Py_ssize_t) noexcept
    Py_ssize_t PyTuple_GET_SIZE(object) noexcept


cdef class LinearMap:
    """The edges between `inputs` and `outputs`.

    Parameters
    ----------
    outputs, inputs : list of Value
        A graph is followed from the outputs down to the inputs.
    cut : bool
        Whether inputs that are computed values count as independent: partial derivatives with
        respect to each, all others held fixed.  Otherwise what an input was computed from moves
        with it.
    since : int
        What `begin_derivative()` gave; leaves that were made before are from outside.
    """

    cdef readonly tuple outputs
    cdef readonly tuple inputs
    cdef Py_ssize_t count  # of nodes
    # The inputs that are cut or leaves, then what depends on inputs.  Borrowed: they
    # live as long as inputs and outputs do.
    cdef PyObject **nodes
    cdef readonly bint open  # whether the outputs depend on leaves from outside
    cdef uint64_t since
    cdef bint traced  # whether numbers without derivatives may be others at a replay
    cdef uint32_t *start  # the edges of node k are those from start[k] to start[k + 1]
    cdef uint32_t *source  # by edge: the place of the operand in `nodes`
    cdef uint32_t *operand  # by edge: which operand it is
    cdef double *partial  # by edge
    cdef double *work  # by node
    cdef uint32_t *highest  # by node: the last input that it depends on
    cdef Py_ssize_t *entry  # by input: its place in `nodes`
    cdef Py_ssize_t *place  # by output: its place in `nodes`, or -1

    def __cinit__(self, list outputs, list inputs, bint cut=True, uint64_t since=0):
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        self.since, self.traced = since, tracing()
        cdef Stack below
        order_below(self.outputs, self.inputs if cut else (), &below)
        try:
            self.allocate(&below)
            self.fill(&below, self.inputs, cut)
        finally:
            release(&below)

    cdef int allocate(self, Stack *below) except -1:
        cdef size_t edges = 0, k, count = len(self.inputs) + below.size + 1
        for k in range(below.size):
            edges += (<Value>below.at[k]).count
        if edges >> 32:
            raise OverflowError("a graph of more than 2**32 edges")
        self.nodes = <PyObject **>malloc(count * sizeof(PyObject *))
        self.start = <uint32_t *>malloc((count + 1) * sizeof(uint32_t))
        self.source = <uint32_t *>malloc((edges + 1) * sizeof(uint32_t))
        self.operand = <uint32_t *>malloc((edges + 1) * sizeof(uint32_t))
        self.partial = <double *>malloc((edges + 1) * sizeof(double))
        self.work = <double *>malloc(count * sizeof(double))
        self.highest = <uint32_t *>malloc(count * sizeof(uint32_t))
        self.entry = <Py_ssize_t *>malloc((len(self.inputs) + 1) * sizeof(Py_ssize_t))
        self.place = <Py_ssize_t *>malloc((len(self.outputs) + 1) * sizeof(Py_ssize_t))
        if NULL in (self.nodes, self.start, self.source, self.operand, self.partial, self.work,
                    self.highest, self.entry, self.place):
            raise MemoryError("no memory is left to walk the graph")
        return 0

    cdef void fill(self, Stack *below, object inputs, bint cut) noexcept:
        """Fills the arrays.  Meanwhile VISITED says "depends on an input", and `cursor` is
        the place in `nodes`."""
        cdef Value z, v
        cdef size_t e = 0, k, last
        self.start[0] = 0
        for k in range(<size_t>PyTuple_GET_SIZE(inputs)):
            v = <Value>PyTuple_GET_ITEM(inputs, k)
            if v.count and not cut:  # it is met among the computed values
                v.flags |= AWAITED
                v.cursor = k
            elif not v.flags & VISITED:
                self.start[self.count + 1] = 0
                self.admit(v, k)
        for k in range(below.size):
            z = <Value>below.at[k]
            if not z.flags & VISITED:
                e = self.add_edges(z, e)
                last = self.highest[self.count]
                if z.flags & AWAITED:
                    last = max(last, <size_t>z.cursor)
                elif e == self.start[self.count]:
                    continue
                self.admit(z, last)
                self.start[self.count] = e
        self.look_up(inputs, self.outputs)
        for k in range(<size_t>PyTuple_GET_SIZE(inputs)):
            (<Value>PyTuple_GET_ITEM(inputs, k)).flags &= ~AWAITED
        for k in range(<size_t>self.count):
            (<Value>self.nodes[k]).flags &= ~VISITED

    cdef void look_up(self, object inputs, object outputs) noexcept:
        """Where the inputs and outputs stand."""
        cdef Value v
        cdef size_t k
        for k in range(<size_t>PyTuple_GET_SIZE(inputs)):
            v = <Value>PyTuple_GET_ITEM(inputs, k)
            self.entry[k] = <Py_ssize_t>v.cursor if v.flags & VISITED else -1
        for k in range(<size_t>PyTuple_GET_SIZE(outputs)):
            v = <Value>PyTuple_GET_ITEM(outputs, k)
            self.place[k] = <Py_ssize_t>v.cursor if v.flags & VISITED else -1
            if not v.flags & VISITED:
                self.look_outside(v)

    cdef inline void admit(self, Value v, size_t last) noexcept:
        """Gives v, which depends on no later input than `last`, the next place."""
        v.cursor = self.count
        v.flags |= VISITED
        self.highest[self.count] = last
        self.nodes[self.count] = <PyObject *>v
        self.count += 1

    cdef inline size_t add_edges(self, Value z, size_t e) noexcept:
        """Lists the edges of z, which would have the next place, from e on."""
        cdef PyObject **x = operands_of(z)
        cdef double *p = partials_of(z)
        cdef size_t k
        cdef uint32_t last = 0
        cdef Value v
        for k in range(z.count):
            v = <Value>x[k]
            if edge_is_absent(z, k):
                self.open |= self.traced and is_live(v) and not v.flags & VISITED
                continue
            if v.flags & VISITED:
                self.source[e] = v.cursor
                self.operand[e] = k
                self.partial[e] = p[k]
                last = max(last, self.highest[v.cursor])
                e += 1
            else:
                self.look_outside(v)
        self.highest[self.count] = last
        return e

    cdef inline void look_outside(self, Value v) noexcept:
        """Notes whether v, on which the outputs depend, is from outside."""
        if v.flags & CONSTANT:
            if self.traced and v.count:
                self.open = True
        elif v.count == 0 and v.locals.leaf.born < self.since:
            self.open = True

    def __dealloc__(self):
        free(self.nodes)
        free(self.start)
        free(self.source)
        free(self.operand)
        free(self.partial)
        free(self.work)
        free(self.highest)
        free(self.entry)
        free(self.place)

    def reaches(self):
        """For every input whether any output depends on it."""
        cdef list adjoint = self.pull([1.0] * len(self.outputs), structure=True)
        return [(each := a != 0.0) for a in adjoint]

    def pull(self, list adjoints, bint structure=False, uint32_t first=0):
        """Vector times Jacobian: from ∂C/∂output to ∂C/∂input.

        With `structure` every partial counts as 1: not 0 means "depends".  With
        `first` the inputs before that one are left out, and come back as 0 or less
        than their due.
        """
        cdef double *z_bar = self.work
        cdef list moved = [0.0] * len(self.inputs)
        cdef Py_ssize_t k
        cdef uint32_t e
        memset(z_bar, 0, self.count * sizeof(double))
        for k in range(len(self.outputs)):
            if self.place[k] >= 0:
                z_bar[self.place[k]] += number(adjoints[k])
        for k in range(self.count - 1, -1, -1):
            # As in backward(), what C does not move with passes nothing on.
            if z_bar[k] != 0.0 and self.highest[k] >= first:
                for e in range(self.start[k], self.start[k + 1]):
                    if structure:
                        z_bar[self.source[e]] = 1.0
                    else:
                        z_bar[self.source[e]] += self.partial[e] * z_bar[k]
        for k in range(len(self.inputs)):
            if self.entry[k] >= 0:
                moved[k] = z_bar[self.entry[k]]
        return moved

    def push(self, list tangents):
        """Jacobian times vector: from the inputs' tangents to the outputs'."""
        cdef double *dot = self.work
        cdef list moved = [0.0] * len(self.outputs)
        cdef Py_ssize_t k
        cdef uint32_t e
        memset(dot, 0, self.count * sizeof(double))
        for k in range(len(self.inputs)):
            if self.entry[k] >= 0:
                dot[self.entry[k]] += number(tangents[k])
        for k in range(self.count):
            for e in range(self.start[k], self.start[k + 1]):
                if dot[self.source[e]] != 0.0:
                    dot[k] += self.partial[e] * dot[self.source[e]]
        for k in range(len(self.outputs)):
            if self.place[k] >= 0:
                moved[k] = dot[self.place[k]]
        return moved

    def pattern(self):
        """For every output the places of the inputs that it depends on, in order."""
        cdef Sets sets = Sets(self.count, len(self.inputs))
        cdef Py_ssize_t k
        cdef uint32_t e
        for k in range(len(self.inputs)):
            if self.entry[k] >= 0:
                sets.add(self.entry[k], k)
        for k in range(self.count):
            if self.start[k + 1] > self.start[k]:
                sets.unite(k, self.source + self.start[k], self.start[k + 1] - self.start[k])
        return [(each := sets.sorted(self.place[k]) if self.place[k] >= 0 else [])
                for k in range(len(self.outputs))]

    def pull_recorded(self, list adjoints):
        """As `pull`, recorded: adjoints and results are floats or Values."""
        return pull_recorded(self, adjoints)

    def push_recorded(self, list tangents):
        """As `push`, recorded."""
        return push_recorded(self, tangents)


include "create_graph.pxi"
include "floats_and_values.pxi"
include "reductions.pxi"
include "dependence.pxi"
include "colouring.pxi"
