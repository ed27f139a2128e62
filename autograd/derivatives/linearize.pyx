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
from cpython.mem cimport (
    PyMem_RawCalloc as calloc, PyMem_RawFree as free, PyMem_RawMalloc as malloc,
    PyMem_RawRealloc as realloc,
)
from libc.string cimport memcpy, memset

from autograd.engine.value cimport (
    AWAITED, CONSTANT, VISITED, Stack, Value, data_of, call1, call2, call_many, constant,
    edge_is_absent, is_stale, leaf, operands_of, order_below, partials_of, release, user_operation,
)

from autograd.errors import StaleGraphError
from autograd.engine.value import input_alias

include "codes.pxi"
include "partials.pxi"  # partial_by, partials_of_many: every row's partials, recorded

cdef extern from "ops.h" nogil:
    bint is_many(int op)

cdef extern from "Python.h":
    PyObject *PyTuple_GET_ITEM(object, Py_ssize_t) noexcept
    Py_ssize_t PyTuple_GET_SIZE(object) noexcept


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

    cdef readonly tuple outputs
    cdef readonly tuple inputs
    cdef Py_ssize_t count  # of nodes
    # The inputs that are cut or leaves, then what depends on inputs.  Borrowed: they
    # live as long as inputs and outputs do.
    cdef PyObject **nodes
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
        self.inputs, self.outputs = tuple(inputs), tuple(outputs)
        cdef Stack found
        order_below(self.outputs, self.inputs if cut else (), &found)
        try:
            self.make_room(&found)
            self.fill(&found, self.inputs, cut)
        finally:
            release(&found)

    cdef int make_room(self, Stack *found) except -1:
        cdef size_t edges = 0, k, count = len(self.inputs) + found.size + 1
        for k in range(found.size):
            edges += (<Value>found.at[k]).count
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

    cdef void fill(self, Stack *found, object inputs, bint cut) noexcept:
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
        for k in range(found.size):
            z = <Value>found.at[k]
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
            if v.count == 0 and not v.flags & (VISITED | CONSTANT):
                self.open = True

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
                continue
            if v.flags & VISITED:
                self.source[e] = v.cursor
                self.operand[e] = k
                self.partial[e] = p[k]
                last = max(last, self.highest[v.cursor])
                e += 1
            elif v.count == 0:
                self.open = True
        self.highest[self.count] = last
        return e

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
        cdef Py_ssize_t k
        cdef uint32_t e
        cdef object z_bar, partials
        cdef list waiting = [None] * self.count
        for k in range(len(self.outputs)):
            if self.place[k] >= 0:
                contribute(waiting, self.place[k], adjoints[k])
        for k in range(self.count - 1, -1, -1):
            if waiting[k] is None:
                continue
            z_bar = total(waiting[k])
            waiting[k] = z_bar
            if self.start[k] < self.start[k + 1]:
                partials = self.partials_at(k)
                for e in range(self.start[k], self.start[k + 1]):
                    contribute(waiting, self.source[e],
                               times(self.partial_along(e, k, partials), z_bar))
        return [(each := or_zero(waiting[self.entry[k]]) if self.entry[k] >= 0 else 0.0)
                for k in range(len(self.inputs))]

    def push_recorded(self, list tangents):
        """As `push`, recorded."""
        cdef Py_ssize_t k
        cdef uint32_t e
        cdef object partials
        cdef list waiting = [None] * self.count
        for k in range(len(self.inputs)):
            if self.entry[k] >= 0:
                contribute(waiting, self.entry[k], tangents[k])
        for k in range(self.count):
            if self.start[k] < self.start[k + 1]:
                partials = self.partials_at(k)
                for e in range(self.start[k], self.start[k + 1]):
                    if waiting[self.source[e]] is not None:
                        contribute(waiting, k, times(self.partial_along(e, k, partials),
                                                     waiting[self.source[e]]))
            if waiting[k] is not None:
                waiting[k] = total(waiting[k])
        return [(each := or_zero(waiting[self.place[k]]) if self.place[k] >= 0 else 0.0)
                for k in range(len(self.outputs))]

    cdef object partials_at(self, Py_ssize_t k):
        """The partials of node k by all its operands, recorded, where its operation
        gives them all at once; else None."""
        cdef Value z = <Value>self.nodes[k]
        cdef PyObject **x = operands_of(z)
        refuse_stale(z)
        if z != z:  # compared as a Value, so that a trace knows of it
            return None
        user = user_operation(z.code)
        if user is None and not is_many(z.code):
            return None
        operands = [<Value>x[j] for j in range(z.count)]
        if user is not None:
            return user.recorded_partials(operands, z)
        return partials_of_many(z.code, operands, z)

    cdef inline object partial_along(self, uint32_t e, Py_ssize_t k, object partials):
        """The partial along edge e of node k, recorded; `partials` is from `partials_at`."""
        cdef Value z = <Value>self.nodes[k]
        if z._data != z._data:
            return z  # nan, and nan however often it is differentiated
        if partials is not None:
            return partials[self.operand[e]]
        return partial_by(z.code, self.operand[e], operands_of(z), z)


cdef int refuse_stale(Value z) except -1:
    """A leaf below `z` may have been given other data since."""
    cdef PyObject **x = operands_of(z)
    cdef bint on_leaf = False
    cdef size_t k
    cdef Value v
    for k in range(z.count):
        v = <Value>x[k]
        on_leaf |= v.count == 0 and not v.flags & CONSTANT
    if on_leaf and is_stale(z):
        names = [(each := repr(v)) for v in z.args if not v.op and not v.constant]
        raise StaleGraphError(
            f"{z.op} was recorded with other data than its leaf has now: one of "
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


# What waits at a node to be added up: None, one contribution, or a list of several.


cdef inline int contribute(list waiting, Py_ssize_t k, object contribution) except -1:
    if contribution is not None:
        if waiting[k] is None:
            waiting[k] = contribution
        elif type(waiting[k]) is list:
            (<list>waiting[k]).append(contribution)
        else:
            waiting[k] = [waiting[k], contribution]
    return 0


cdef inline object total(object contributions):
    if type(contributions) is not list:
        return contributions
    if len(<list>contributions) == 2:
        return call2(OP_ADD, contributions[0], contributions[1])
    return call_many(OP_SUM, contributions)


cdef inline object or_zero(object x):
    return 0.0 if x is None else x


cdef inline double number(object x) except? -1.0:
    """What `pull` and `push` take: a float, or a Value for its number."""
    return data_of(<Value>x) if type(x) is Value else <double>x


cdef inline bint varies(object x) noexcept:
    return type(x) is Value and not (<Value>x).flags & CONSTANT


def are_plain(xs):
    """Whether a list or tuple holds floats and Values only."""
    cdef object x
    if type(xs) is tuple:
        for x in <tuple>xs:
            if type(x) is not float and type(x) is not Value:
                return False
    else:
        for x in <list?>xs:
            if type(x) is not float and type(x) is not Value:
                return False
    return True


def any_varies(list xs):
    """Whether a derivative may flow to any of these floats and Values."""
    for x in xs:
        if varies(x):
            return True
    return False


def own(list xs):
    """A Value of one's own for each float or Value; tied to the Value where that varies."""
    return [(each := input_alias(x) if type(x) is Value and is_live(<Value>x) else leaf(number(x)))
            for x in xs]


cdef inline bint is_live(Value x) noexcept:
    """Whether x varies, or may have another number when a trace is replayed."""
    return x.count or not x.flags & CONSTANT


def as_values(list xs):
    """Floats as constants, Values as they are."""
    return [(each := x if type(x) is Value else constant(x)) for x in xs]


def as_floats(list xs):
    """Values for their numbers."""
    cdef object each
    return [(each := number(x)) for x in xs]


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
    def prod(list xs):
        return call_many(OP_PROD, xs)

    @staticmethod
    def max(list xs):
        return call_many(OP_MAX, xs)

    @staticmethod
    def min(list xs):
        return call_many(OP_MIN, xs)

    @staticmethod
    def first(list xs):
        return xs[0]

    @staticmethod
    def others(list xs):
        """For every x the product of all but x, with 3n products in all."""
        cdef Py_ssize_t n = len(xs), k
        cdef list before = [1.0], after = [1.0]
        for k in range(n - 1):
            before.append(call2(OP_MUL, before[k], xs[k]))
            after.append(call2(OP_MUL, after[k], xs[n - 1 - k]))
        return [(each := call2(OP_MUL, before[k], after[n - 1 - k])) for k in range(n)]


cdef object own_first(int op, Py_ssize_t k, list xs):
    """The result of operand k among all, of an operation that gives one for each."""
    return call_many(op, [xs[k], *xs[:k], *xs[k + 1:]])


# ── which inputs a node depends on ────────────────────────────────────────────


cdef class Sets:
    """For every node a set of inputs.  A node whose operands know no more than one
    of them has that one's set, not a copy.

    Parameters
    ----------
    nodes, inputs : int
        How many there are.
    """

    cdef uint32_t *items  # all sets, one behind the other
    cdef size_t size, room  # of `items`
    cdef size_t *at  # by node: where its set begins
    cdef size_t *length  # by node
    cdef size_t *met  # by input: 1 + the node whose set is being made, once it is in there

    def __cinit__(self, size_t nodes, size_t inputs):
        self.at = <size_t *>calloc(nodes + 1, sizeof(size_t))
        self.length = <size_t *>calloc(nodes + 1, sizeof(size_t))
        self.met = <size_t *>calloc(inputs + 1, sizeof(size_t))
        if NULL in (self.at, self.length, self.met):
            raise MemoryError("no memory is left to walk the graph")

    def __dealloc__(self):
        free(self.items)
        free(self.at)
        free(self.length)
        free(self.met)

    cdef int reserve(self, size_t more) except -1:
        """Makes room for that many items."""
        cdef uint32_t *bigger
        if self.size + more > self.room:
            self.room = 2 * (self.size + more)
            bigger = <uint32_t *>realloc(self.items, self.room * sizeof(uint32_t))
            if bigger is NULL:
                raise MemoryError("no memory is left to walk the graph")
            self.items = bigger
        return 0

    cdef int add(self, size_t k, uint32_t item) except -1:
        """Puts an input into the set of node k, whose set was the last to grow, or is empty."""
        self.reserve(self.length[k] + 1)
        if self.at[k] + self.length[k] != self.size:
            memcpy(self.items + self.size, self.items + self.at[k], self.length[k] * sizeof(uint32_t))
            self.at[k] = self.size
            self.size += self.length[k]
        self.items[self.size] = item
        self.size += 1
        self.length[k] += 1
        return 0

    cdef int unite(self, size_t k, uint32_t *sources, size_t count) except -1:
        """Puts what is in the sets of the `count` sources into that of node k."""
        cdef size_t widest = k, most = self.length[k], fresh, j
        for j in range(count):
            most += self.length[sources[j]]
            if self.length[sources[j]] > self.length[widest]:
                widest = sources[j]
        self.reserve(most)
        if most > self.length[widest]:  # others may hold what the widest does not
            self.meet(widest, k + 1, 0)
        fresh = self.size + self.length[widest]
        fresh = self.meet(k, k + 1, fresh)
        for j in range(count):
            if self.at[sources[j]] != self.at[widest]:
                fresh = self.meet(sources[j], k + 1, fresh)
        if fresh == self.size + self.length[widest]:
            self.at[k], self.length[k] = self.at[widest], self.length[widest]
            return 0
        memcpy(self.items + self.size, self.items + self.at[widest],
               self.length[widest] * sizeof(uint32_t))
        self.at[k], self.length[k] = self.size, fresh - self.size
        self.size = fresh
        return 0

    cdef inline size_t meet(self, size_t k, size_t mark, size_t fresh) noexcept:
        """Marks what is in the set of node k; writes down what was not marked, from
        `fresh` on if that is not 0, and gives the place behind it."""
        cdef size_t j
        cdef uint32_t item
        for j in range(self.at[k], self.at[k] + self.length[k]):
            item = self.items[j]
            if self.met[item] != mark:
                self.met[item] = mark
                if fresh:
                    self.items[fresh] = item
                    fresh += 1
        return fresh

    cdef list sorted(self, size_t k):
        """The set of node k, in order."""
        cdef list found = [
            (each := self.items[j]) for j in range(self.at[k], self.at[k] + self.length[k])
        ]
        found.sort()
        return found


# ── which sweeps may go together ──────────────────────────────────────────────


def colours(list rows, list columns):
    """A colour for every column; columns that meet in a row have different ones.

    Greedy, the columns with most entries first.  `rows` has the columns of every row,
    `columns` the rows of every column.
    """
    cdef list colour = [-1] * len(columns)
    cdef object each
    cdef Py_ssize_t *chosen = <Py_ssize_t *>malloc((len(columns) + 1) * sizeof(Py_ssize_t))
    cdef Py_ssize_t *taken = <Py_ssize_t *>malloc((len(columns) + 1) * sizeof(Py_ssize_t))
    cdef Py_ssize_t j
    try:
        if chosen is NULL or taken is NULL:
            raise MemoryError("no memory is left to walk the graph")
        for j in range(len(columns)):
            chosen[j] = taken[j] = -1
        for j in sorted(range(len(columns)), key=[(each := -len(column)) for column in columns].__getitem__):
            colour[j] = first_free(j, <list>columns[j], rows, chosen, taken)
        return colour
    finally:
        free(chosen)
        free(taken)


cdef Py_ssize_t first_free(Py_ssize_t j, list column, list rows, Py_ssize_t *chosen,
                           Py_ssize_t *taken) except -1:
    """Chooses the first colour for column j that none has which it meets; `taken` holds,
    by colour, the last column that could not have it."""
    cdef Py_ssize_t c = 0, i, other
    for i in column:
        for other in <list>rows[i]:
            if chosen[other] >= 0:
                taken[chosen[other]] = j
    while taken[c] == j:
        c += 1
    chosen[j] = c
    return c
