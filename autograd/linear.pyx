# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# cython: initializedcheck=False, binding=True
"""The linear map that a recorded graph is at its point, and how it varies.

Between chosen inputs and outputs a graph is a list of edges, each with a
number: `dz = Σ partial · dx`.  `Linear` keeps those edges in flat arrays and
pushes tangents forward along them (`push`: Jacobian times vector) or pulls
adjoints back (`pull`: vector times Jacobian), as often as one likes.

`push_recorded` and `pull_recorded` do the same with Values in place of numbers:
the partials are computed anew from the rows, as recorded operations, so that
what comes out can be differentiated again.
"""

from cpython.object cimport PyObject
from libc.stdint cimport uint32_t
from libc.stdlib cimport calloc, free, malloc

from autograd.value cimport (
    CONSTANT, VISITED, Value, call1, call2, call_many, computed, edge_is_absent, is_stale,
    operands_of, partials_of, user_operation,
)

from autograd.errors import StaleGraphError
from autograd.value import NAMES

include "codes.pxi"
include "partials.pxi"  # partial_by, partials_of_many: every row's partials, recorded

cdef extern from "ops.h" nogil:
    bint is_many(int op)


cdef class Linear:
    """The edges between `inputs` and `outputs`.

    Parameters
    ----------
    outputs, inputs : list of Value
        A graph is followed from the outputs down to the inputs.
    cut : bool
        Whether inputs that are computed values stand for themselves alone: partial
        derivatives by each, all others held fixed.  Otherwise what an input was
        computed from moves with it.
    """

    cdef list nodes  # the inputs that are cut or leaves, then what depends on inputs
    cdef readonly list outputs
    cdef readonly list inputs
    cdef readonly bint open  # whether other leaves than the inputs are below the outputs
    cdef uint32_t *start  # the edges of node k are those from start[k] to start[k + 1]
    cdef uint32_t *source  # by edge: the place of the operand in `nodes`
    cdef uint32_t *operand  # by edge: which operand it is
    cdef double *partial  # by edge
    cdef double *work  # by node
    cdef uint32_t *highest  # by node: the last input that it depends on
    cdef Py_ssize_t *entry  # by input: its place in `nodes`
    cdef Py_ssize_t *place  # by output: its place in `nodes`, or -1

    def __cinit__(self, list outputs, list inputs, bint cut=True):
        cdef list found = computed(outputs, inputs if cut else [])
        cdef size_t edges = 0, count = len(inputs) + len(found) + 1
        cdef Value z
        self.inputs, self.outputs, self.nodes = inputs, outputs, []
        for z in found:
            edges += z.count
        self.start = <uint32_t *>calloc(count + 1, sizeof(uint32_t))
        self.source = <uint32_t *>malloc((edges + 1) * sizeof(uint32_t))
        self.operand = <uint32_t *>malloc((edges + 1) * sizeof(uint32_t))
        self.partial = <double *>malloc((edges + 1) * sizeof(double))
        self.work = <double *>malloc(count * sizeof(double))
        self.highest = <uint32_t *>calloc(count, sizeof(uint32_t))
        self.entry = <Py_ssize_t *>malloc((len(inputs) + 1) * sizeof(Py_ssize_t))
        self.place = <Py_ssize_t *>malloc((len(outputs) + 1) * sizeof(Py_ssize_t))
        if NULL in (self.start, self.source, self.operand, self.partial, self.work,
                    self.highest, self.entry, self.place):
            raise MemoryError
        try:
            self.fill(found, cut)
        finally:
            for z in found:
                z.flags &= ~VISITED
            for z in inputs:
                z.flags &= ~VISITED

    cdef int fill(self, list found, bint cut) except -1:
        """Fills the arrays.  Meanwhile VISITED says "depends on an input" and `cursor`
        is the place in `nodes`; no Python code runs in between."""
        cdef Value z, v
        cdef size_t e = 0, k
        cdef dict waiting = {}  # inputs to be met among the computed values, by address
        for k in range(len(self.inputs)):
            v = <Value>self.inputs[k]
            if v.count and not cut:
                waiting[<size_t><PyObject *>v] = k
            elif not v.flags & VISITED:
                self.admit(v, k)
        for z in found:
            if not z.flags & VISITED:
                e = self.add_edges(z, e)
                if <size_t><PyObject *>z in waiting:
                    self.admit(z, waiting[<size_t><PyObject *>z])
                elif e > self.start[len(self.nodes)]:
                    self.admit(z, 0)
                self.start[len(self.nodes)] = e
        for k in range(len(self.inputs)):
            v = <Value>self.inputs[k]
            self.entry[k] = <Py_ssize_t>v.cursor if v.flags & VISITED else -1
        for k in range(len(self.outputs)):
            v = <Value>self.outputs[k]
            self.place[k] = <Py_ssize_t>v.cursor if v.flags & VISITED else -1
            if v.count == 0 and not v.flags & (VISITED | CONSTANT):
                self.open = True
        return 0

    cdef int admit(self, Value v, uint32_t last) except -1:
        """Gives v the next place."""
        v.cursor = len(self.nodes)
        v.flags |= VISITED
        if last > self.highest[v.cursor]:
            self.highest[v.cursor] = last
        self.nodes.append(v)
        return 0

    cdef size_t add_edges(self, Value z, size_t e) except? 0:
        """Lists the edges of z, which would have the next place, from e on."""
        cdef PyObject **x = operands_of(z)
        cdef double *p = partials_of(z)
        cdef size_t here = len(self.nodes), k
        cdef Value v
        self.highest[here] = 0
        for k in range(z.count):
            v = <Value>x[k]
            if edge_is_absent(z, k):
                continue
            if v.flags & VISITED:
                self.source[e] = v.cursor
                self.operand[e] = k
                self.partial[e] = p[k]
                if self.highest[v.cursor] > self.highest[here]:
                    self.highest[here] = self.highest[v.cursor]
                e += 1
            elif v.count == 0:
                self.open = True
        return e

    def __dealloc__(self):
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
        return [a != 0.0 for a in adjoint]

    def depends(self):
        """For every output whether it depends on any input."""
        return [self.place[k] >= 0 for k in range(len(self.outputs))]

    def pull(self, list adjoints, bint structure=False, uint32_t first=0):
        """Vector times Jacobian: from ∂C/∂output to ∂C/∂input.

        With `structure` every partial counts as 1: not 0 means "depends".  With
        `first` the inputs before that one are left out, and come back as 0 or less
        than their due.
        """
        cdef double *z_bar = self.work
        cdef Py_ssize_t k, n = len(self.nodes)
        cdef uint32_t e
        for k in range(n):
            z_bar[k] = 0.0
        for k in range(len(self.outputs)):
            if self.place[k] >= 0:
                z_bar[self.place[k]] += <double>adjoints[k]
        for k in range(n - 1, -1, -1):
            # As in backward(), what C does not move with passes nothing on.
            if z_bar[k] != 0.0 and self.highest[k] >= first:
                for e in range(self.start[k], self.start[k + 1]):
                    if structure:
                        z_bar[self.source[e]] = 1.0
                    else:
                        z_bar[self.source[e]] += self.partial[e] * z_bar[k]
        return [z_bar[self.entry[k]] if self.entry[k] >= 0 else 0.0
                for k in range(len(self.inputs))]

    def push(self, list tangents):
        """Jacobian times vector: from the inputs' tangents to the outputs'."""
        cdef double *dot = self.work
        cdef Py_ssize_t k
        cdef uint32_t e
        for k in range(len(self.nodes)):
            dot[k] = 0.0
        for k in range(len(self.inputs)):
            if self.entry[k] >= 0:
                dot[self.entry[k]] += <double>tangents[k]
        for k in range(len(self.nodes)):
            for e in range(self.start[k], self.start[k + 1]):
                if dot[self.source[e]] != 0.0:
                    dot[k] += self.partial[e] * dot[self.source[e]]
        return [dot[self.place[k]] if self.place[k] >= 0 else 0.0 for k in range(len(self.outputs))]

    def pattern(self):
        """For every output the set of inputs it depends on, as a frozenset of their places."""
        cdef list sets = [frozenset()] * len(self.nodes)
        cdef Py_ssize_t k
        cdef uint32_t e
        for k in range(len(self.inputs)):
            if self.entry[k] >= 0:
                sets[self.entry[k]] |= {k}
        for k in range(len(self.nodes)):
            if self.start[k + 1] - self.start[k] == 1:
                sets[k] |= sets[self.source[self.start[k]]]
            elif self.start[k + 1] > self.start[k]:
                sets[k] = sets[k].union(
                    *[sets[self.source[e]] for e in range(self.start[k], self.start[k + 1])]
                )
        return [sets[self.place[k]] if self.place[k] >= 0 else frozenset()
                for k in range(len(self.outputs))]

    def pull_recorded(self, list adjoints):
        """As `pull`, but the adjoints and the results are Values (or plain numbers):
        the pass is recorded.  Where nothing flows the result is the float 0.0."""
        cdef Py_ssize_t k
        cdef uint32_t e
        cdef list waiting = [None] * len(self.nodes)  # by node: contributions so far
        cdef list bars = [0.0] * len(self.nodes)
        cdef list partials
        for k in range(len(self.outputs)):
            if self.place[k] >= 0:
                contribute(waiting, self.place[k], adjoints[k])
        for k in range(len(self.nodes) - 1, -1, -1):
            if waiting[k] is not None:
                bars[k] = total(<list>waiting[k])
                partials = self.partials_at(k)
                for e in range(self.start[k], self.start[k + 1]):
                    contribute(waiting, self.source[e],
                               times(partials[e - self.start[k]], bars[k]))
        return [bars[self.entry[k]] if self.entry[k] >= 0 else 0.0
                for k in range(len(self.inputs))]

    def push_recorded(self, list tangents):
        """As `push`, recorded."""
        cdef Py_ssize_t k
        cdef uint32_t e
        cdef list waiting = [None] * len(self.nodes), dots = [0.0] * len(self.nodes)
        cdef list partials
        for k in range(len(self.inputs)):
            if self.entry[k] >= 0:
                contribute(waiting, self.entry[k], tangents[k])
        for k in range(len(self.nodes)):
            partials = self.partials_at(k)
            for e in range(self.start[k], self.start[k + 1]):
                contribute(waiting, k, times(partials[e - self.start[k]], dots[self.source[e]]))
            if waiting[k] is not None:
                dots[k] = total(<list>waiting[k])
        return [dots[self.place[k]] if self.place[k] >= 0 else 0.0 for k in range(len(self.outputs))]

    cdef list partials_at(self, Py_ssize_t k):
        """The partials of node k along its edges, recorded."""
        cdef uint32_t first = self.start[k], last = self.start[k + 1], e
        if first == last:  # an input
            return []
        cdef Value z = <Value>self.nodes[k]
        cdef PyObject **x = operands_of(z)
        cdef list operands = [<Value>x[j] for j in range(z.count)]
        cdef list partials
        refuse_stale(z)
        if z != z:  # compared as a Value, so that a trace knows of it
            return [z._data] * (last - first)
        user = user_operation(z.code)
        if user is not None:
            partials = user.recorded_partials(operands, z)
        elif is_many(z.code):
            partials = partials_of_many(z.code, operands, z)
        else:
            return [partial_by(z.code, self.operand[e], operands, z) for e in range(first, last)]
        return [partials[self.operand[e]] for e in range(first, last)]


cdef int refuse_stale(Value z) except -1:
    """A leaf below `z` may have been given other data since."""
    cdef PyObject **x = operands_of(z)
    cdef bint on_leaf = False
    cdef Value v
    for k in range(z.count):
        v = <Value>x[k]
        on_leaf |= v.count == 0 and not v.flags & CONSTANT
    if on_leaf and is_stale(z):
        names = [repr(v) for v in z.args if not v.op and not v.constant]
        raise StaleGraphError(
            f"{NAMES[z.code]} was recorded with other data than its leaf has now: one of "
            f"{', '.join(names[:4])} was changed after recording; compute the graph again"
        )
    return 0


cdef inline bint is_number(object p, double number):
    """Whether `p` is exactly that number and does not vary."""
    if type(p) is Value:
        return (<Value>p).flags & CONSTANT and not (<Value>p).count and (<Value>p)._data == number
    return <double>p == number


cdef object times(object p, object z_bar):
    """p · z_bar, with nothing recorded where one of them is 0, 1 or -1; None for 0."""
    if p is None or is_number(p, 0.0) or is_number(z_bar, 0.0):
        return None
    if is_number(p, 1.0):
        return z_bar
    if is_number(z_bar, 1.0):
        return p
    if is_number(p, -1.0):
        return call1(OP_NEG, z_bar)
    return call2(OP_MUL, p, z_bar)


cdef int contribute(list waiting, Py_ssize_t k, object contribution) except -1:
    if contribution is not None:
        if waiting[k] is None:
            waiting[k] = [contribution]
        else:
            (<list>waiting[k]).append(contribution)
    return 0


cdef object total(list contributions):
    if len(contributions) == 1:
        return contributions[0]
    if len(contributions) == 2:
        return call2(OP_ADD, contributions[0], contributions[1])
    return call_many(OP_SUM, contributions)


# What the rows' formulas over many operands are made of.


cdef bint is_nan(object x):
    return x != x


cdef class over:
    """The reductions, recorded."""

    @staticmethod
    def sum(list xs, start=0.0):
        return call_many(OP_SUM, [start, *xs] if start != 0.0 else xs)

    @staticmethod
    def rest(list xs):
        return call_many(OP_SUM, xs[1:])

    @staticmethod
    def others(list xs):
        """For every x the product of all but x, with 3n products in all."""
        cdef Py_ssize_t n = len(xs), k
        cdef list before = [1.0], after = [1.0]
        for k in range(n - 1):
            before.append(call2(OP_MUL, before[k], xs[k]))
            after.append(call2(OP_MUL, after[k], xs[n - 1 - k]))
        return [call2(OP_MUL, before[k], after[n - 1 - k]) for k in range(n)]


cdef object softmax_of(Py_ssize_t k, list xs):
    """The softmax of operand k among all."""
    return call_many(OP_SOFTMAX, [xs[k], *xs[:k], *xs[k + 1:]])
