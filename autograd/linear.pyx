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
    operands_of, partials_of,
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
        A graph is followed from the outputs down to the inputs, which may be
        computed values themselves, and no further.
    """

    cdef list nodes  # the inputs, then the computed values that depend on them
    cdef readonly list outputs
    cdef readonly list inputs
    cdef readonly bint open  # whether other leaves than the inputs are below the outputs
    cdef uint32_t *start  # the edges of node k are those from start[k] to start[k + 1]
    cdef uint32_t *source  # by edge: the place of the operand in `nodes`
    cdef uint32_t *operand  # by edge: which operand it is
    cdef double *partial  # by edge
    cdef double *work  # by node
    cdef uint32_t *highest  # by node: the last input that it depends on
    cdef Py_ssize_t *place  # by output: its place in `nodes`, or -1

    def __cinit__(self, list outputs, list inputs):
        cdef Value z, v
        cdef PyObject **x
        cdef double *p
        cdef size_t edges = 0, count, e = 0, k, here
        cdef list found = computed(outputs, inputs)
        self.inputs, self.outputs = inputs, outputs
        self.nodes = list(inputs)
        for z in found:
            edges += z.count
        count = len(inputs) + len(found)
        self.start = <uint32_t *>calloc(count + 1, sizeof(uint32_t))
        self.source = <uint32_t *>malloc((edges + 1) * sizeof(uint32_t))
        self.operand = <uint32_t *>malloc((edges + 1) * sizeof(uint32_t))
        self.partial = <double *>malloc((edges + 1) * sizeof(double))
        self.work = <double *>malloc((count + 1) * sizeof(double))
        self.highest = <uint32_t *>malloc((count + 1) * sizeof(uint32_t))
        self.place = <Py_ssize_t *>malloc((len(outputs) + 1) * sizeof(Py_ssize_t))
        if NULL in (self.start, self.source, self.operand, self.partial, self.work,
                    self.highest, self.place):
            raise MemoryError
        # While the arrays are filled, VISITED says "depends on an input" and
        # `cursor` is the place; no Python code runs in between.
        for k in range(len(inputs)):
            v = <Value>inputs[k]
            v.flags |= VISITED
            v.cursor = self.highest[k] = k
        for z in found:
            if z.flags & VISITED:  # an input
                continue
            x, p = operands_of(z), partials_of(z)
            here = len(self.nodes)
            self.start[here] = e
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
            if e > self.start[here]:
                z.flags |= VISITED
                z.cursor = here
                self.nodes.append(z)
        self.start[len(self.nodes)] = e
        for k in range(len(outputs)):
            v = <Value>outputs[k]
            self.place[k] = <Py_ssize_t>v.cursor if v.flags & VISITED else -1
            if v.count == 0 and not v.flags & (VISITED | CONSTANT):
                self.open = True
        for v in self.nodes:
            v.flags &= ~VISITED

    def __dealloc__(self):
        free(self.start)
        free(self.source)
        free(self.operand)
        free(self.partial)
        free(self.work)
        free(self.highest)
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
        for k in range(n - 1, len(self.inputs) - 1, -1):
            # As in backward(), what C does not move with passes nothing on.
            if z_bar[k] != 0.0 and self.highest[k] >= first:
                for e in range(self.start[k], self.start[k + 1]):
                    if structure:
                        z_bar[self.source[e]] = 1.0
                    else:
                        z_bar[self.source[e]] += self.partial[e] * z_bar[k]
        return [z_bar[k] for k in range(len(self.inputs))]

    def push(self, list tangents):
        """Jacobian times vector: from the inputs' tangents to the outputs'."""
        cdef double *dot = self.work
        cdef Py_ssize_t k
        cdef uint32_t e
        cdef double total
        for k in range(len(self.inputs)):
            dot[k] = <double>tangents[k]
        for k in range(len(self.inputs), len(self.nodes)):
            total = 0.0
            for e in range(self.start[k], self.start[k + 1]):
                if dot[self.source[e]] != 0.0:
                    total += self.partial[e] * dot[self.source[e]]
            dot[k] = total
        return [dot[self.place[k]] if self.place[k] >= 0 else 0.0 for k in range(len(self.outputs))]

    def pattern(self):
        """For every output the set of inputs it depends on, as a frozenset of their places."""
        cdef list sets = [frozenset((k,)) for k in range(len(self.inputs))]
        cdef Py_ssize_t k
        cdef uint32_t e
        for k in range(len(self.inputs), len(self.nodes)):
            if self.start[k + 1] - self.start[k] == 1:
                sets.append(sets[self.source[self.start[k]]])
            else:
                sets.append(frozenset().union(
                    *[sets[self.source[e]] for e in range(self.start[k], self.start[k + 1])]
                ))
        return [sets[self.place[k]] if self.place[k] >= 0 else frozenset()
                for k in range(len(self.outputs))]

    def pull_recorded(self, list adjoints):
        """As `pull`, but the adjoints and the results are Values (or plain numbers):
        the pass is recorded.  Where nothing flows the result is the float 0.0."""
        cdef Py_ssize_t k
        cdef uint32_t e
        cdef object z_bar
        cdef list waiting = [None] * len(self.nodes)  # by node: contributions so far
        cdef list partials
        for k in range(len(self.outputs)):
            if self.place[k] >= 0:
                contribute(waiting, self.place[k], adjoints[k])
        for k in range(len(self.nodes) - 1, len(self.inputs) - 1, -1):
            if waiting[k] is None:
                continue
            z_bar = total(waiting[k])
            waiting[k] = None
            partials = self.partials_at(k)
            for e in range(self.start[k], self.start[k + 1]):
                contribute(waiting, self.source[e], times(partials[e - self.start[k]], z_bar))
        return [0.0 if waiting[k] is None else total(waiting[k]) for k in range(len(self.inputs))]

    def push_recorded(self, list tangents):
        """As `push`, recorded."""
        cdef Py_ssize_t k
        cdef uint32_t e
        cdef list dots = list(tangents), partials
        cdef list waiting = [None]
        for k in range(len(self.inputs), len(self.nodes)):
            waiting[0] = None
            partials = self.partials_at(k)
            for e in range(self.start[k], self.start[k + 1]):
                contribute(waiting, 0, times(partials[e - self.start[k]], dots[self.source[e]]))
            dots.append(0.0 if waiting[0] is None else total(waiting[0]))
        return [dots[self.place[k]] if self.place[k] >= 0 else 0.0 for k in range(len(self.outputs))]

    cdef list partials_at(self, Py_ssize_t k):
        """The partials of node k along its edges, recorded."""
        cdef Value z = <Value>self.nodes[k]
        cdef PyObject **x = operands_of(z)
        cdef list operands = [<Value>x[j] for j in range(z.count)]
        cdef list partials
        cdef uint32_t e
        refuse_stale(z)
        if z._data != z._data:
            return [z._data] * (self.start[k + 1] - self.start[k])
        if is_many(z.code):
            partials = partials_of_many(z.code, operands, z)
            return [partials[self.operand[e]] for e in range(self.start[k], self.start[k + 1])]
        return [partial_by(z.code, self.operand[e], operands, z)
                for e in range(self.start[k], self.start[k + 1])]


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
        return (<Value>p).flags & CONSTANT and (<Value>p)._data == number
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
